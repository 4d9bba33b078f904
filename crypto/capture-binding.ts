/**
 * What a sealed submission is bound to, spelled once for the frame, which seals, and intake, which opens.
 * Tenant and origin go into HPKE's `info` (the same for many captures, so that its hash can be kept);
 * all that differs from capture to capture goes into the AAD.
 */
import { lp } from './lp.ts'

/** What the person saw beside the fields: its hash makes consent part of the evidence. */
export interface Shown {
  business: string
  amountMinor: number | null
  currency: string | null
  purpose: string
}

/** The bytes whose SHA-256 in base64url is `shownHash`; the caller hashes (WebCrypto there, node:crypto here). */
export const shownBytes = (shown: Shown): Uint8Array<ArrayBuffer> =>
  lp(shown.business, shown.amountMinor ?? '', shown.currency ?? '', shown.purpose)

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
