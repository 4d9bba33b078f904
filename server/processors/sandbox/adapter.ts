/** The adapter of the sandbox processor. It is the model for others: the same three files, no code shared. */
import { tokenPattern } from '../../../protocol/ids.ts'
import { amountMinorMax } from '../../../protocol/money.ts'
import type {
  AuthorizeRequest,
  ChangeRequest,
  Field,
  ListedPage,
  ListedPayment,
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
        vault_token: request.token,
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

  async list({ sinceMs, after }, send): Promise<ListedPage> {
    const reply = await send({
      method: 'GET',
      path: '/v1/payments',
      query: {
        changed_since: new Date(sinceMs).toISOString(),
        limit: String(pageMax),
        ...(after === undefined ? {} : { after }),
      },
      headers: credential,
      encoding: 'json',
      allow: listed,
    })
    if (reply.status !== 200) return { refused: true }
    const rows = Array.from({ length: pageMax }, (_, at) => listedAt(reply, at))
    const last = reply.fields['last']
    return {
      payments: rows.filter((row) => row !== null),
      ...(Number(reply.fields['left'] ?? 0) > 0 && typeof last === 'string' ? { next: last } : {}),
    }
  },
}

const pageMax = 50
const chargeId = /^chg_[a-z]{26}$/

const row = (at: number): Record<string, Field> => {
  const named = Object.entries(payment(`/data/${at}`)).map(([name, field]) => [`${name} ${at}`, field] as const)
  const member = (name: string): string => `/data/${at}/${name}`
  return {
    ...Object.fromEntries(named),
    [`reference ${at}`]: {
      pointer: member('reference'),
      type: 'id',
      pattern: chargeId,
      optional: true,
      unfit: 'absent',
    },
    [`token ${at}`]: {
      pointer: member('vault_token'),
      type: 'id',
      pattern: tokenPattern,
      optional: true,
      unfit: 'absent',
    },
    [`order ${at}`]: { pointer: member('order'), type: 'order', optional: true },
    [`amount ${at}`]: { pointer: member('amount'), type: 'int', max: amountMinorMax, optional: true },
    [`currency ${at}`]: { pointer: member('currency'), type: 'id', pattern: /^[A-Z]{3}$/, optional: true },
    [`operation ${at}`]: { pointer: member('operation'), type: 'enum', values: ['sale', 'authorize'], optional: true },
  }
}

const listed: Template['allow'] = {
  left: { pointer: '/left', type: 'int', max: Number.MAX_SAFE_INTEGER },
  last: { pointer: '/last', type: 'id', pattern: paymentId, optional: true },
  ...Object.assign({}, ...Array.from({ length: pageMax }, (_, at) => row(at))),
}

/** Null behind the last one, and for what is not of a charge of ours. */
function listedAt({ status, fields }: Reply, at: number): ListedPayment | null {
  const of = (name: string) => fields[`${name} ${at}`]
  const [reference, token, order, amount, currency] = ['reference', 'token', 'order', 'amount', 'currency'].map(of)
  const names = ['id', 'status', 'captured', 'refunded', 'next', 'code']
  const { processorRef, books, ...outcome } = outcomeOf({
    status,
    fields: Object.fromEntries(names.map((name) => [name, of(name)])),
  })
  if (typeof reference !== 'string' || typeof amount !== 'number' || typeof currency !== 'string') return null
  if (processorRef === undefined || books === undefined) return null
  return {
    processorRef,
    reference,
    ...(typeof token === 'string' ? { token } : {}),
    ...(typeof order === 'string' ? { order } : {}),
    operation: of('operation') === 'authorize' ? 'authorize' : 'sale',
    amountMinor: amount,
    currency,
    outcome: { ...outcome, books },
  }
}

async function change(
  request: ChangeRequest,
  action: 'capture' | 'cancel' | 'refunds',
  body: NonNullable<Template['body']>,
  send: Send,
): Promise<Outcome> {
  return outcomeOf(await send(post(`/v1/payments/${request.processorRef}/${action}`, request.idempotencyKey, body)))
}
