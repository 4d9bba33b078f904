/** More than a door wants: bytes, headers, requests, and time. */
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Door, DoorRoute, HeaderList } from './door.ts'
import { judge } from './judge.ts'
import { exchange, type Exchange } from './wire.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const used = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}
export function collected(): { heapMb: number; rssMb: number } {
  collect()
  collect()
  return { heapMb: used(), rssMb: process.memoryUsage().rss / 1_048_576 }
}

/** The most that was in memory beyond what was there before, in MB. Garbage that waits for its collection counts. */
export async function peakMb(run: () => Promise<unknown>): Promise<number> {
  const before = collected().heapMb
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, used())
  }, 5)
  await run()
  clearInterval(watch)
  return Math.max(peak, used()) - before
}

/** A route with a body, where there is one. */
const bodied = (door: Door): DoorRoute =>
  door.routes.find(({ method, path }) => method === 'POST' && !path.includes('{')) ?? {
    method: 'POST',
    path: '/nothing',
  }

async function head(door: Door, framing: string): Promise<string> {
  const { method, path } = bodied(door)
  const headers: HeaderList = await door.credentials({ method, path, body: Buffer.alloc(0) })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${method} ${path} HTTP/1.1\r\nhost: a\r\n${lines}content-type: application/json\r\n${framing}\r\n`
}

const block = Buffer.alloc(65_536, 'x')
const chunk = Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from('\r\n')])

export interface Flood extends Exchange {
  /** What the door and the sockets on the way took, in MB. */
  takenMb: number
}

async function flood(
  door: Door,
  first: string,
  parts: () => Iterable<Uint8Array>,
  // More than can come: until the door closes.
  answers = 1_000,
): Promise<Flood> {
  let bytes = 0
  function* all(): Generator<Uint8Array> {
    yield Buffer.from(first)
    for (const part of parts()) {
      bytes += part.length
      yield part
    }
  }
  const ended = await exchange(door.connect, all(), { answers, waitMs: 10_000 })
  return { ...ended, takenMb: bytes / 1_048_576 }
}

const times = (count: number, part: Uint8Array) => (): Iterable<Uint8Array> => Array.from({ length: count }, () => part)

/** 50 MB of one body, without saying so before. */
export const endlessBody = async (door: Door, answers?: number): Promise<Flood> =>
  flood(door, await head(door, 'transfer-encoding: chunked\r\n'), chunks, answers)

function* chunks(): Generator<Uint8Array> {
  for (let sent = 0; sent < 800; sent += 1) yield chunk
  yield Buffer.from('0\r\n\r\n')
}

/** The same, said before. */
export const hugeBody = async (door: Door): Promise<Flood> =>
  flood(door, await head(door, `content-length: ${800 * block.length}\r\n`), times(800, block))

/** Headers that never end. */
export const endlessHeaders = (door: Door): Promise<Flood> =>
  flood(door, 'GET / HTTP/1.1\r\nhost: a\r\n', times(50_000, Buffer.from(`x-more: ${'x'.repeat(900)}\r\n`)))

/** A packet full of requests from somebody who reads no answer. */
export async function unreadAnswers(door: Door, path: string): Promise<void> {
  const socket = door.connect()
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  socket.pause()
  socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(1_000)))
  await Promise.race([closed, delay(600)])
  socket.destroy()
}

/** One byte now and then: of the headers, of the body, or none at all. */
export async function slowClients(door: Door, waitMs: number): Promise<Exchange[]> {
  const until = { answers: 2, waitMs }
  const drip = { ...until, dripMs: 100 }
  const letters = (text: string): Uint8Array[] => [...text].map((letter) => Buffer.from(letter))
  return Promise.all([
    exchange(door.connect, [], until),
    exchange(door.connect, letters(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(400)}`), drip),
    exchange(
      door.connect,
      [Buffer.from(await head(door, 'content-length: 1000\r\n')), ...letters('x'.repeat(400))],
      drip,
    ),
  ])
}

/** All of it at once, and what must come of it. */
export async function floodsHold(door: Door): Promise<void> {
  const largest = door.routes.some(({ path }) => path === '/openapi.json') ? '/openapi.json' : '/nothing'
  const floods = { endlessBody, hugeBody, endlessHeaders }
  await Promise.all([
    unreadAnswers(door, largest),
    ...Object.entries(floods).map(async ([what, send]) => {
      const { takenMb, ended, answers, rest } = await send(door)
      const where = `${what} at ${door.name}`
      if (ended !== 'closed') throw new Error(`${where}: the connection stays`)
      if (takenMb > 25) throw new Error(`${where}: ${takenMb} MB were taken`)
      if (answers.some(({ status }) => ![401, 404, 408, 413, 431].includes(status)))
        throw new Error(`${where}: no refusal`)
      const faults = faultsOf(door, { answers, ended, rest })
      if (faults.length > 0) throw new Error(`${where}: ${faults.join('; ')}`)
    }),
  ])
}

export const faultsOf = (door: Door, { answers }: Exchange): string[] =>
  answers.flatMap((answer) => judge(answer, { spelling: door.spelling, head: false }))
