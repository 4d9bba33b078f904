/**
 * A checkpoint says how long an audit log is and what its head is: a signed note (golang.org/x/mod/sumdb/note) of
 * three lines, origin, size and head, so that the witnesses of transparency logs can read it.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Jwk } from '../config.ts'

export interface Checkpoint {
  size: number
  head: Buffer
}

/** Also the name of the key that signs: one line, no spaces. */
export const checkpointOrigin = (name: string, logId: string): string => `sallyport/${name}/${logId}`

export const checkpointPublicKey = ({ kty, crv, x }: Jwk): KeyObject =>
  createPublicKey({ key: { kty, crv, x }, format: 'jwk' })

const bodyText = (origin: string, checkpoint: Checkpoint): string =>
  `${origin}\n${checkpoint.size}\n${checkpoint.head.toString('base64')}\n`

/** The note format's key id: SHA-256(name ‖ LF ‖ 0x01 (Ed25519) ‖ public key), first four bytes. */
function keyId(origin: string, publicKey: KeyObject): Buffer {
  const raw = publicKey.export({ format: 'raw-public' })
  return createHash('sha256')
    .update(`${origin}\n`)
    .update(new Uint8Array([1]))
    .update(raw)
    .digest()
    .subarray(0, 4)
}

export function signCheckpoint(origin: string, checkpoint: Checkpoint, key: Jwk): string {
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  const text = bodyText(origin, checkpoint)
  const signature = sign(null, Buffer.from(text), privateKey)
  const blob = Buffer.concat([keyId(origin, createPublicKey(privateKey)), signature])
  return `${text}\n\u2014 ${origin} ${blob.toString('base64')}\n`
}

/** Null when the note is not of this log, not in this form or not signed by this key. */
export function openCheckpoint(note: string, origin: string, publicKey: KeyObject): Checkpoint | null {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([^\n ]+) ([A-Za-z0-9+/]+={0,2})\n$/.exec(
    note,
  )
  if (match === null || match[1] !== origin || match[4] !== origin) return null
  const checkpoint: Checkpoint = { size: Number(match[2]), head: Buffer.from(match[3] ?? '', 'base64') }
  const blob = Buffer.from(match[5] ?? '', 'base64')
  if (blob.length !== 68 || !blob.subarray(0, 4).equals(keyId(origin, publicKey))) return null
  return verify(null, Buffer.from(bodyText(origin, checkpoint)), publicKey, blob.subarray(4)) ? checkpoint : null
}
