/**
 * Who asks, how much, what for, and what happens next, in words: all of it as intake told it (never the host), and all of
 * it part of what is hashed into the sealing (`crypto/capture-binding.ts`). Pure.
 */
import type { AttachAnswer } from '../protocol/capture-http.ts'
import { formatAmount } from '../protocol/money.ts'
import type { Word } from './words/en.ts'

/** A word and what is filled into it. */
export type Sentence = readonly [word: Word, values?: Record<string, string>]

export interface OfferWords {
  title: Sentence
  /** Beside the title, in the same line; null: nothing is paid. */
  amount: string | null
  next: Sentence[]
  submit: Sentence
  /** What the receipt says. */
  done: Word
}

/** Control and bidirectional characters could make a name read as something else beside an amount. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
export const printable = (text: string): string => text.replaceAll(unprintable, '')
/** A day is enough for what lasts longer than two; before that the hour counts. */
const exactBelowMs = 2 * 86_400_000

export function offerWords(offer: AttachAnswer, locale: string, now: Date): OfferWords {
  const { purpose } = offer
  const business = printable(offer.business)
  const amount = offer.amount ? formatAmount(offer.amount, locale) : null
  const afterwards = useOf(offer, business, locale, now)
  const confirms = offer.card !== undefined && purpose === 'save'
  if (purpose === 'pay' && amount !== null) {
    return {
      title: ['title_pay', { business }],
      amount,
      next: [['next_pay', { amount }], afterwards],
      submit: ['submit_pay', { amount }],
      done: 'done_pay',
    }
  }
  return {
    title: [confirms ? 'title_code' : `title_${purpose}`, { business }],
    amount,
    next: [afterwards],
    submit: [offer.card ? 'submit_code' : purpose === 'pay' ? 'submit_save' : `submit_${purpose}`],
    done: offer.card ? 'done_code' : 'done_save',
  }
}

/** What the card, or the code, may be used for from then on. */
function useOf(
  { card, mandate, amount, purpose }: AttachAnswer,
  business: string,
  locale: string,
  now: Date,
): Sentence {
  if (purpose === 'authenticate') return ['next_authenticate']
  if (card !== undefined) return ['next_code']
  if (mandate === undefined) return [amount === undefined ? 'next_never' : 'next_only']
  const { uses, amount_max_minor, currency, not_after } = mandate
  const max = formatAmount({ amount_minor: amount_max_minor, currency }, locale)
  const values = { business, max, date: dateOf(not_after, locale, now) }
  if (uses === 1) return ['next_once', values]
  return ['next_often', { ...values, uses: new Intl.NumberFormat(locale).format(uses) }]
}

function dateOf(time: string, locale: string, now: Date): string {
  const date = new Date(time)
  const exact = date.getTime() - now.getTime() < exactBelowMs
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...(exact && { timeStyle: 'short' }) }).format(date)
}
