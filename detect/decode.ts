/**
 * Digits in the clothes of a transport: HTML entities, percent, JavaScript escapes, quoted-printable. Each escape
 * becomes the one character it stands for, with the place of the whole escape; what turns out to be none goes on as it
 * was. Takes one code unit at a time, holds at most one open escape, and decodes what it decoded once more (`%2534`).
 */
import { classOf, DIGIT, IDEOGRAPH, IGNORED, LETTER, SPACE, SURROGATE } from './classes.ts'

/** One character and where it stands, as offsets in the speaker's text. */
export interface Unit {
  code: number
  start: number
  end: number
  /** How many escapes it has come out of. */
  depth: number
}

export interface Decoder {
  /** The open escape. */
  open: Unit[]
  /** Where the last quoted-printable escape ended: `=34` alone may well be `pan=34…`. */
  quotedEnd: number
}

export const newDecoder = (): Decoder => ({ open: [], quotedEnd: -1 })

const depthMax = 2
const openMax = 16

const AMP = 0x26
const PERCENT = 0x25
const BACKSLASH = 0x5c
const EQUALS = 0x3d
const starts = (code: number): boolean => code === AMP || code === PERCENT || code === BACKSLASH || code === EQUALS

const hexOf = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const low = code | 0x20
  return low >= 0x61 && low <= 0x66 ? low - 0x57 : -1
}

/** Entities that stand between digits; numbers have no names. */
const named: Readonly<Record<string, number>> = {
  nbsp: 0xa0,
  ensp: 0x20,
  emsp: 0x20,
  thinsp: 0x20,
  hairsp: 0x20,
  numsp: 0x20,
  puncsp: 0x20,
  shy: 0xad,
  zwj: 0x200d,
  zwnj: 0x200c,
  lrm: 0x200e,
  rlm: 0x200f,
  ndash: 0x2d,
  mdash: 0x2d,
  hyphen: 0x2d,
  dash: 0x2d,
  minus: 0x2d,
  amp: AMP,
  period: 0x2e,
  comma: 0x2c,
  colon: 0x3a,
  semi: 0x3b,
  sol: 0x2f,
  lowbar: 0x5f,
  num: 0x23,
  percnt: PERCENT,
  bsol: BACKSLASH,
  equals: EQUALS,
  tab: 0x20,
  newline: 0x0a,
  zerowidthspace: 0x200b,
  nobreak: 0x2060,
  middot: 0xb7,
  bull: 0x2022,
}

/** What an escape may stand for here: what carries or parts digits, or opens a further escape. */
const wanted = (code: number): boolean => {
  if (code === 0x3c || code === 0x3e || code === 0x22) return false
  const cls = classOf(code)
  const apart = cls !== LETTER && cls !== IDEOGRAPH && cls !== SURROGATE
  return cls >= DIGIT || cls === IGNORED || cls === SPACE || (code > 0x20 && code < 0x41) || (code >= 0xa0 && apart)
}

type Judged = 'more' | 'no' | { code: number; used: number }

/** The open escape: its characters by their place, and how many there are. */
interface Opened {
  at(index: number): number
  size: number
}

/** The digits from a place on, and the place where they end. */
function numberAt({ at }: Opened, from: number, base: 10 | 16, to = openMax): { value: number; end: number } {
  let value = 0
  for (let end = from; ; end += 1) {
    const digit = hexOf(at(end))
    if (end === to || digit < 0 || digit >= base) return { value, end }
    value = value * base + digit
  }
}

/** Ends without its own last character too, as browsers read `&#52&#50`. */
function entity(opened: Opened): Judged {
  const { at, size } = opened
  const more = size < openMax ? 'more' : 'no'
  if (size === 1) return more
  if (at(1) === 0x23) {
    const hex = (at(2) | 0x20) === 0x78
    const first = hex ? 3 : 2
    const { value, end } = numberAt(opened, first, hex ? 16 : 10)
    if (end === size) return more
    if (end === first || value > 0xffff || !wanted(value)) return 'no'
    return { code: value, used: at(end) === 0x3b ? end + 1 : end }
  }
  let name = ''
  for (let index = 1; index < size; index += 1) {
    const code = at(index)
    if (code === 0x3b) {
      const value = named[name]
      return value === undefined ? 'no' : { code: value, used: index + 1 }
    }
    const low = code | 0x20
    if (low < 0x61 || low > 0x7a) return 'no'
    name += String.fromCharCode(low)
  }
  return more
}

const byteAt = ({ at }: Opened, index: number): number => hexOf(at(index)) * 16 + hexOf(at(index + 1))
const isByteAt = ({ at }: Opened, index: number): boolean => hexOf(at(index)) >= 0 && hexOf(at(index + 1)) >= 0

/** `%34`, `%u0034`, and UTF-8 in as many escapes as it has bytes. */
function percent(opened: Opened): Judged {
  const { at, size } = opened
  if (size < 3) return 'more'
  if ((at(1) | 0x20) === 0x75) return hexUnits(opened, 2, 4)
  if (!isByteAt(opened, 1)) return 'no'
  const lead = byteAt(opened, 1)
  const bytes = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : 0
  if (bytes === 0) return 'no'
  let value = bytes === 1 ? lead : lead & (bytes === 2 ? 0x1f : 0x0f)
  for (let from = 3; from < bytes * 3; from += 3) {
    if (size > from && at(from) !== PERCENT) return 'no'
    if (size < from + 3) return 'more'
    const next = byteAt(opened, from + 1)
    if (next < 0x80 || next > 0xbf) return 'no'
    value = value * 64 + (next & 0x3f)
  }
  return wanted(value) ? { code: value, used: bytes * 3 } : 'no'
}

function hexUnits(opened: Opened, from: number, count: number): Judged {
  const { value, end } = numberAt(opened, from, 16, from + count)
  if (end < from + count) return end === opened.size ? 'more' : 'no'
  const surrogate = value >= 0xd800 && value <= 0xdfff
  return surrogate || wanted(value) ? { code: value, used: end } : 'no'
}

/** `\u0034`, `\u{34}`, `\x34`, `\064`, `\n`. */
function backslash(opened: Opened): Judged {
  const { at, size } = opened
  const second = at(1)
  if (second === 0x6e || second === 0x72) return { code: 0x0a, used: 2 }
  if (second === 0x74) return { code: 0x20, used: 2 }
  if (second === 0x78) return hexUnits(opened, 2, 2)
  if (second === 0x30) {
    if (size < 4) return 'more'
    const value = (at(2) - 0x30) * 8 + (at(3) - 0x30)
    return value >= 0x30 && value <= 0x39 ? { code: value, used: 4 } : 'no'
  }
  if (size < 2 || (second === 0x75 && size < 3)) return 'more'
  if (second !== 0x75) return 'no'
  if (at(2) !== 0x7b) return hexUnits(opened, 2, 4)
  const { value, end } = numberAt(opened, 3, 16)
  if (value > 0xfffff) return 'no'
  if (end === size) return size < 10 ? 'more' : 'no'
  return at(end) === 0x7d && end > 3 && wanted(value) ? { code: value, used: end + 1 } : 'no'
}

/**
 * Quoted-printable. A digit counts beside another escape alone: `=36` may begin `card=36…`. A space is none of that.
 */
function quoted(opened: Opened, beside: boolean): Judged {
  const { at, size } = opened
  if (size < 2) return 'more'
  if (at(1) === 0x0a) return { code: 0xad, used: 2 }
  if (size < 3) return hexOf(at(1)) < 0 && at(1) !== 0x0d ? 'no' : 'more'
  if (at(1) === 0x0d) return at(2) === 0x0a ? { code: 0xad, used: 3 } : 'no'
  if (!isByteAt(opened, 1)) return 'no'
  const value = byteAt(opened, 1)
  if (value === 0x20 || value === 0x2d || value === 0xa0) return { code: value, used: 3 }
  if (value < 0x30 || value > 0x39) return 'no'
  if (beside) return { code: value, used: 3 }
  if (size < 4) return 'more'
  return at(3) === EQUALS ? { code: value, used: 3 } : 'no'
}

function judge({ open, quotedEnd }: Decoder): Judged {
  const at = (index: number): number => open[index]?.code ?? 0
  const opened = { at, size: open.length }
  if (at(0) === AMP) return entity(opened)
  if (at(0) === PERCENT) return percent(opened)
  if (at(0) === BACKSLASH) return backslash(opened)
  return quoted(opened, open[0]?.start === quotedEnd)
}

export type Emit = (code: number, start: number, end: number) => void

/** Whether a character is what it is, with no escape open and none begun by it: nearly all are. */
export const isPlain = (decoder: Decoder, code: number): boolean => decoder.open.length === 0 && !starts(code)

/** Gives `emit` what the unit decides: nothing while an escape is open, else one character or more. */
export function decode(decoder: Decoder, unit: Unit, emit: Emit): void {
  if (decoder.open.length === 0 && (unit.depth > depthMax || !starts(unit.code))) {
    emit(unit.code, unit.start, unit.end)
    return
  }
  decoder.open.push(unit)
  const judged = judge(decoder)
  if (judged !== 'more') settle(decoder, judged, emit)
}

/** The text ends here: an open escape is what it is. */
export function endDecoding(decoder: Decoder, emit: Emit): void {
  while (decoder.open.length > 0) {
    const last = decoder.open.at(-1)
    const at = last?.end ?? 0
    // An entity or a quoted digit may be whole and wait for its right neighbour alone.
    decoder.open.push({ code: 0, start: at, end: at, depth: depthMax + 1 })
    const judged = judge(decoder)
    decoder.open.pop()
    const whole = judged !== 'more' && judged !== 'no' && judged.used <= decoder.open.length
    settle(decoder, whole ? judged : 'no', emit)
  }
}

function settle(decoder: Decoder, judged: Exclude<Judged, 'more'>, emit: Emit): void {
  const open = decoder.open
  const used = judged === 'no' ? 1 : judged.used
  const [first] = open
  const last = open[used - 1]
  if (first === undefined || last === undefined) return
  const rest = open.slice(used)
  decoder.open = []
  if (judged === 'no') emit(first.code, first.start, first.end)
  else {
    if (first.code === EQUALS) decoder.quotedEnd = last.end
    decode(decoder, { code: judged.code, start: first.start, end: last.end, depth: first.depth + 1 }, emit)
  }
  for (const unit of rest) decode(decoder, unit, emit)
}
