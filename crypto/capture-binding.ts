/**
 * What a sealed submission is bound to, spelled once for the frame, which seals, and intake, which opens.
 * Tenant and origin go into HPKE's `info` (the same for many captures, so that its hash can be kept);
 * all that differs from capture to capture goes into the AAD.
 */
import type { Amount } from '../protocol/money.ts'
import { lp } from './lp.ts'

/**
 * What the person saw beside the fields: who asks, how much, what for, and what may happen with the card afterwards. Its
 * hash makes consent part of the evidence. Spelled as attach answers it, so that the frame binds what it was told.
 */
export interface Shown {
  business: string
  purpose: string
  amount?: Amount
  /** Where the agent asked for more than the amount once. */
  mandate?: MandateShown
  /** The stored card, where its security code alone is asked for. */
  card?: CardShown
}
export interface MandateShown {
  uses: number
  amount_max_minor: number
  currency: string
  not_after: string
}
export interface CardShown {
  brand: string
  last4: string
}

/** The bytes whose SHA-256 in base64url is `shownHash`; the caller hashes (WebCrypto there, node:crypto here). */
export const shownBytes = ({ business, purpose, amount, mandate, card }: Shown): Uint8Array<ArrayBuffer> =>
  lp(
    'shown-v2',
    business,
    purpose,
    amount ? lp(amount.amount_minor, amount.currency) : '',
    mandate ? lp(mandate.uses, mandate.amount_max_minor, mandate.currency, mandate.not_after) : '',
    card ? lp(card.brand, card.last4) : '',
  )

export const captureInfo = (tenant: string, origin: string): Uint8Array<ArrayBuffer> =>
  lp('sallyport-capture-v1', tenant, origin)

export interface CaptureBinding {
  capture: string
  epoch: number
  keyId: string
  build: string
  shownHash: string
}

export const captureAad = (binding: CaptureBinding): Uint8Array<ArrayBuffer> =>
  lp(binding.capture, binding.epoch, binding.keyId, binding.build, binding.shownHash)
