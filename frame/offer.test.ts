import { describe, expect, it } from 'vitest'
import { shownBytes } from '../crypto/capture-binding.ts'
import type { AttachAnswer } from '../protocol/capture-http.ts'
import { type OfferWords, offerWords } from './offer.ts'
import { en } from './words/en.ts'
import { voiceFor } from './words/say.ts'

const now = new Date('2026-11-24T12:00:00Z')
const offer = (more: Partial<AttachAnswer>): AttachAnswer => ({
  epoch: 1,
  session_secret: 's',
  state: 'offered',
  purpose: 'pay',
  fields: ['number', 'expiry', 'cvc'],
  tenant: 'ten_a',
  origin: 'https://shop.example',
  business: 'Harbour Rooms',
  mode: 'sandbox',
  expires_at: '',
  key: { key_id: 'k', public_key: '', expires_at: '' },
  ...more,
})
const voice = voiceFor({ lang: 'en', dir: 'ltr', words: en }, 'en-IE')
const read = ({ title, amount, next, submit }: OfferWords) => ({
  line: `${voice.say(...title)} ${amount ?? voice.say('amount_none')}`,
  next: next.map((sentence) => voice.say(...sentence)).join(' '),
  submit: voice.say(...submit),
})
const said = (more: Partial<AttachAnswer>) => read(offerWords(offer(more), 'en-IE', now))

const amount = { amount_minor: 8_000, currency: 'EUR' }
const mandate = { uses: 12, amount_max_minor: 8_000, currency: 'EUR', not_after: '2027-11-24T12:00:00Z' }
const card = { brand: 'visa', last4: '4242' }

describe('who asks, how much and what for stand in one line, and what happens next below it', () => {
  it.each([
    [
      'a payment, once',
      { amount },
      {
        line: 'Pay Harbour Rooms €80.00',
        next: 'You pay €80.00 now. The card is used for nothing else.',
        submit: 'Pay €80.00',
      },
    ],
    [
      'a payment that may be repeated',
      { amount, mandate },
      {
        line: 'Pay Harbour Rooms €80.00',
        next: 'You pay €80.00 now. Harbour Rooms may charge the card up to 12 times, at most €80.00 each, until 24 Nov 2027.',
        submit: 'Pay €80.00',
      },
    ],
    [
      'a payment with room above it',
      { amount, mandate: { ...mandate, uses: 1, amount_max_minor: 10_000, not_after: '2026-11-24T14:30:00Z' } },
      {
        line: 'Pay Harbour Rooms €80.00',
        next: expect.stringMatching(
          /^You pay €80\.00 now\. Harbour Rooms may charge the card once, at most €100\.00, until 24 Nov 2026, \d\d:30\.$/,
        ),
        submit: 'Pay €80.00',
      },
    ],
    [
      'a card that is kept',
      { purpose: 'save' as const, mandate },
      {
        line: 'Save a card with Harbour Rooms Nothing is charged now',
        next: 'Harbour Rooms may charge the card up to 12 times, at most €80.00 each, until 24 Nov 2027.',
        submit: 'Save card',
      },
    ],
    [
      'a card that cannot be charged',
      { purpose: 'save' as const },
      {
        line: 'Save a card with Harbour Rooms Nothing is charged now',
        next: 'The card cannot be charged without asking you again.',
        submit: 'Save card',
      },
    ],
    [
      'the code of a stored card, for a payment',
      { amount, card, fields: ['cvc' as const] },
      {
        line: 'Pay Harbour Rooms €80.00',
        next: 'You pay €80.00 now. The code is used once and never kept.',
        submit: 'Pay €80.00',
      },
    ],
    [
      'the code of a stored card, to confirm it',
      { purpose: 'save' as const, card, fields: ['cvc' as const] },
      {
        line: 'Confirm a card with Harbour Rooms Nothing is charged now',
        next: 'The code is used once and never kept.',
        submit: 'Confirm',
      },
    ],
  ])('%s', (_title, more, expected) => {
    expect(said(more)).toEqual(expected)
  })

  it('holds no sign that could turn the line around or break it', () => {
    const { line } = said({ amount, business: 'Harbour\u202e Rooms\u2028\n\u2066x' })
    expect(line).not.toMatch(/[\p{Cc}\p{Zl}\u202e\u2066]/u)
  })

  it('is all in what is hashed into the sealing: nothing that changes a sentence leaves the hash as it was', () => {
    const changes: Partial<AttachAnswer>[] = [
      { business: 'Other Rooms' },
      { purpose: 'save' },
      { amount: { amount_minor: 8_001, currency: 'EUR' } },
      { amount: { amount_minor: 8_000, currency: 'USD' } },
      { mandate: { ...mandate, uses: 13 } },
      { mandate: { ...mandate, amount_max_minor: 8_001 } },
      { mandate: { ...mandate, currency: 'USD' } },
      { mandate: { ...mandate, not_after: '2028-11-24T12:00:00Z' } },
    ]
    const base = { amount, mandate }
    const hash = (more: Partial<AttachAnswer>) => Buffer.from(shownBytes(offer({ ...base, ...more }))).toString('hex')
    for (const change of changes) {
      expect(said({ ...base, ...change })).not.toEqual(said(base))
      expect(hash(change)).not.toBe(hash({}))
    }
  })
})
