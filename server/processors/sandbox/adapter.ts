/** The adapter of the sandbox processor. It is the model for others: the same three files, no code shared. */
import { amountMinorMax } from '../../../protocol/money.ts'
import type {
  AuthorizeRequest,
  ChangeRequest,
  Field,
  Outcome,
  OutcomeState,
  Processor,
  Reply,
  Send,
  Template,
} from '../processor.ts'
import { decisions } from './decisions.ts'
import { slots } from './slots.ts'

/** The processor's words for a payment's state → ours. */
const states: Readonly<Record<string, OutcomeState>> = {
  authorized: 'authorized',
  captured: 'captured',
  partially_captured: 'partially_captured',
  partially_refunded: 'partially_refunded',
  refunded: 'refunded',
  canceled: 'voided',
  requires_action: 'action_required',
  declined: 'declined',
}

const paymentId = /^pay_[a-z]{26}$/
const codes = Object.keys(decisions)

const payment = (at: string): Record<string, Field> => ({
  id: { pointer: `${at}/id`, type: 'id', pattern: paymentId, optional: true },
  status: { pointer: `${at}/status`, type: 'enum', values: Object.keys(states), optional: true },
  captured: { pointer: `${at}/amount_captured`, type: 'int', max: amountMinorMax, optional: true },
  refunded: { pointer: `${at}/amount_refunded`, type: 'int', max: amountMinorMax, optional: true },
  next: { pointer: `${at}/next_action`, type: 'enum', values: ['challenge'], optional: true },
  code: { pointer: `${at}/error/code`, type: 'enum', values: codes, optional: true },
})

const credential: Template['headers'] = { authorization: ['Bearer ', { slot: 'credential' }] }

function outcomeOf({ fields }: Reply): Outcome {
  const { id, status, captured, refunded, next, code } = fields
  const state = typeof status === 'string' ? states[status] : undefined
  return {
    state: state ?? 'failed',
    ...(typeof id === 'string' ? { processorRef: id } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(next === 'challenge' ? { nextAction: '3ds' as const } : {}),
    ...(typeof captured === 'number' && typeof refunded === 'number'
      ? { books: { capturedMinor: captured, refundedMinor: refunded } }
      : {}),
  }
}

function post(path: string, idempotencyKey: string, body: NonNullable<Template['body']>): Template {
  return {
    method: 'POST',
    path,
    headers: { ...credential, 'idempotency-key': idempotencyKey },
    encoding: 'json',
    body,
    allow: payment(''),
  }
}

export const sandbox: Processor = {
  id: 'sandbox',
  capabilities: {
    rawPan: true,
    partialCapture: true,
    multiCapture: true,
    voidAfterCapture: false,
    threeDS: 'native',
    readByReference: true,
    idempotencyTtlHours: 24,
  },
  slots,
  decisions,

  async authorize(request: AuthorizeRequest, send: Send): Promise<Outcome> {
    const reply = await send(
      post('/v1/payments', request.idempotencyKey, {
        amount: request.amountMinor,
        currency: request.currency,
        capture: request.operation === 'sale',
        reference: request.reference,
        ...(request.order === undefined ? {} : { order: request.order }),
        card: {
          number: { slot: 'pan' },
          exp_month: { slot: 'exp_month' },
          exp_year: { slot: 'exp_year' },
          cvc: { slot: 'cvc' },
          name: { slot: 'name' },
          network: { slot: 'network' },
        },
      }),
    )
    return outcomeOf(reply)
  },

  capture: (request, send) => change(request, 'capture', { amount: request.amountMinor }, send),
  void: (request, send) => change(request, 'cancel', {}, send),
  refund: (request, send) => change(request, 'refunds', { amount: request.amountMinor }, send),

  async get({ processorRef, reference }, send) {
    const byId = processorRef !== undefined
    const reply = await send({
      method: 'GET',
      path: byId ? `/v1/payments/${processorRef}` : '/v1/payments',
      ...(byId ? {} : { query: { reference } }),
      headers: credential,
      encoding: 'json',
      allow: payment(byId ? '' : '/data/0'),
    })
    if (reply.status === 404 || (reply.status === 200 && reply.fields['id'] === undefined)) return null
    // A refusal of the question says nothing about the payment.
    if (reply.status !== 200) return { state: 'unknown' }
    return outcomeOf(reply)
  },
}

async function change(
  request: ChangeRequest,
  action: 'capture' | 'cancel' | 'refunds',
  body: NonNullable<Template['body']>,
  send: Send,
): Promise<Outcome> {
  return outcomeOf(await send(post(`/v1/payments/${request.processorRef}/${action}`, request.idempotencyKey, body)))
}
