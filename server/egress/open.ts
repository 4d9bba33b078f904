/**
 * open: keyd gives the data keys of one token against the grant, and the card stands here in memory until the request
 * is sent. It goes on to `fill.ts`; the caller wipes it. The only file of egress where records become cards.
 */
import { type Card, decodeCard } from '../../crypto/card-bytes.ts'
import { Secret } from '../../crypto/secret.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { GrantClaims } from '../grants/verify.ts'
import { type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import { type CvcState, type OpenAnswer, type OpenCall, toWireContext, type WireRecord } from '../records/keyd-calls.ts'
import { openRecord } from '../records/open.ts'
import { makeReplyKey, type ReplyKey } from '../records/reply.ts'
import type { Egress } from './context.ts'
import type { CvcRow, SealedRow, TokenRow } from './ledger.ts'

export interface Opened {
  card: Card
  /** What became of the security code. */
  cvc: CvcState
}

export const wipe = ({ card }: Opened): void => {
  card.number.wipe()
  card.cvc?.wipe()
}

/** The record was written by a later version of ours. It is whole, and nothing is decided about a charge because of it. */
export class UnknownRecord extends Error {}

/** Rejects with what keyd refused with (auth.forbidden), or system.internal where the record does not open. */
export async function open(
  egress: Pick<Egress, 'ledger' | 'keyd'>,
  grant: GrantClaims,
  jws: string,
  requestId: string,
): Promise<Opened> {
  const { ledger, keyd } = egress
  const wantsCvc = grant.classes.includes('cvc')
  const [token, card, cvc] = await Promise.all([
    ledger.token(grant.tenant, grant.token),
    ledger.record(grant.token),
    wantsCvc ? ledger.cvc(grant.token) : null,
  ])
  // Erased since the charge was begun.
  if (token === null || card === null) throw new SallyportError('policy.purpose_not_allowed', { param: 'token' })
  if (card.version !== recordVersion || card.suite !== recordSuite) {
    throw new SallyportError('system.unavailable', { retryAfterMs: 5_000, cause: new UnknownRecord() })
  }

  const cardContext = contextOf(grant, token, 'card', card, token.created_ms)
  const records: WireRecord[] = [wire(cardContext, card.kek_id.toString('base64url'), card.wrapped_dek)]
  if (cvc !== null) {
    const context = contextOf(grant, token, 'cvc', cvc, cvc.created_ms)
    const cvcKey = { id: cvc.cvc_key, instance: cvc.instance }
    records.push({ ...wire(context, cvc.cvc_key, cvc.wrapped_dek), cvc_key: cvcKey })
  }
  const replyKey = makeReplyKey()
  const call: OpenCall = { grant: jws, records, reply_key: replyKey.publicKey }
  // Every key in the answer is checked by opening it.
  const who = cvc === null ? {} : { instance: cvc.instance }
  const answer = (await keyd('POST', '/open', call, { requestId, ...who })) as OpenAnswer
  try {
    return opened(answer, replyKey, grant, { card, cardContext, cvc, token })
  } catch (cause) {
    throw new SallyportError('system.internal', { cause })
  }
}

interface Sealed {
  card: SealedRow
  cardContext: RecordContext
  cvc: CvcRow | null
  token: TokenRow
}

function opened(answer: OpenAnswer, replyKey: ReplyKey, grant: GrantClaims, sealed: Sealed): Opened {
  const { card, cardContext, cvc, token } = sealed
  if (answer.keys.card === undefined) throw new Error('keyd released no key')
  const dek = replyKey.open(answer.keys.card, grant.jti, 'card')
  const bytes = openRecord(card.body, cardContext, dek)
  dek.fill(0)
  const whole = decodeCard(bytes)
  bytes.fill(0)
  if (cvc === null || answer.cvc !== 'open' || answer.keys.cvc === undefined) return { card: whole, cvc: answer.cvc }
  const cvcDek = replyKey.open(answer.keys.cvc, grant.jti, 'cvc')
  const digits = openRecord(cvc.body, contextOf(grant, token, 'cvc', cvc, cvc.created_ms), cvcDek)
  cvcDek.fill(0)
  return { card: { ...whole, cvc: new Secret(digits) }, cvc: 'open' }
}

function contextOf(
  { mode, tenant }: GrantClaims,
  token: TokenRow,
  recordClass: 'card' | 'cvc',
  { version, suite }: { version: number; suite: number },
  createdMs: number,
): RecordContext {
  const { uses, amount_max, currency, account, not_after_ms, max_opens } = token
  return {
    version,
    suite,
    mode,
    tenant,
    token: token.id,
    class: recordClass,
    createdMs,
    mandate: { uses, amountMax: amount_max, currency, account, notAfterMs: not_after_ms, maxOpens: max_opens },
  }
}

const wire = (context: RecordContext, kekId: string, wrappedDek: Buffer): WireRecord => ({
  class: context.class,
  context: toWireContext(context),
  kek_id: kekId,
  wrapped_dek: wrappedDek.toString('base64url'),
})
