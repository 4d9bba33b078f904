/**
 * charge: the road of one sale or authorization through egress: begin → open → fill → send → settle. Amount, currency,
 * account and token come from the grant. The card is in memory between `open` and the last byte of the request.
 */
import { SallyportError } from '../../protocol/errors.ts'
import type { InnerCreateCharge } from '../../protocol/inner-http.ts'
import { type GrantClaims, TokenRefused, verifyGrant } from '../grants/verify.ts'
import type { CvcState } from '../records/keyd-calls.ts'
import { ask, processorOf } from './ask.ts'
import { answerOf, type ChargeReply, type ChargeRow, errorData } from './charge-row.ts'
import type { Egress } from './context.ts'
import type { Begun } from './ledger.ts'
import { open, type Opened, UnknownRecord, wipe } from './open.ts'
import { processorKey } from './processor-key.ts'
import { refresh, resolve } from './resolve.ts'
import { settle } from './settle.ts'

/** keyd refuses for passing reasons too (it was restarted after the grant was signed): so often, it is not one. */
const refusalsMax = 3

export async function createCharge(egress: Egress, input: InnerCreateCharge, requestId: string): Promise<ChargeReply> {
  const grant = await allowing(egress, input)
  const begun =
    grant === null ? await egress.ledger.known(input.tenant, input.idempotency) : await begin(egress, input, grant)
  if (begun === null) throw new SallyportError('auth.forbidden')
  if (begun.result === 'conflict') throw new SallyportError('request.idempotency_conflict')
  if (begun.result === 'in_flight') {
    throw new SallyportError('request.idempotency_in_flight', { retryAfterMs: begun.retry_after_ms })
  }
  if (begun.result === 'replayed' || grant === null) {
    return { charge: answerOf(await refresh(egress, begun.charge)), replayed: true }
  }
  const row = begun.charge
  const replayed = begun.result === 'unknown' || row.id !== input.charge_id
  return { charge: answerOf(await goOn(egress, row, begun.result, grant, input.grant, requestId)), replayed }
}

/** The grant's word counts; a request beside it that says another thing is refused. Null: no grant for this. */
async function allowing(egress: Egress, input: InnerCreateCharge): Promise<GrantClaims | null> {
  const { config, instance, now, log } = egress
  const { request } = input
  let grant: GrantClaims
  try {
    grant = await verifyGrant(input.grant, config.grant_public, now())
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error
    // No grant at all is how the gateway asks for the answer of a charge that was made before.
    if (input.grant !== '') log.warn({ event: 'grant.refused', charge: input.charge_id, reason: error.reason })
    return null
  }
  const fits =
    grant.mode === config.mode &&
    grant.tenant === input.tenant &&
    grant.charge === input.charge_id &&
    grant.egress === instance &&
    grant.token === request.token &&
    grant.amount_minor === request.amount_minor &&
    grant.currency === request.currency &&
    grant.operation === (request.operation ?? 'sale')
  if (!fits) log.warn({ event: 'grant.refused', charge: input.charge_id, reason: 'other_request' })
  return fits ? grant : null
}

const begin = ({ ledger }: Egress, { request, idempotency }: InnerCreateCharge, grant: GrantClaims): Promise<Begun> =>
  ledger.begin(
    {
      tenant: grant.tenant,
      charge: grant.charge,
      token: grant.token,
      operation: grant.operation,
      amount: grant.amount_minor,
      currency: grant.currency,
      account: grant.account,
      ...(request.processor === undefined ? {} : { processor: request.processor }),
      ...(request.capture_id === undefined ? {} : { capture_id: request.capture_id }),
      ...(request.reference === undefined ? {} : { reference: request.reference }),
    },
    idempotency,
    grant.jti,
  )

/** The charge is this process's for now: its lease is let go on every way out, by settle, by leave, or by time. */
async function goOn(
  egress: Egress,
  row: ChargeRow,
  found: 'begun' | 'unknown',
  grant: GrantClaims,
  jws: string,
  requestId: string,
): Promise<ChargeRow> {
  const { ledger, log, reach } = egress
  /** What keyd's log has of this grant by now, as far as can be said here. */
  let opening: 'not_asked' | 'refused' | 'may_be_open' = 'not_asked'
  let sent = false
  try {
    if (found === 'unknown') {
      const news = await resolve(egress, row)
      if (news.learned) return news.row
      if (!news.absent || !mayRepeat(egress, row, grant)) return await ledger.leave(row.id, { asked: true })
    }
    if (!(await reach.test(row.base_url))) {
      await ledger.leave(row.id)
      throw new SallyportError('processor.unavailable')
    }
    opening = 'may_be_open'
    let opened: Opened
    try {
      opened = await open(egress, grant, jws, requestId)
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'auth.forbidden') opening = 'refused'
      return await notOpened(egress, row, error)
    }
    try {
      const cvc = opened.cvc === 'none' ? (row.cvc_gone ?? 'none') : opened.cvc
      // Another body under a known key is another payment, or a conflict that tells nothing.
      if (found === 'unknown' && (row.attempt.cvc === 'open') !== (cvc === 'open')) return await ledger.leave(row.id)
      return await sendOnce(egress, row, opened, cvc, async () => {
        await ledger.sending(row.id, row.attempt.operation, row.attempt.attempt, cvc, grant.jti)
        sent = true
      })
    } finally {
      wipe(opened)
    }
  } finally {
    if (!sent) {
      const ended = opening === 'may_be_open' ? ledger.unsent(row.id, grant.jti) : ledger.unopened(grant.jti)
      // What is not written now, `recover` writes when the charge's time is over.
      await ended.catch((error: unknown) => log.warn({ event: 'audit.write_failed', error }))
    }
  }
}

/** The same attempt with the same key, while the processor still knows it. A grant for another charge sends nothing. */
function mayRepeat(egress: Egress, row: ChargeRow, grant: GrantClaims): boolean {
  const { idempotencyTtlHours } = processorOf(egress, row).capabilities
  const age = row.attempt.sent_ms_ago ?? 0
  return grant.charge === row.id && grant.attempt === row.attempt.attempt && age < idempotencyTtlHours * 3_600_000
}

async function notOpened(egress: Egress, row: ChargeRow, error: unknown): Promise<ChargeRow> {
  const code = error instanceof SallyportError ? error.code : 'system.internal'
  if (error instanceof Error && error.cause instanceof UnknownRecord) {
    egress.log.error({ event: 'record.unknown_version', charge: row.id })
  }
  if (code !== 'auth.forbidden' && code !== 'policy.purpose_not_allowed') {
    await egress.ledger.leave(row.id)
    throw error
  }
  const left = await egress.ledger.leave(row.id, { refused: true })
  if (code === 'auth.forbidden' && left.attempt.refusals < refusalsMax) {
    throw new SallyportError('system.unavailable', { retryAfterMs: 500, cause: error })
  }
  // Nothing of an unknown charge is decided by a door that stays shut now.
  if (left.state !== 'created') return left
  const refused = errorData('policy.purpose_not_allowed')
  return egress.ledger.settle({ charge: row.id, attempt: row.attempt.attempt, state: 'failed', error: refused })
}

async function sendOnce(
  egress: Egress,
  row: ChargeRow,
  { card }: Opened,
  cvc: CvcState,
  beforeFirstByte: () => Promise<void>,
): Promise<ChargeRow> {
  const { operation, attempt } = row.attempt
  const outcome = await ask(egress, {
    row,
    card,
    beforeFirstByte,
    run: (processor, send) =>
      processor.authorize(
        {
          amountMinor: row.amount,
          currency: row.currency,
          operation: row.operation,
          idempotencyKey: processorKey(egress.processorKeySecret, row.id, operation, attempt),
          reference: row.id,
          token: row.token,
          ...(row.reference === null ? {} : { order: row.reference }),
        },
        send,
      ),
  }).catch((error: unknown) => notSent(egress, row, error))
  if ('id' in outcome) return outcome
  return settle(egress, row, attempt, outcome, cvc)
}

/** Somebody else learned meanwhile what became of it: then that is the answer. */
async function notSent(egress: Egress, row: ChargeRow, error: unknown): Promise<ChargeRow> {
  const left = await egress.ledger.leave(row.id)
  const moved = !['created', 'sending', 'unknown'].includes(left.state)
  if (moved && error instanceof SallyportError && error.code === 'system.conflict') return left
  throw error
}
