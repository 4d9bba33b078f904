/**
 * How a batch of wrapped keys travels between keeper and keyd: as one text of bytes with lengths, since a JSON object a
 * record would cost either side more than the cryptography. It holds contexts and wrapped keys, and never a data key.
 */
import { layout } from './format.ts'

export interface WrappedKey {
  /** As `encodeContext` gives it. */
  context: Uint8Array
  wrappedDek: Uint8Array
}

/** What a batch has at most: with the longest contexts it stays below `httpLimits.rewrapBodyBytesMax`. */
export const rewrapBatchMax = 1_000
/** A mandate, a tenant, a token, and eight bytes a field: twice what there is. */
const contextBytesMax = 512
/** The longest is P-256's, 113 bytes. */
const wrappedBytesMax = 128

const lengthBytes = 2

function pack(fields: readonly Uint8Array[]): string {
  let length = 0
  for (const field of fields) length += lengthBytes + field.length
  const out = Buffer.allocUnsafe(length)
  let at = 0
  for (const field of fields) {
    at = out.writeUInt16BE(field.length, at)
    out.set(field, at)
    at += field.length
  }
  return out.toString('base64url')
}

/** Null for what is not fields from beginning to end, or has more of them than `most`. */
function unpack(text: string, most: number): Buffer[] | null {
  const bytes = Buffer.from(text, 'base64url')
  const fields: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + lengthBytes > bytes.length || fields.length === most) return null
    const end = at + lengthBytes + bytes.readUInt16BE(at)
    if (end > bytes.length) return null
    fields.push(bytes.subarray(at + lengthBytes, end))
    at = end
  }
  return fields
}

export const packWrapped = (records: readonly WrappedKey[]): string =>
  pack(records.flatMap(({ context, wrappedDek }) => [context, wrappedDek]))

/** Null for anything but one to a thousand pairs of a possible length. */
export function unpackWrapped(text: string): { context: Buffer; wrappedDek: Buffer }[] | null {
  const fields = unpack(text, 2 * rewrapBatchMax)
  if (fields === null || fields.length === 0 || fields.length % 2 === 1) return null
  const records: { context: Buffer; wrappedDek: Buffer }[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const [context, wrappedDek] = [fields[at], fields[at + 1]]
    if (context === undefined || context.length > contextBytesMax) return null
    if (wrappedDek === undefined || wrappedDek.length < layout.settledWrapBytes) return null
    if (wrappedDek.length > wrappedBytesMax) return null
    records.push({ context, wrappedDek })
  }
  return records
}

/** The new wrapped keys in the order of the records; null where one did not unwrap. */
export const packAnswer = (wraps: readonly (Uint8Array | null)[]): string => pack(wraps.map((one) => one ?? empty))
const empty = new Uint8Array(0)

/** Null where it is not an answer to so many records. */
export function unpackAnswer(text: string, count: number): (Buffer | null)[] | null {
  const wraps = unpack(text, count)
  return wraps?.length === count ? wraps.map((one) => (one.length === 0 ? null : one)) : null
}
