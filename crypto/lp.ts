/**
 * Length-prefixed joining: every field is a 32-bit big-endian length and its bytes, so that no two different
 * lists of fields give the same bytes. Integers are decimal ASCII, text is UTF-8.
 */
export type Field = string | number | Uint8Array

const encoder = new TextEncoder()

/** Throws a RangeError for a number that is not a safe integer: it would have two spellings. */
export function fieldBytes(field: Field): Uint8Array {
  if (typeof field === 'string') return encoder.encode(field)
  if (typeof field !== 'number') return field
  if (!Number.isSafeInteger(field)) throw new RangeError('a number in a binding must be a safe integer')
  return encoder.encode(String(field))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function lp(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  for (const field of fields) {
    const bytes = fieldBytes(field)
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, bytes.length)
    parts.push(length, bytes)
  }
  return concat(...parts)
}
