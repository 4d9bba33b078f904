/**
 * A card as bytes: what the frame seals, what a record of class `card` holds, and the only spelling of a card
 * outside a form. Tag (1), length (2, big-endian), value; tags rise, each stands once; no JSON near digits.
 * A record of class `cvc` holds the bare digits of the code.
 */
import { concat } from './lp.ts'
import { Pan } from './pan.ts'
import { Secret } from './secret.ts'

export interface Card {
  number: Pan
  /** 1–12 */
  expMonth: number
  /** Four digits. */
  expYear: number
  name?: string
  postalCode?: string
  /** 3 or 4 ASCII digits. */
  cvc?: Secret
  /** Of a card that two networks serve: the one that the person chose. */
  network?: string
}

const tags = { number: 1, expiry: 2, name: 3, postalCode: 4, cvc: 5, network: 6 } as const

/** Bytes of UTF-8: longer than any embossed name (26) or postal code, short enough for one small record. */
export const nameBytesMax = 128
export const postalCodeBytesMax = 24

/** A word of ours (`detect/cobadges.ts`), never of the person's. */
const networkPattern = /^[a-z_]{2,24}$/

/** Three digits stand everywhere by chance; 24 random bytes do not. */
export const cvcCanaryBytes = 24

const tlv = (tag: number, value: Uint8Array): Uint8Array =>
  concat(new Uint8Array([tag, value.length >> 8, value.length & 255]), value)

const malformed = (): RangeError => new RangeError('the bytes are not those of a card')

const bounded = (text: string, max: number): Uint8Array => {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length === 0 || bytes.length > max) throw malformed()
  return bytes
}

/** The caller wipes what it gets. Throws a RangeError, without values, for a card that decodeCard would refuse. */
export function encodeCard(card: Card): Uint8Array<ArrayBuffer> {
  const { expMonth, expYear } = card
  if (!validExpiry(expMonth, expYear)) throw malformed()
  const parts = [
    card.number.use((digits) => tlv(tags.number, digits)),
    tlv(tags.expiry, new Uint8Array([expMonth, expYear >> 8, expYear & 255])),
  ]
  if (card.name !== undefined) parts.push(tlv(tags.name, bounded(card.name, nameBytesMax)))
  if (card.postalCode !== undefined) parts.push(tlv(tags.postalCode, bounded(card.postalCode, postalCodeBytesMax)))
  if (card.cvc !== undefined) {
    parts.push(
      card.cvc.use((digits) => {
        if (!isCvc(digits)) throw malformed()
        return tlv(tags.cvc, digits)
      }),
    )
  }
  if (card.network !== undefined) {
    if (!networkPattern.test(card.network)) throw malformed()
    parts.push(tlv(tags.network, new TextEncoder().encode(card.network)))
  }
  const out = concat(...parts)
  for (const part of parts) part.fill(0)
  return out
}

/** What a test may ask of a sandbox: see `cvc_canary` of intake's configuration. */
export interface DecodeOptions {
  /** The code may be 24 bytes that are no digits, so that a search for it means something. */
  cvcCanary?: boolean
}

/** Copies what it reads; the caller wipes `bytes` and, after use, the card's number and code. Throws a RangeError. */
export function decodeCard(bytes: Uint8Array, { cvcCanary = false }: DecodeOptions = {}): Card {
  const fields = new Map<number, Uint8Array>()
  let last = 0
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    const length = ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const end = at + 3 + length
    if (tag <= last || tag > tags.network || end > bytes.length) throw malformed()
    // A Buffer's own slice would share the memory that the caller wipes.
    fields.set(tag, Uint8Array.prototype.slice.call(bytes, at + 3, end))
    last = tag
    at = end
  }
  const number = fields.get(tags.number)
  const expiry = fields.get(tags.expiry)
  if (number === undefined || expiry?.length !== 3) throw malformed()
  const expMonth = expiry[0] ?? 0
  const expYear = ((expiry[1] ?? 0) << 8) | (expiry[2] ?? 0)
  if (!validExpiry(expMonth, expYear)) throw malformed()
  const card: Card = { number: new Pan(number), expMonth, expYear }
  const name = fields.get(tags.name)
  if (name !== undefined) card.name = text(name, nameBytesMax)
  const postalCode = fields.get(tags.postalCode)
  if (postalCode !== undefined) card.postalCode = text(postalCode, postalCodeBytesMax)
  const cvc = fields.get(tags.cvc)
  if (cvc !== undefined) {
    if (!isCvc(cvc) && !(cvcCanary && cvc.length === cvcCanaryBytes)) throw malformed()
    card.cvc = new Secret(cvc)
  }
  const network = fields.get(tags.network)
  if (network !== undefined) {
    card.network = text(network, 24)
    if (!networkPattern.test(card.network)) throw malformed()
  }
  return card
}

const validExpiry = (month: number, year: number): boolean =>
  Number.isInteger(month) && month >= 1 && month <= 12 && Number.isInteger(year) && year >= 2000 && year <= 2099

/** A security code that comes alone: its bare digits, as its record holds them. Copies what it reads. Throws a RangeError. */
export function decodeCvc(bytes: Uint8Array, { cvcCanary = false }: DecodeOptions = {}): Secret {
  if (!isCvc(bytes) && !(cvcCanary && bytes.length === cvcCanaryBytes)) throw malformed()
  return new Secret(Uint8Array.prototype.slice.call(bytes))
}

const isCvc = (digits: Uint8Array): boolean =>
  (digits.length === 3 || digits.length === 4) && digits.every((byte) => byte >= 48 && byte <= 57)

function text(bytes: Uint8Array, max: number): string {
  if (bytes.length === 0 || bytes.length > max) throw malformed()
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed()
  }
}
