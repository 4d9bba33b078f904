/**
 * Magnetic stripe and chip data, ISO/IEC 7813 and EMV Book 3: `%B…^NAME^YYMM…?`, `;…=YYMM…?`, the chip's track 2
 * equivalent `…DYYMM…F`, and the tags 5A and 57. A small machine over characters; a wrong one starts it again.
 */
import { nowhere } from './hold.ts'
import { lengthMax, lengthMin, schemeOf } from './iin.ts'
import { exposed } from './ledger.ts'
import { luhn } from './luhn.ts'

type Phase = 'none' | 'sentinel' | 'pan' | 'name' | 'data'

export interface Track {
  phase: Phase
  /** `%B` or `;` opened it, or a tag of a chip. */
  opened: 'none' | 'track1' | 'track2' | 'tag'
  /** Digits of the tag's length byte: how many nibbles follow. */
  nibbles: number
  digits: number[]
  starts: number[]
  /** Digits after the separator: at least a year, a month and a service code. */
  data: number
  size: number
  end: number
  /** Whether the last character may stand before a number, and the last four hexadecimal ones. */
  boundary: boolean
  tail: number
}

export const newTrack = (): Track => ({
  phase: 'none',
  opened: 'none',
  nibbles: 0,
  digits: [],
  starts: [],
  data: 0,
  size: 0,
  end: 0,
  boundary: true,
  tail: 0,
})

export interface TrackFound {
  /** Of the first and after the last digit. */
  start: number
  end: number
  /** The seventh digit, where nothing had announced a track before. */
  maskFrom: number
  rule: 'TRK1' | 'TRK2' | 'TLV'
}

const nameMax = 30
const dataMin = 4
const dataMax = 60

const reset = (track: Track): void => {
  track.phase = 'none'
  track.opened = 'none'
  track.digits = []
  track.starts = []
  track.nibbles = 0
  track.data = 0
  track.size = 0
}

/** Whether a track is under way beyond doubt, so that its digits are no number of their own. */
export const inTrack = (track: Track): boolean => track.phase === 'name' || track.phase === 'data'

/** Where an announced track must be held; without an announcement the seventh digit is, as of any number. */
export function trackFrontier(track: Track): number {
  const { phase, opened, starts } = track
  if (phase === 'none' || phase === 'sentinel') return nowhere
  if (opened !== 'none') return starts[0] ?? nowhere
  return inTrack(track) ? (starts[exposed] ?? nowhere) : nowhere
}

/** @param code a decoded character. @returns a track that ends before it. */
export function takeTrack(track: Track, code: number, start: number, end: number): TrackFound | null {
  const isDigit = code >= 0x30 && code <= 0x39
  const found = track.phase === 'none' ? null : step(track, code, isDigit, start, end)
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
  if (track.phase === 'none') open(track, code, isDigit, start)
  track.boundary = !isDigit && !letter
  if (isDigit || letter) track.tail = (track.tail << 8) | (letter ? code & 0xdf : code & 0x7f)
  else if (code !== 0x20) track.tail = 0
  if (track.phase === 'none' && track.tail >>> 24 === 0x35) openTag(track)
  return found
}

/** `5A08`, `5713`: a tag, and how many bytes follow. */
function openTag(track: Track): void {
  const high = track.tail >>> 16
  const length = Number.parseInt(String.fromCharCode((track.tail >> 8) & 0xff, track.tail & 0xff), 16)
  const pan = high === 0x3541 && length >= 6 && length <= 10
  const stripe = high === 0x3537 && length >= 10 && length <= 19
  if (!pan && !stripe) return
  track.phase = 'pan'
  track.opened = 'tag'
  track.nibbles = 2 * length
}

/** The text ends here. */
export function endTrack(track: Track): TrackFound | null {
  const found = complete(track)
  Object.assign(track, newTrack())
  return found
}

function open(track: Track, code: number, isDigit: boolean, start: number): void {
  if (code === 0x25) track.phase = 'sentinel'
  else if (code === 0x3b) {
    track.phase = 'pan'
    track.opened = 'track2'
  } else if (isDigit && track.boundary) {
    track.phase = 'pan'
    track.digits.push(code - 0x30)
    track.starts.push(start)
  }
}

function step(track: Track, code: number, isDigit: boolean, start: number, end: number): TrackFound | null {
  const upper = code & 0xdf
  if (track.phase === 'sentinel') {
    if (upper === 0x42) {
      track.phase = 'pan'
      track.opened = 'track1'
    } else reset(track)
  } else if (track.phase === 'pan') {
    if (isDigit && track.digits.length < (track.nibbles || lengthMax + 4)) {
      track.digits.push(code - 0x30)
      track.starts.push(start)
      track.end = end
    } else if (code === 0x20 && track.opened !== 'none') return null
    else if (code === 0x5e && track.opened === 'track1' && track.digits.length >= lengthMin) track.phase = 'name'
    else if ((code === 0x3d || upper === 0x44) && track.opened !== 'track1' && (plausible(track) || dropTag(track)))
      track.phase = 'data'
    else {
      const found = track.opened === 'tag' && track.nibbles - track.digits.length <= 1 ? complete(track) : null
      reset(track)
      return found
    }
  } else if (track.phase === 'name') {
    track.size += 1
    if (code === 0x5e) track.phase = 'data'
    else if (track.size > nameMax || code < 0x20) reset(track)
  } else if (track.phase === 'data') {
    const more = isDigit && track.data < dataMax
    if (more) {
      track.data += 1
      track.end = end
    } else {
      const found = complete(track)
      reset(track)
      return found
    }
  }
  return null
}

/** `5713` before the number is a tag and a length, where what follows is a number. */
function dropTag(track: Track): boolean {
  const [a, b, c] = track.digits
  if (track.opened !== 'none' || a !== 5 || b !== 7 || c !== 1) return false
  const rest = { ...track, digits: track.digits.slice(4) }
  if (!plausible(rest)) return false
  track.digits = rest.digits
  track.starts = track.starts.slice(4)
  return true
}

const plausible = ({ digits }: Track): boolean =>
  digits.length >= lengthMin &&
  digits.length <= lengthMax &&
  schemeOf(digits, 0, digits.length) !== null &&
  luhn(digits.join(''))

function complete(track: Track): TrackFound | null {
  const [start] = track.starts
  if (start === undefined) return null
  const tag = track.opened === 'tag' && plausible(track)
  if (!tag && (track.phase !== 'data' || track.data < dataMin)) return null
  const maskFrom = track.opened === 'none' ? (track.starts[exposed] ?? start) : start
  return { start, end: track.end, maskFrom, rule: tag ? 'TLV' : track.opened === 'track1' ? 'TRK1' : 'TRK2' }
}
