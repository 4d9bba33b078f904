/**
 * Signed notes (C2SP signed-note): a text, an empty line, and signatures of which a reader believes those whose keys it
 * was given. Two kinds of signatures are known here: Ed25519 over the text (type 1), and a witness's over the text and
 * its time (type 4, C2SP tlog-cosignature). Keys are told as one line each, `name+id+key`.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Jwk } from '../config.ts'

const types = { note: 1, cosignature: 4 } as const
export type KeyType = keyof typeof types

export interface NoteKey {
  type: KeyType
  /** Of a log: its origin. Of a witness: a URL without a scheme. */
  name: string
  publicKey: KeyObject
}

interface NoteSignature {
  name: string
  keyId: Buffer
  bytes: Buffer
}

export interface Note {
  /** With its last newline. */
  text: string
  signatures: readonly NoteSignature[]
}

/** Readers must take sixteen signatures; more than this is nobody's log. */
const noteBytesMax = 64_000
const signaturesMax = 64
const keyIdBytes = 4
const timeBytes = 8

export const publicKeyOf = ({ kty, crv, x }: Jwk): KeyObject => createPublicKey({ key: { kty, crv, x }, format: 'jwk' })

const raw = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'raw-public' }))

function keyIdOf({ type, name, publicKey }: NoteKey): Buffer {
  const digest = createHash('sha256')
    .update(`${name}\n`)
    .update(new Uint8Array([types[type]]))
    .update(raw(publicKey))
    .digest()
  return digest.subarray(0, keyIdBytes)
}

/** Base64 has more than one spelling of some bytes; only the one that we would write is taken. */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

const validName = (name: string): boolean => name !== '' && !/[\s+]/u.test(name)

/** `name+id+key`, as `note.NewVerifier` of Go reads it. */
export const keyLine = (key: NoteKey): string => {
  const material = Buffer.concat([new Uint8Array([types[key.type]]), raw(key.publicKey)])
  return `${key.name}+${keyIdOf(key).toString('hex')}+${material.toString('base64')}`
}

/** Null where the line is no key of these two kinds, or its id is not the key's. */
export function parseKeyLine(line: string): NoteKey | null {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim())
  const [, name = '', id = '', material = ''] = match ?? []
  const bytes = fromBase64(material)
  if (!validName(name) || bytes === null || bytes.length !== 33) return null
  const type = bytes[0] === types.note ? 'note' : bytes[0] === types.cosignature ? 'cosignature' : null
  if (type === null) return null
  try {
    const x = bytes.subarray(1).toString('base64url')
    const key: NoteKey = { type, name, publicKey: publicKeyOf({ kty: 'OKP', crv: 'Ed25519', x }) }
    return keyIdOf(key).toString('hex') === id ? key : null
  } catch {
    return null
  }
}

/** Null for what is not a note. Nothing in it is believed by being parsed. */
export function parseNote(noteText: string): Note | null {
  const bytes = Buffer.from(noteText)
  // Half of a surrogate pair is no UTF-8, and does not come back.
  if (bytes.length > noteBytesMax || bytes.toString('utf8') !== noteText) return null
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids them, so they are looked for
  if (/[\u0000-\u0009\u000b-\u001f]/.test(noteText)) return null
  const end = noteText.lastIndexOf('\n\n')
  if (end < 0 || !noteText.endsWith('\n')) return null
  const lines = noteText.slice(end + 2, -1).split('\n')
  if (lines.length > signaturesMax) return null
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const match = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line)
    const bytes = match === null ? null : fromBase64(match[2] ?? '')
    if (match === null || bytes === null || bytes.length <= keyIdBytes) return null
    signatures.push({
      name: match[1] ?? '',
      keyId: bytes.subarray(0, keyIdBytes),
      bytes: bytes.subarray(keyIdBytes),
    })
  }
  return { text: noteText.slice(0, end + 1), signatures }
}

const cosignedText = (text: string, timeS: number | bigint): Buffer =>
  Buffer.from(`cosignature/v1\ntime ${timeS}\n${text}`)

function checked(note: Note, key: NoteKey, good: (bytes: Buffer) => boolean): Buffer | null {
  const id = keyIdOf(key)
  const own = note.signatures.filter(({ name, keyId }) => name === key.name && keyId.equals(id))
  // One of a known key that is wrong spoils the note (signed-note, "Signatures").
  return own.every(({ bytes }) => good(bytes)) ? (own[0]?.bytes ?? null) : null
}

/** Whether this key signed the note. */
export const isSignedBy = (note: Note, key: NoteKey): boolean =>
  key.type === 'note' &&
  checked(note, key, (bytes) => bytes.length === 64 && verify(null, Buffer.from(note.text), key.publicKey, bytes)) !==
    null

/** When this witness cosigned the note, in seconds; null where it did not. */
export function cosignedAt(note: Note, key: NoteKey): number | null {
  if (key.type !== 'cosignature') return null
  const found = checked(note, key, (bytes) => {
    if (bytes.length !== timeBytes + 64) return false
    const time = bytes.readBigUInt64BE()
    return verify(null, cosignedText(note.text, time), key.publicKey, bytes.subarray(timeBytes))
  })
  return found === null ? null : Number(found.readBigUInt64BE())
}

const line = (key: NoteKey, bytes: Uint8Array): string =>
  `\u2014 ${key.name} ${Buffer.concat([keyIdOf(key), bytes]).toString('base64')}\n`

const privateKeyOf = (key: Jwk): KeyObject => createPrivateKey({ key: { ...key }, format: 'jwk' })

/** @param text ends with a newline and has no control character. */
export function signNote(text: string, name: string, key: Jwk): string {
  const signature = sign(null, Buffer.from(text), privateKeyOf(key))
  return `${text}\n${line({ type: 'note', name, publicKey: publicKeyOf(key) }, signature)}`
}

/** A witness's line for the end of the note. */
export function cosignatureLine(text: string, name: string, key: Jwk, timeS: number): string {
  const time = Buffer.alloc(timeBytes)
  time.writeBigUInt64BE(BigInt(timeS))
  const signature = sign(null, cosignedText(text, timeS), privateKeyOf(key))
  return line({ type: 'cosignature', name, publicKey: publicKeyOf(key) }, Buffer.concat([time, signature]))
}
