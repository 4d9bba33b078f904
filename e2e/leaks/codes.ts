/**
 * Real codes have three digits, and three digits stand everywhere by chance. So the question is whether the codes that
 * people typed stand in the files more often than codes that nobody typed: a rank-sum test (Mann and Whitney, one-sided,
 * normal approximation with ties) over how often each of the two kinds occurs. Where nothing leaks, which codes were used
 * is a draw that the files know nothing of, and p is spread evenly over 0 to 1. What was there before the first capture
 * (catalogs, earlier rows) is subtracted: it drowns what came by the captures.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { createSallyport } from '../../agent/index.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import type { Stack } from '../../server/testing/stack.ts'
import { filesBelow } from './evidence.ts'

/** Below this a run falls: by chance once in ten thousand runs, and every run of the control falls. */
export const alpha = 1e-4

/** Which codes are typed is drawn with a fixed seed (mulberry32): the same in every run. */
const seed = 20_261_122

export interface Draw {
  /** One for each capture. */
  used: string[]
  /** Codes that no capture uses. */
  unused: string[]
}

const everyCode = Array.from({ length: 1_000 }, (_, at) => String(at).padStart(3, '0'))

/** Half of all codes may be used, so that there are as many that cannot. */
export function drawCodes(count: number): Draw {
  const random = mulberry32(seed)
  const shuffled = [...everyCode]
  for (let at = shuffled.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    ;[shuffled[at], shuffled[other]] = [shuffled[other] ?? '', shuffled[at] ?? '']
  }
  return { used: Array.from({ length: count }, (_, at) => shuffled[at % 500] ?? ''), unused: shuffled.slice(500) }
}

function mulberry32(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Each code goes from a sealed submission to a charge: before it, its record is written; after it, it is destroyed. */
export async function useCodes(stack: Stack, pan: string, used: readonly string[]): Promise<void> {
  const sallyport = createSallyport({ baseUrl: stack.direct.gateway, secretKey: stack.tenant.secret_key })
  const amount = { amount_minor: 700, currency: 'EUR' }
  const useOne = async (cvc: string): Promise<void> => {
    const asked = await sallyport.captures.create({ conversation: 'codes', purpose: 'pay', amount })
    const frame = new TestFrame(stack.direct.capture, asked.id)
    const { body: attached } = await frame.attach(asked.client_secret, [stack.urls.demo])
    const { body } = await frame.submit(attached, await frame.seal(attached, { number: pan, cvc }))
    if (body.token === undefined) throw new Error(`a card was not taken: ${body.code}`)
    const charge = await sallyport.charges.create({ token: body.token, ...amount, reference: asked.id })
    if (charge.state !== 'captured') throw new Error(`a card was not charged: ${charge.state}`)
  }
  const waiting = [...used]
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await useOne(next)
  }
  await Promise.all([work(), work(), work(), work()])
}

export interface CodeCounts {
  /** Of each code: wherever three such bytes stand. */
  anywhere: Uint32Array
  /** Of each code: where no digit stands beside it, nor the point of a fraction before it. */
  alone: Uint32Array
  /** Codes behind a name for one (`"cvc":"…"`, `security_code=…`), or within 256 bytes of the card's number. */
  inContext: string[]
}

const partBytes = 8 << 20
const contextBytes = 256
const named =
  /(?:cvc2?|cvv2?|csc|cid|security_?code|card_?code)(?:"|%22|\\")?\s*(?:[:=]|%3A|=>)\s*(?:"|'|%22|\\")?(\d{3})(?!\d)/gi

/** @param pans the numbers beside which a code would stand. */
export function countCodes(folders: readonly string[], pans: readonly string[]): CodeCounts {
  const counts: CodeCounts = { anywhere: new Uint32Array(1_000), alone: new Uint32Array(1_000), inContext: [] }
  const buffer = Buffer.allocUnsafeSlow(partBytes + contextBytes * 2)
  for (const path of folders.flatMap((folder) => filesBelow(folder))) {
    const fd = openSync(path, 'r')
    try {
      for (let at = 0; ; at += partBytes) {
        const length = readSync(fd, buffer, 0, buffer.length, at)
        countIn(buffer.subarray(0, length), Math.min(length, partBytes), counts)
        lookAround(buffer.subarray(0, length), pans, counts)
        if (length < buffer.length) break
      }
    } finally {
      closeSync(fd)
    }
  }
  return counts
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57
const point = 46

/** Starts below `until` alone are counted: the next part begins there. */
function countIn(part: Buffer, until: number, { anywhere, alone }: CodeCounts): void {
  for (let at = 0; at < until; at += 1) {
    const last = part[at + 2] ?? 0
    // From the end: most windows go two on with one look.
    if (!isDigit(last)) {
      at += 2
      continue
    }
    const first = part[at] ?? 0
    const second = part[at + 1] ?? 0
    if (!isDigit(first) || !isDigit(second)) continue
    const code = (first - 48) * 100 + (second - 48) * 10 + last - 48
    anywhere[code] = (anywhere[code] ?? 0) + 1
    const before = part[at - 1] ?? 0
    if (isDigit(before) || before === point || isDigit(part[at + 3] ?? 0)) continue
    alone[code] = (alone[code] ?? 0) + 1
  }
}

function lookAround(part: Buffer, pans: readonly string[], { inContext }: CodeCounts): void {
  const text = part.toString('latin1')
  for (const [, code = ''] of text.matchAll(named)) inContext.push(code)
  for (const pan of pans) {
    for (let at = text.indexOf(pan); at >= 0; at = text.indexOf(pan, at + 1)) {
      const near = text.slice(Math.max(0, at - contextBytes), at + pan.length + contextBytes).replaceAll(pan, ' ')
      for (const [code] of near.matchAll(/(?<!\d)\d{3}(?!\d)/g)) inContext.push(code)
    }
  }
}

/** What came since: how often each code stands there now, less how often it did. */
export function since(before: CodeCounts, now: CodeCounts): Record<'anywhere' | 'alone', Int32Array> {
  const less = (kind: 'anywhere' | 'alone'): Int32Array =>
    Int32Array.from(now[kind], (count, code) => count - (before[kind][code] ?? 0))
  return { anywhere: less('anywhere'), alone: less('alone') }
}

/** The chance of used codes standing this much above unused ones where nothing leaks. */
export function rankSum(counts: Int32Array, { used, unused }: Draw): number {
  const mine = [...new Set(used)].map((code) => counts[Number(code)] ?? 0)
  const others = unused.map((code) => counts[Number(code)] ?? 0)
  const all = [...mine, ...others].sort((one, other) => one - other)
  const rankOf = new Map<number, number>()
  let ties = 0
  for (let from = 0; from < all.length; ) {
    const value = all[from] ?? 0
    const to = all.lastIndexOf(value) + 1
    rankOf.set(value, (from + 1 + to) / 2)
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const n = mine.length
  const m = others.length
  const sum = mine.reduce((total, value) => total + (rankOf.get(value) ?? 0), 0)
  const u = sum - (n * (n + 1)) / 2
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
  if (variance === 0) return 1
  return normalTail((u - (n * m) / 2 - 0.5) / Math.sqrt(variance))
}

/** P(Z > z): Abramowitz and Stegun 26.2.17, good to 7.5e-8. */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
  return z >= 0 ? tail : 1 - tail
}
