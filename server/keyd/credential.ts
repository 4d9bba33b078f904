/**
 * credential: the data key of a processor account's credential, for egress' signed request and without a grant: the one
 * exception (DESIGN §5). It has epochs of its own, so that this route can never lead to a card.
 */
import { SallyportError } from '../../protocol/errors.ts'
import type { Mode } from '../config.ts'
import type { KeyStore } from '../keys/store.ts'
import { recordSuite, recordVersion } from '../records/format.ts'
import type { CredentialAnswer } from '../records/keyd-calls.ts'
import type { KeydAudit } from './audit-log.ts'
import { reasonOf, sealAndWipe } from './open.ts'
import { type ParsedRecord, parseCredential } from './parse.ts'
import { Refusal } from './refusal.ts'
import { unwrap } from './unwrap.ts'

export interface CredentialDeps {
  mode: Mode
  store: KeyStore
  audit: KeydAudit
}

export async function openCredential(
  body: unknown,
  requestId: string,
  { mode, store, audit }: CredentialDeps,
): Promise<CredentialAnswer> {
  const say = { actor: 'egress', action: 'credential' } as const
  let facts: { request_id: string; subject?: string } = { request_id: requestId }
  let intended = false
  try {
    const { record, replyKey } = parseCredential(body)
    const { token } = record.context
    facts = { ...facts, subject: audit.pseudonym(token) }
    check(record, mode)
    const epoch = await store.epoch(record.kekId)
    if (epoch === null) throw new Refusal('unknown_key')
    if (epoch.purpose !== 'credential') throw new Refusal('wrong_key_purpose')
    audit.assertKept()
    await audit.add({ ...say, ...facts, result: 'intent' })
    intended = true
    const dek = await unwrap(store, record.kekId, record.context, record.wrappedDek)
    const key = sealAndWipe(replyKey, token, 'credential', dek)
    audit.trail({ ...say, ...facts, result: 'done' })
    return { key }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    await audit.refused({ ...say, ...facts, result: intended ? 'failed' : 'refused', reason })
    throw new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
  }
}

function check({ class: recordClass, context, cvcKey }: ParsedRecord, mode: Mode): void {
  if (recordClass !== 'credential' || context.class !== 'credential') throw new Refusal('wrong_class')
  if (context.version !== recordVersion || context.suite !== recordSuite) throw new Refusal('wrong_version')
  if (context.mode !== mode) throw new Refusal('wrong_mode')
  if (context.mandate !== null || cvcKey !== null) throw new Refusal('wrong_class')
}
