/**
 * Looks for many byte strings in one pass (Wu and Manber, 1994): a table says for every two bytes how far the window may
 * move on, so that most bytes are never looked at. What is compressed is opened and looked through as well.
 */
import { inflateRawSync, inflateSync } from 'node:zlib'
import type { Canary } from './canary.ts'
import { type SecretName, type SpellingName, spellingsOf } from './spellings.ts'

/** Two cards are looked for at once: the one that went the road, and the one that was planted. */
export type Owner = 'canary' | 'decoy'

export interface Found {
  secret: SecretName
  spelling: SpellingName
  /** What stands around it, for whoever has to find the leak. */
  around: string
}

interface Pattern {
  owner: Owner
  secret: Found['secret']
  spelling: SpellingName
  bytes: Buffer
}

/** One of each secret and spelling is enough, and keeps a place that is full of them short. */
export type Findings = Map<`${Found['secret']} ${SpellingName}`, Found>

export interface Search {
  /** Adds what one part of a place holds. Parts overlap where something may lie on their edge. */
  look(part: Buffer, findings: Record<Owner, Findings>): void
}

const blockBytes = 2

export function searchFor(cards: Record<Owner, Canary>): Search {
  const patterns = [...patternsOf('canary', cards.canary), ...patternsOf('decoy', cards.decoy)]
  const window = Math.min(...patterns.map(({ bytes }) => bytes.length))
  const moves = new Uint8Array(65_536).fill(window - blockBytes + 1)
  const ends = new Map<number, Pattern[]>()
  for (const pattern of patterns) {
    for (let at = blockBytes; at <= window; at += 1) {
      const block = pattern.bytes.readUInt16LE(at - blockBytes)
      moves[block] = Math.min(moves[block] ?? 0, window - at)
      if (at === window) ends.set(block, [...(ends.get(block) ?? []), pattern])
    }
  }

  function lookPlain(part: Buffer, findings: Record<Owner, Findings>, inside: boolean): void {
    const last = part.length - 1
    for (let at = window - 1; at <= last; ) {
      const block = (part[at - 1] as number) | ((part[at] as number) << 8) // sound: both are in the part
      const move = moves[block] as number // sound: the table has every block
      if (move > 0) {
        at += move
        continue
      }
      const start = at - window + 1
      for (const pattern of ends.get(block) ?? []) {
        const end = start + pattern.bytes.length
        if (end <= part.length && pattern.bytes.compare(part, start, end) === 0)
          note(findings[pattern.owner], pattern, part, start, inside)
      }
      at += 1
    }
  }

  return {
    look: (part, findings) => {
      lookPlain(part, findings, false)
      for (const opened of openedIn(part)) lookPlain(opened, findings, true)
    },
  }
}

function patternsOf(owner: Owner, canary: Canary): Pattern[] {
  return Object.entries(spellingsOf(canary)).flatMap(([secret, spellings]) =>
    Object.entries(spellings).flatMap(([spelling, list]) =>
      // Sound: both are keys of what spellingsOf gives.
      list.map((bytes) => ({ owner, secret: secret as Found['secret'], spelling: spelling as SpellingName, bytes })),
    ),
  )
}

function note(
  findings: Findings,
  { secret, spelling: own }: Pattern,
  part: Buffer,
  start: number,
  inside: boolean,
): void {
  const spelling = inside ? 'gzip' : own
  const key = `${secret} ${spelling}` as const
  if (findings.has(key)) return
  const around = part.subarray(Math.max(0, start - 120), start + 120).toString('latin1')
  findings.set(key, { secret, spelling, around: around.replace(/[^ -~]+/g, '·') })
}

const openedBytesMax = 4 << 20
/** gzip with its usual ten bytes of header, the same in base64 and hex, and zlib with each of its four levels. */
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08])
const zlibMagics = [0x01, 0x5e, 0x9c, 0xda].map((level) => Buffer.from([0x78, level]))
const textMagics = [
  { magic: Buffer.from('H4sI'), letters: /^[A-Za-z0-9+/_-]+/, encoding: 'base64' },
  { magic: Buffer.from('1f8b08'), letters: /^[0-9a-f]+/, encoding: 'hex' },
] as const

/** What the compressed streams in this part hold; what only looks like one gives nothing. */
function* openedIn(part: Buffer): Generator<Buffer> {
  for (const at of placesOf(part, gzipMagic))
    yield* opened(part.subarray(at + gzipHeaderBytes(part.subarray(at))), true)
  for (const magic of zlibMagics) {
    for (const at of placesOf(part, magic))
      if (couldBegin(part[at + 2] ?? 0xff)) yield* opened(part.subarray(at), false)
  }
  for (const { magic, letters, encoding } of textMagics) {
    for (const at of placesOf(part, magic)) {
      const text = letters.exec(part.subarray(at, at + 1_000_000).toString('latin1'))?.[0] ?? ''
      const bytes = Buffer.from(text, encoding)
      yield* opened(bytes.subarray(gzipHeaderBytes(bytes)), true)
    }
  }
}

function* placesOf(part: Buffer, magic: Buffer): Generator<number> {
  for (let at = part.indexOf(magic); at >= 0; at = part.indexOf(magic, at + 1)) yield at
}

/** RFC 1952 §2.3: ten bytes, then what the flags name; we skip a file's name and nothing else. */
function gzipHeaderBytes(bytes: Buffer): number {
  const named = ((bytes[3] ?? 0) & 8) !== 0
  return named ? bytes.indexOf(0, 10) + 1 : 10
}

/** RFC 1951 §3.2.3: the first block of a deflate stream has a type of 0, 1 or 2, and a dynamic one at most 286 codes. */
function couldBegin(byte: number): boolean {
  const type = (byte >> 1) & 3
  return type === 1 || (type === 2 && byte >> 3 <= 29) || (type === 0 && byte <= 1)
}

function* opened(stream: Buffer, raw: boolean): Generator<Buffer> {
  // Cut streams give what came before the cut.
  const options = { finishFlush: 2, maxOutputLength: openedBytesMax } // Z_SYNC_FLUSH
  try {
    const out = raw ? inflateRawSync(stream, options) : inflateSync(stream, options)
    if (out.length >= 8) yield out
  } catch {
    // It only looked like one.
  }
}
