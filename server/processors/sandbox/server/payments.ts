/**
 * What the sandbox processor does with a card and an amount. It stands for a company outside: it shares no code with
 * egress, sees card numbers as any processor does, and keeps the last four digits alone.
 */
import { randomBytes } from 'node:crypto'

export type PaymentStatus =
  | 'authorized'
  | 'captured'
  | 'partially_captured'
  | 'canceled'
  | 'declined'
  | 'requires_action'
  | 'partially_refunded'
  | 'refunded'

export interface Payment {
  id: string
  reference: string
  order?: string
  /** The vault's token that it was made with, as it was sent. */
  vault_token?: string
  operation?: 'sale' | 'authorize'
  amount: number
  currency: string
  capture: boolean
  status: PaymentStatus
  amount_captured: number
  amount_refunded: number
  last4: string
  /** The network that the payment runs over, where the card has two and the request names one. */
  network?: string
  /** Whether a security code came, as processors tell it; the code itself is kept nowhere. */
  cvc_check: 'passed' | 'unchecked'
  next_action?: 'challenge'
  error?: { code: string }
  created_at: string
  /** The last change; none is the making. */
  updated_at?: string
}

/** A refusal that the caller is told. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

export interface PaymentRequest {
  amount: number
  currency: string
  capture: boolean
  reference: string
  order?: string
  vault_token?: string
  card: { number: string; exp_month: number; exp_year: number; cvc?: string; network?: string }
}

const makeId = (prefix: string): string => {
  let letters = ''
  while (letters.length < 26) {
    const byte = randomBytes(1)[0] ?? 255
    if (byte < 234) letters += String.fromCharCode(97 + (byte % 26))
  }
  return prefix + letters
}

const luhn = (digits: string): boolean => {
  let sum = 0
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/** The published numbers with a behaviour of their own; every other valid one succeeds. */
const answers: Readonly<Record<string, string>> = {
  '4000000000000002': 'card_declined',
  '4000000000009995': 'insufficient_funds',
  '4000000000000069': 'expired_card',
}
const challenged = '4000000000003220'

export function authorize(request: PaymentRequest, now: Date): Payment {
  const { card, amount, currency, capture, reference, order, vault_token } = request
  const base = {
    id: makeId('pay_'),
    reference,
    amount,
    currency,
    capture,
    amount_captured: 0,
    amount_refunded: 0,
    last4: card.number.slice(-4),
    cvc_check: card.cvc === undefined ? ('unchecked' as const) : ('passed' as const),
    created_at: now.toISOString(),
    ...(card.network === undefined ? {} : { network: card.network }),
    ...(order === undefined ? {} : { order }),
    ...(vault_token === undefined ? {} : { vault_token }),
    operation: capture ? ('sale' as const) : ('authorize' as const),
  }
  const code = answers[card.number] ?? whyNot(card, now)
  if (code !== undefined) return { ...base, status: 'declined', error: { code } }
  if (card.number === challenged) return { ...base, status: 'requires_action', next_action: 'challenge' }
  return accepted({ ...base, status: 'authorized' })
}

const accepted = (payment: Payment): Payment =>
  payment.capture
    ? { ...payment, status: 'captured', amount_captured: payment.amount }
    : { ...payment, status: 'authorized' }

function whyNot(card: PaymentRequest['card'], now: Date): string | undefined {
  if (!/^\d{12,19}$/.test(card.number) || !luhn(card.number)) return 'incorrect_number'
  const ends = Date.UTC(card.exp_year, card.exp_month, 1)
  return ends <= now.getTime() ? 'expired_card' : undefined
}

const withoutNext = ({ next_action: _, ...payment }: Payment): Payment => payment

/** The customer did what the issuer asked, or did not. */
export function challenge(payment: Payment, passed: boolean): Payment {
  if (payment.status !== 'requires_action') throw new Refusal(409, 'invalid_state')
  if (passed) return accepted(withoutNext(payment))
  return { ...withoutNext(payment), status: 'declined', error: { code: 'authentication_failed' } }
}

export function capture(payment: Payment, amount: number): Payment {
  if (payment.status !== 'authorized' && payment.status !== 'partially_captured')
    throw new Refusal(409, 'invalid_state')
  const captured = payment.amount_captured + amount
  if (captured > payment.amount) throw new Refusal(422, 'amount_too_large')
  return {
    ...payment,
    amount_captured: captured,
    status: captured === payment.amount ? 'captured' : 'partially_captured',
  }
}

export function cancel(payment: Payment): Payment {
  if (payment.status !== 'authorized' && payment.status !== 'requires_action') throw new Refusal(409, 'invalid_state')
  return { ...withoutNext(payment), status: 'canceled' }
}

export function refund(payment: Payment, amount: number): Payment {
  if (!['captured', 'partially_captured', 'partially_refunded'].includes(payment.status))
    throw new Refusal(409, 'invalid_state')
  const refunded = payment.amount_refunded + amount
  if (refunded > payment.amount_captured) throw new Refusal(422, 'amount_too_large')
  return {
    ...payment,
    amount_refunded: refunded,
    status: refunded === payment.amount_captured ? 'refunded' : 'partially_refunded',
  }
}
