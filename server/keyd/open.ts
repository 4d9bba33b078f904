/**
 * open: one grant becomes the data keys of one token, once. Nothing here sees a card: what arrives is wrapped keys and
 * what leaves is keys sealed to the request. The order is fixed (DESIGN §5): grant and mandate, then the durable
 * intent together with the spending, then the unwrap, then the result.
 */
import { SallyportError } from '../../protocol/errors.ts'
import type { Jwk, Mode } from '../config.ts'
import { type GrantClaims, TokenRefused, verifyGrant } from '../grants/verify.ts'
import type { KeyStore } from '../keys/store.ts'
import { encodeMandate, recordSuite, recordVersion } from '../records/format.ts'
import type { CvcState, OpenAnswer } from '../records/keyd-calls.ts'
import { sealReply } from '../records/reply.ts'
import type { AuditFact } from '../audit/entries.ts'
import type { KeydAudit } from './audit-log.ts'
import type { CvcKeys } from './cvc-keys.ts'
import type { Ledger } from './ledger.ts'
import { type ParsedOpen, type ParsedRecord, parseOpen } from './parse.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { unwrap } from './unwrap.ts'

export interface OpenDeps {
  mode: Mode
  grantPublic: Jwk
  /** RFC 7638 thumbprint of the caller's pinned request key. */
  egress: string
  store: KeyStore
  ledger: Ledger
  audit: KeydAudit
  cvcKeys: CvcKeys
  /** Grants of before are not taken, in seconds: what was used of them may have been forgotten since. */
  grantsFromS: number
  now: () => number
}

type Facts = Pick<AuditFact, 'subject' | 'grant' | 'capture' | 'charge' | 'request_id'>

/** Rejects with `auth.forbidden` for every refusal, whatever the reason; the reason is in the audit log. */
export async function openToken(body: unknown, requestId: string, deps: OpenDeps): Promise<OpenAnswer> {
  const { audit } = deps
  const say = { actor: 'egress', action: 'open' } as const
  let facts: Facts = { request_id: requestId }
  let intended = false
  try {
    const call = parseOpen(body)
    const grant = await verifyGrant(call.grant, deps.grantPublic, deps.now())
    facts = { ...facts, ...factsOf(grant, audit) }
    const { card, cvc } = check(call, grant, deps)
    const { maxOpens } = card.context.mandate ?? { maxOpens: 0 }
    const epoch = await deps.store.epoch(card.kekId)
    if (epoch === null) throw new Refusal('unknown_key')
    if (epoch.purpose !== 'card') throw new Refusal('wrong_key_purpose')

    audit.assertKept()
    const spent = await deps.ledger.spend({
      jti: grant.jti,
      iat: grant.iat,
      nowMs: deps.now(),
      token: grant.token,
      tenant: grant.tenant,
      maxOpens,
      entry: audit.entry({ ...say, ...facts, result: 'intent' }),
    })
    if (spent === 'too_many_in_all' || spent === 'ok_alarm') audit.alarm(spent === 'ok_alarm' ? 'half_of_rate' : 'rate')
    // Nothing about this token or its grant: the caller may come again with both.
    if (spent === 'too_many_in_all') throw new SallyportError('request.rate_limited', { retryAfterMs: 5_000 })
    if (spent !== 'ok' && spent !== 'ok_alarm') throw new Refusal(spent)
    intended = true

    const keys: OpenAnswer['keys'] = {}
    const dek = await unwrap(deps.store, card.kekId, card.context, card.wrappedDek)
    keys.card = sealAndWipe(call.replyKey, grant.jti, 'card', dek)
    const state = openCvc(cvc, grant, call.replyKey, keys, deps.cvcKeys)
    audit.trail({ ...say, ...facts, result: 'done', ...(state === 'none' ? {} : { reason: `cvc_${state}` }) })
    return { keys, cvc: state }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    await audit.refused({ ...say, ...facts, result: intended ? 'failed' : 'refused', reason })
    if (reason === 'clock_behind') {
      // This machine's fault, and nothing about the token: whoever comes again finds it mended, and no charge fails for it.
      audit.alarm('clock_behind')
      throw new SallyportError('system.unavailable', { retryAfterMs: 5_000 })
    }
    throw new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
  }
}

export const reasonOf = (error: unknown): RefusalReason | null =>
  error instanceof Refusal || error instanceof TokenRefused ? error.reason : null

const factsOf = (grant: GrantClaims, audit: KeydAudit): Facts => ({
  subject: audit.pseudonym(grant.token),
  grant: grant.jti,
  charge: grant.charge,
  ...(grant.capture === undefined ? {} : { capture: grant.capture }),
})

interface Checked {
  card: ParsedRecord
  cvc: ParsedRecord | null
}

/** Everything that can be said without the ledger and without a private key. */
function check(call: ParsedOpen, grant: GrantClaims, { mode, egress, grantsFromS, now }: OpenDeps): Checked {
  if (grant.iat < grantsFromS) throw new Refusal('before_start')
  if (grant.mode !== mode) throw new Refusal('wrong_mode')
  if (grant.egress !== egress) throw new Refusal('wrong_egress')
  const card = call.records.find((record) => record.class === 'card')
  const cvc = call.records.find((record) => record.class === 'cvc') ?? null
  // One card, at most one CVC, and no CVC that the grant does not name.
  if (card === undefined || call.records.length !== (cvc === null ? 1 : 2)) throw new Refusal('wrong_class')
  if (cvc !== null && !grant.classes.includes('cvc')) throw new Refusal('wrong_class')
  for (const record of call.records) {
    const { context } = record
    if (context.version !== recordVersion || context.suite !== recordSuite) throw new Refusal('wrong_version')
    if (context.class !== record.class) throw new Refusal('wrong_class')
    if (context.mode !== grant.mode) throw new Refusal('wrong_mode')
    if (context.tenant !== grant.tenant) throw new Refusal('wrong_tenant')
    if (context.token !== grant.token) throw new Refusal('wrong_token')
  }
  const { mandate } = card.context
  if (mandate === null) throw new Refusal('no_mandate')
  if (grant.amount_minor > mandate.amountMax) throw new Refusal('above_amount')
  if (grant.currency !== mandate.currency) throw new Refusal('other_currency')
  if (grant.account !== mandate.account) throw new Refusal('other_account')
  if (now() > mandate.notAfterMs) throw new Refusal('mandate_ended')
  if (cvc !== null) {
    const same = Buffer.from(encodeMandate(mandate)).equals(encodeMandate(cvc.context.mandate))
    if (!same || cvc.cvcKey === null || cvc.cvcKey.id !== cvc.kekId.toString('base64url')) {
      throw new Refusal('does_not_unwrap')
    }
  }
  return { card, cvc }
}

/** A CVC that is spent, expired or lost does not stop the card; one that does not unwrap is a false record and does. */
function openCvc(
  record: ParsedRecord | null,
  grant: GrantClaims,
  replyKey: string,
  keys: OpenAnswer['keys'],
  cvcKeys: CvcKeys,
): CvcState {
  if (record === null || record.cvcKey === null) return 'none'
  const state = cvcKeys.state(record.cvcKey, grant.charge, grant.attempt)
  if (state !== 'open') return state
  const dek = cvcKeys.unwrap(record.cvcKey, grant.charge, grant.attempt, record.context, record.wrappedDek)
  keys.cvc = sealAndWipe(replyKey, grant.jti, 'cvc', dek)
  return 'open'
}

export function sealAndWipe(replyKey: string, bound: string, recordClass: string, dek: Buffer) {
  try {
    return sealReply(replyKey, bound, recordClass, dek)
  } catch {
    throw new Refusal('reply_key')
  } finally {
    dek.fill(0)
  }
}
