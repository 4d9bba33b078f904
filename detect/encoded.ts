/**
 * Runs of base64 and of hexadecimal that decode to readable ASCII. What they decode to is listened to as a text of its
 * own; a number in it makes the whole run a finding. A run that decodes to anything else is dropped after a few letters.
 */

import { nowhere } from './hold.ts'

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
  bits: number
  pending: number
  /** Signs so far. */
  size: number
  alive: boolean
  /** What stands after each byte. */
  separator: number
  /** Signs of padding at its end. */
  padding: number
}

export type Encoded = Record<EncodedRun['view'], Open>

const closed = (): Open => ({
  start: 0,
  end: 0,
  text: '',
  bits: 0,
  pending: 0,
  size: 0,
  alive: true,
  separator: 0,
  padding: 0,
})
export const newEncoded = (): Encoded => ({ base64: closed(), hex: closed() })

/** By the code of a sign, what it counts. */
function signs(...alphabets: string[]): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (const alphabet of alphabets)
    for (const [value, sign] of [...alphabet].entries()) values[sign.charCodeAt(0)] = value
  return values
}
const common = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
interface Form {
  view: EncodedRun['view']
  values: Int8Array
  /** Of one sign. */
  bits: number
}
const base64Form: Form = { view: 'base64', values: signs(`${common}+/`, `${common}-_`), bits: 6 }
const hexForm: Form = { view: 'hex', values: signs('0123456789abcdef', '0123456789ABCDEF'), bits: 4 }

const readable = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09

/** Where the oldest run that may still decode must be held. */
export const encodedFrontier = ({ base64, hex }: Encoded): number => Math.min(frontierOf(base64), frontierOf(hex))

const frontierOf = ({ alive, size, start }: Open): number =>
  alive && size > encodedShown ? start + encodedShown : nowhere

/** @returns the run that this character ends, or a block of it that is full. */
export const takeEncoded = ({ hex, base64 }: Encoded, code: number, at: number): EncodedRun | null =>
  take(hex, hexForm, code, at) ?? take(base64, base64Form, code, at)

export function endEncoded({ hex, base64 }: Encoded): EncodedRun | null {
  const [one, other] = [ended(hex, hexForm), ended(base64, base64Form)]
  return one ?? other
}

function ended(open: Open, { view }: Form): EncodedRun | null {
  const { alive, size, start, end, text } = open
  // Each for itself: every word of a text ends here, twice.
  open.text = ''
  open.bits = 0
  open.pending = 0
  open.size = 0
  open.alive = true
  open.separator = 0
  open.padding = 0
  return alive && size >= runMin ? { view, start, end, text } : null
}

function take(open: Open, form: Form, code: number, at: number): EncodedRun | null {
  const { values, bits, view } = form
  const value = code < 128 ? (values[code] ?? -1) : -1
  if (value < 0) return open.size === 0 || goesOn(open, view, code, at) ? null : ended(open, form)
  if (open.padding > 0) {
    const run = ended(open, form)
    take(open, form, code, at)
    return run
  }
  if (open.size === 0) open.start = at
  open.size += 1
  open.end = at + 1
  if (!open.alive) return null
  open.bits = (open.bits << bits) | value
  open.pending += bits
  if (open.pending >= 8) {
    open.pending -= 8
    const byte = open.bits >> open.pending
    open.bits &= (1 << open.pending) - 1
    open.alive = readable(byte)
    open.text = open.alive ? open.text + String.fromCharCode(byte) : ''
  }
  if (!open.alive || open.pending > 0 || open.end - open.start < blockMax) return null
  // A block that is full goes out; its end stays, so that a number across the edge is whole in the next.
  const run: EncodedRun = { view, start: open.start, end: open.end, text: open.text }
  open.text = open.text.slice(-Math.floor((overlap * bits) / (open.separator === 0 ? 8 : 12)))
  open.start = open.end - overlap
  return run
}

/** Padding is a part of base64; in hexadecimal one separator may stand after each byte, the same throughout. */
function goesOn(open: Open, view: EncodedRun['view'], code: number, at: number): boolean {
  if (open.end !== at) return false
  if (view === 'base64') {
    if (code !== 0x3d || open.padding === 2) return false
    open.padding += 1
    open.end = at + 1
    return true
  }
  const separates = code === 0x20 || code === 0x3a || code === 0x2d
  if (!separates || open.pending > 0 || !open.alive) return false
  if (open.separator !== code && (open.separator !== 0 || open.size !== 2)) return false
  open.separator = code
  return true
}
