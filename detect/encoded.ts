/**
 * Runs of base64 and of hexadecimal that decode to readable ASCII. What they decode to is listened to as a text of its
 * own; a number in it makes the whole run a finding. A run that decodes to anything else is dropped after a few letters.
 */

/** So many characters of a run may leave: six digits in base64, four in hexadecimal. */
export const encodedShown = 8
/** A longer run is judged block by block; the overlap holds any card number. */
const blockMax = 512
const overlap = 64
/** The shortest run that can hold twelve digits. */
const runMin = 16

export interface EncodedRun {
  view: 'base64' | 'hex'
  start: number
  end: number
  text: string
}

interface Open {
  start: number
  end: number
  /** Decoded so far, and the bits of a byte that is not whole. */
  text: string
  size: number
  bits: number
  /** Characters since the last whole byte or triple. */
  pending: number
  alive: boolean
  separator: number
  /** Signs of padding at its end. */
  padding: number
}

export interface Encoded {
  base64: Open
  hex: Open
}

const closed = (): Open => ({
  start: 0,
  end: 0,
  text: '',
  size: 0,
  bits: 0,
  pending: 0,
  alive: true,
  separator: 0,
  padding: 0,
})
function close(open: Open): void {
  open.size = 0
  open.text = ''
  open.bits = 0
  open.pending = 0
  open.alive = true
  open.separator = 0
  open.padding = 0
}
export const newEncoded = (): Encoded => ({ base64: closed(), hex: closed() })

const sextets = new Int8Array(128).fill(-1)
for (const [index, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  sextets[char.charCodeAt(0)] = index
sextets[0x2d] = 62
sextets[0x5f] = 63

const nibbles = new Int8Array(128).fill(-1)
for (let value = 0; value < 16; value += 1)
  for (const char of [value.toString(16), value.toString(16).toUpperCase()]) nibbles[char.charCodeAt(0)] = value

const readable = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Where the oldest run that may still decode must be held; -1 without one. */
export function encodedFrontier({ base64, hex }: Encoded): number {
  const found = frontierOf(base64)
  const other = frontierOf(hex)
  return found < 0 || (other >= 0 && other < found) ? other : found
}

const frontierOf = ({ alive, size, start }: Open): number => (alive && size > encodedShown ? start + encodedShown : -1)

/** @returns the run that this character ends, or a block of it that is full. */
export function takeEncoded(encoded: Encoded, code: number, at: number): EncodedRun | null {
  return takeHex(encoded, code, at) ?? takeBase64(encoded, code, at)
}

export function endEncoded(encoded: Encoded): EncodedRun | null {
  const run = finished(encoded.hex, 'hex') ?? finished(encoded.base64, 'base64')
  close(encoded.base64)
  close(encoded.hex)
  return run
}

function finished(open: Open, view: EncodedRun['view']): EncodedRun | null {
  return open.alive && open.size >= runMin ? { view, start: open.start, end: open.end, text: open.text } : null
}

function begin(open: Open, at: number): void {
  if (open.size === 0) open.start = at
  open.size += 1
  open.end = at + 1
}

function addByte(open: Open, byte: number): void {
  if (readable(byte)) open.text += String.fromCharCode(byte)
  else {
    open.alive = false
    open.text = ''
  }
}

/** A block that is full goes out; its end stays, so that a number across the edge is whole in the next. */
function full(open: Open, view: EncodedRun['view'], perChar: number): EncodedRun | null {
  if (!open.alive || open.end - open.start < blockMax || open.pending !== 0) return null
  const run: EncodedRun = { view, start: open.start, end: open.end, text: open.text }
  open.text = open.text.slice(-Math.floor(overlap * perChar))
  open.start = open.end - overlap
  return run
}

function takeBase64(encoded: Encoded, code: number, at: number): EncodedRun | null {
  const open = encoded.base64
  const value = code < 128 ? (sextets[code] ?? -1) : -1
  if (value < 0) {
    // Padding is part of the encoding.
    if (code === 0x3d && open.size > 0 && open.end === at && open.padding < 2) {
      open.padding += 1
      open.end = at + 1
      return null
    }
    if (open.size === 0) return null
    const run = finished(open, 'base64')
    close(open)
    return run
  }
  if (open.padding > 0) {
    const run = finished(open, 'base64')
    close(open)
    takeBase64(encoded, code, at)
    return run
  }
  begin(open, at)
  if (!open.alive) return null
  open.bits = (open.bits << 6) | value
  open.pending += 1
  if (open.pending > 1) {
    const shift = (4 - open.pending) * 2
    addByte(open, (open.bits >> shift) & 0xff)
    open.bits &= (1 << shift) - 1
  }
  if (open.pending === 4) open.pending = 0
  return full(open, 'base64', 3 / 4)
}

/** With or without one separator after each byte, the same throughout. */
function takeHex(encoded: Encoded, code: number, at: number): EncodedRun | null {
  const open = encoded.hex
  const value = code < 128 ? (nibbles[code] ?? -1) : -1
  if (value < 0) {
    if (open.size === 0) return null
    const separates = code === 0x20 || code === 0x3a || code === 0x2d
    const between = separates && open.pending === 0 && open.alive && at === open.end
    if (between && (open.separator === code || (open.separator === 0 && open.size === 2))) {
      open.separator = code
      return null
    }
    const run = finished(open, 'hex')
    close(open)
    return run
  }
  begin(open, at)
  if (!open.alive) return null
  open.bits = (open.bits << 4) | value
  open.pending += 1
  if (open.pending === 2) {
    addByte(open, open.bits)
    open.bits = 0
    open.pending = 0
  }
  return full(open, 'hex', open.separator === 0 ? 1 / 2 : 1 / 3)
}
