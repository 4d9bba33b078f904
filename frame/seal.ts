/**
 * **seal.** The form's values become bytes, and those a ciphertext that intake alone can open. Digits come from
 * `form.ts`, are held here as bytes for the length of one call, and leave sealed.
 */
import { captureAad, captureInfo, shownBytes } from '../crypto/capture-binding.ts'
import { encodeCard } from '../crypto/card-bytes.ts'
import { sealTo } from '../crypto/hpke-web.ts'
import { Pan } from '../crypto/pan.ts'
import { Secret } from '../crypto/secret.ts'
import type { AttachAnswer, SealingKey, SubmitRequest } from '../protocol/capture-http.ts'
import type { FieldName, Visibility } from '../protocol/capture-states.ts'
import { parseExpiry } from './fields/expiry.ts'

export interface SealInput {
  captureId: string
  attached: AttachAnswer
  build: string
  key: SealingKey
  values: Partial<Record<FieldName | 'network', string>>
  visibility: Visibility
}

/** The body of `POST /v1/submit`. Rejects with a RangeError for values that the form would not have let through. */
export async function seal({ captureId, attached, build, key, values, visibility }: SealInput): Promise<SubmitRequest> {
  const { epoch, tenant, origin } = attached
  const shown = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', shownBytes(attached))))
  const aad = captureAad({ capture: captureId, epoch, keyId: key.key_id, build, shownHash: shown })
  const plaintext = plaintextOf(values)
  try {
    const { enc, ciphertext } = await sealTo(fromBase64url(key.public_key), captureInfo(tenant, origin), aad, plaintext)
    return {
      capture_id: captureId,
      epoch,
      key_id: key.key_id,
      enc: base64url(enc),
      ciphertext: base64url(ciphertext),
      build,
      shown,
      visibility,
    }
  } finally {
    plaintext.fill(0)
  }
}

/** The card's bytes; for a capture of the security code alone its bare digits, as its record holds them. */
function plaintextOf({ number, expiry, cvc, name, postal_code, network }: SealInput['values']): Uint8Array {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
  if (number === undefined) return ascii(cvc ?? '')
  const parsed = parseExpiry(expiry ?? '')
  if (parsed === null) throw new RangeError('the expiry is not one')
  const pan = new Pan(ascii(number))
  const code = cvc ? new Secret(ascii(cvc)) : undefined
  try {
    return encodeCard({
      number: pan,
      expMonth: parsed.month,
      expYear: parsed.year,
      ...(name?.trim() && { name: name.trim() }),
      ...(postal_code?.trim() && { postalCode: postal_code.trim() }),
      ...(code && { cvc: code }),
      ...(network && { network }),
    })
  } finally {
    pan.wipe()
    code?.wipe()
  }
}

export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
