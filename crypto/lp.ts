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
  return encoder.encode(decimal(field))
}

function decimal(field: number): string {
  if (!Number.isSafeInteger(field)) throw new RangeError('a number in a binding must be a safe integer')
  return String(field)
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

const prefixBytes = 4
/** Longer text is rare here, and then the encoder's call is worth it. */
const spelledMax = 64

/** Written in one go: a context of sixteen fields is made for every record that is sealed, opened or moved. */
export function lp(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts: (string | Uint8Array)[] = []
  let length = 0
  for (const field of fields) {
    const part = typeof field === 'number' ? decimal(field) : isPlain(field) ? field : fieldBytes(field)
    parts.push(part)
    length += prefixBytes + part.length
  }
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    const size = part.length
    out[at] = size >>> 24
    out[at + 1] = size >>> 16
    out[at + 2] = size >>> 8
    out[at + 3] = size
    at += prefixBytes
    if (typeof part === 'string') for (let index = 0; index < size; index += 1) out[at + index] = part.charCodeAt(index)
    else out.set(part, at)
    at += size
  }
  return out
}

/** ASCII, whose bytes are its code units: ids, currencies, numbers. */
function isPlain(field: string | Uint8Array): field is string {
  if (typeof field !== 'string' || field.length > spelledMax) return false
  for (let index = 0; index < field.length; index += 1) if (field.charCodeAt(index) > 0x7f) return false
  return true
}
