/** collect, the beginning: an agent asks for sensitive data. The gateway made the id; a known Idempotency-Key gives the capture it made. */
import type { z } from 'zod/mini'
import type { CaptureAnswer } from '../../protocol/agent-http.ts'
import { type Capture, fold, type NewCapture } from '../../protocol/capture.ts'
import { decide } from '../../protocol/decide.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import type { innerCreateCapture } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { Intake } from './context.ts'
import { judgeChannel } from './make-link.ts'
import { toAnswer } from './own-capture.ts'
import { termsFrom } from './mandate.ts'
import { readCapture } from './store.ts'
import { storedCard } from './stored-card.ts'
import { hasAccount, type Tenant, tenantById } from './tenants.ts'

type Input = z.output<typeof innerCreateCapture>

export async function createCapture(
  intake: Intake,
  input: Input,
): Promise<{ capture: CaptureAnswer; secret_version: number; replayed: boolean }> {
  const { request } = input
  const tenant = await tenantById(intake.db, input.tenant)
  if (tenant === null) throw new SallyportError('auth.unauthenticated')
  await judgeRequest(intake, tenant, request)
  const birth = bornFrom(input, tenant, intake.now())
  const decision = decide(null, { kind: 'create', capture: birth })
  const event = decision.ok ? decision.events[0] : undefined
  if (event === undefined) throw new SallyportError('system.internal')
  const capture: Capture = fold(null, event, birth)
  const { rows } = await intake.db.query({
    name: 'capture_create',
    text: 'select capture_create($1, $2, $3, $4, $5, $6, $7, $8) as result',
    values: [
      JSON.stringify(capture),
      request.metadata === undefined ? null : JSON.stringify(request.metadata),
      input.ticket,
      request.top_origin ?? null,
      Buffer.from(input.client_secret_hash, 'base64url'),
      limits.clientSecretTtlMs,
      input.idempotency === undefined ? null : JSON.stringify(input.idempotency),
      JSON.stringify({ id: makeId('evt_'), ...event }),
    ],
  })
  const result: string = rows[0]?.result
  if (result === 'conflict') throw new SallyportError('request.idempotency_conflict')
  if (result === 'created')
    return { capture: toAnswer(capture, request.metadata ?? null), secret_version: 1, replayed: false }
  const known = await readCapture(intake.db, result.slice('replayed:'.length))
  if (known === null) throw new SallyportError('system.internal')
  return { capture: toAnswer(known.capture, known.metadata), secret_version: known.secretVersion, replayed: true }
}

async function judgeRequest(intake: Intake, tenant: Tenant, request: Input['request']): Promise<void> {
  const { mandate, amount, purpose } = request
  if (Object.keys(request.metadata ?? {}).length > limits.metadataEntriesMax)
    throw new SallyportError('request.malformed', { param: 'metadata' })
  if (purpose === 'pay' && amount === undefined && mandate === undefined)
    throw new SallyportError('request.malformed', { param: 'amount' })
  if (request.channel === 'link') judgeChannel(tenant, mandate)
  if (request.retry_of !== undefined) {
    // Another talk's form, or another tenant's, is none that this one could be a retry of.
    const earlier = (await readCapture(intake.db, request.retry_of))?.capture
    if (earlier?.tenant !== tenant.id || earlier.conversation !== request.conversation)
      throw new SallyportError('request.not_found', { param: 'retry_of' })
  }
  // A challenge is a capture of its own with a page of its own; it is not served yet.
  if (purpose === 'authenticate') throw new SallyportError('policy.purpose_not_allowed', { param: 'purpose' })
  if (request.token !== undefined) return judgeCodeAlone(intake, tenant, request, request.token)
  if (
    request.fields !== undefined &&
    !['number', 'expiry'].every((field) => request.fields?.some((name) => name === field))
  ) {
    throw new SallyportError('request.malformed', { param: 'fields' })
  }
  if (
    amount !== undefined &&
    mandate !== undefined &&
    (mandate.currency !== amount.currency || mandate.amount_max_minor < amount.amount_minor)
  ) {
    throw new SallyportError('policy.amount_exceeds_mandate', { param: 'mandate' })
  }
  if (mandate?.account !== undefined && !(await hasAccount(intake.db, tenant.id, mandate.account))) {
    throw new SallyportError('policy.account_not_allowed', { param: 'mandate' })
  }
}

/** The code of a stored card, and nothing else: what it is for was fixed when the card was taken. */
async function judgeCodeAlone(intake: Intake, tenant: Tenant, request: Input['request'], token: string): Promise<void> {
  const { fields, mandate, amount } = request
  if (fields !== undefined && !(fields.length === 1 && fields[0] === 'cvc'))
    throw new SallyportError('request.malformed', { param: 'fields' })
  if (mandate !== undefined) throw new SallyportError('request.malformed', { param: 'mandate' })
  const card = await storedCard(intake.db, tenant.id, token)
  if (card === null) throw new SallyportError('request.not_found', { param: 'token' })
  if (!card.chargeable) throw new SallyportError('policy.purpose_not_allowed', { param: 'token' })
  if (amount === undefined) return
  if (amount.currency !== card.mandate.currency || amount.amount_minor > card.mandate.amountMax)
    throw new SallyportError('policy.amount_exceeds_mandate', { param: 'amount' })
}

function bornFrom(input: Input, tenant: Tenant, nowMs: number): NewCapture {
  const { request } = input
  const mandate = termsFrom(request, tenant.account ?? '', nowMs)
  return {
    id: input.capture_id,
    tenant: tenant.id,
    conversation: request.conversation,
    purpose: request.purpose,
    fields: request.token !== undefined ? ['cvc'] : (request.fields ?? ['number', 'expiry', 'cvc']),
    ...(request.amount && { amount: request.amount }),
    ...(mandate && { mandate }),
    ...(request.locale && { locale: request.locale }),
    ...(request.country && { country: request.country }),
    ...(request.reference && { reference: request.reference }),
    ...(request.retry_of && { retry_of: request.retry_of }),
    ...(request.token && { token_in: request.token }),
    created_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + limits.captureTtlMs).toISOString(),
  }
}
