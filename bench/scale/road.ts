/**
 * What each station of the road costs: a capture that an agent makes and a frame takes up, a sealed card that becomes a token, a
 * charge. Through the real processes of a deployment whose disk is waited for; CPU by process, flushes and bytes by Postgres.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { AttachAnswer } from '../../protocol/capture-http.ts'
import { startWorld, type World } from '../../server/attacks/testing/world.ts'
import { databases } from '../../server/database/migrate.ts'
import { percentile } from '../percentile.ts'
import { cpuMs, cpuMsOfServer, walCounts } from '../vault/costs.ts'
import { rawPost, sendAll } from '../vault/raw-clients.ts'
import { sealed } from '../vault/sealed-forms.ts'
import { measureParts, type PartsCost } from './parts.ts'

export const used = ['gateway', 'intake', 'egress', 'keyd', 'keeper', 'postgres'] as const
export type Used = (typeof used)[number]

export interface Station {
  what: string
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Milliseconds of CPU for one, keeper's and the gateway's following included; what the time would have cost idle is taken off. */
  cpuMs: Readonly<Record<Used, number>>
  flushes: number
  walBytes: number
}

export interface Kept {
  table: string
  /** For one that went the whole road, with its share of the indexes. */
  bytes: number
}

export interface RoadCost {
  turns: number
  each: number
  clients: number
  stations: readonly Station[]
  kept: readonly Kept[]
  parts: PartsCost
  /** Milliseconds of CPU a second that processes take while nobody asks anything. */
  idleMs: Readonly<Record<Used, number>>
}

const each = 400
const turns = 5
const warmUps = 2
const clients = 32

export async function measureRoad(): Promise<RoadCost> {
  // Cards are opened as often as there are charges; the limit is for whoever took two processes.
  const world = await startWorld({ SALLYPORT_DURABLE: '1', SALLYPORT_OPENS_PER_MINUTE: '1000000' })
  try {
    return await measure(world)
  } finally {
    await world.stop()
  }
}

async function measure(world: World): Promise<RoadCost> {
  const db = await world.database('vault')
  const before = await sizes(world)
  const idleMs = await idle(world)
  const seen = new Map<string, Measured[]>()
  for (let turn = 0; turn < warmUps + turns; turn += 1) {
    for (const [what, one] of Object.entries(await oneTurn(world, db))) {
      if (turn >= warmUps) seen.set(what, [...(seen.get(what) ?? []), one])
    }
  }
  const after = await sizes(world)
  const all = each * (warmUps + turns)
  const kept = [...after]
    .map(([table, bytes]) => ({ table, bytes: (bytes - (before.get(table) ?? 0)) / all }))
    .filter(({ bytes }) => bytes >= 1)
    .sort((a, b) => b.bytes - a.bytes)
  const parts = await measureParts(db)
  return {
    turns,
    each,
    clients,
    parts,
    kept,
    idleMs,
    stations: [...seen].map(([what, found]) => stationOf(what, found, idleMs)),
  }
}

interface Measured {
  seconds: number
  latenciesMs: number[]
  /** With what trails. */
  lastedS: number
  cpu: Record<Used, number>
  flushes: number
  walBytes: number
}

async function oneTurn(world: World, db: pg.Client): Promise<Record<string, Measured>> {
  const { stack } = world
  const [gateway, capture] = [new URL(stack.direct.gateway), new URL(stack.direct.capture)]
  const asAgent = (path: string, body: object): Buffer =>
    rawPost({
      path,
      host: gateway.host,
      secret: stack.tenant.secret_key,
      body: JSON.stringify(body),
      headers: { 'Idempotency-Key': randomUUID() },
    })
  const send = (url: URL, requests: readonly Buffer[]) => sendAll(Number(url.port), requests, clients)

  let made: { id: string; client_secret: string }[] = []
  const making = await costOf(world, db, async () => {
    const amount = { amount_minor: 8_000, currency: 'EUR' }
    const request = () => asAgent('/v1/captures', { conversation: 'talk-1', purpose: 'pay', amount })
    const sent = await send(gateway, Array.from({ length: each }, request))
    made = sent.bodies.map((body) => JSON.parse(body))
    return sent
  })
  let attached: AttachAnswer[] = []
  const attaching = await costOf(world, db, async () => {
    const sent = await send(
      capture,
      made.map(({ id, client_secret: secret }) => {
        const body = { v: 1, capture_id: id, channel: 'web', ancestors: [stack.urls.demo], build: 'bench' }
        return rawPost({ path: '/v1/attach', host: capture.host, secret, body: JSON.stringify(body) })
      }),
    )
    attached = sent.bodies.map((body) => JSON.parse(body))
    return sent
  })
  const forms = made.flatMap(({ id }, index) => {
    const one = attached[index]
    if (one === undefined) return []
    return [
      rawPost({
        path: '/v1/submit',
        host: capture.host,
        secret: one.session_secret,
        body: JSON.stringify(sealed(id, one)),
      }),
    ]
  })
  let tokens: string[] = []
  const minting = await costOf(world, db, async () => {
    const sent = await send(capture, forms)
    tokens = sent.bodies.map((body) => JSON.parse(body).token)
    return sent
  })
  const charging = await costOf(world, db, async () => {
    const sent = await send(
      gateway,
      tokens.map((token) => asAgent('/v1/charges', { token, amount_minor: 8_000, currency: 'EUR' })),
    )
    const lost = sent.bodies.filter((body) => JSON.parse(body).state !== 'captured')
    if (lost.length > 0) throw new Error(`${lost.length} charges were not captured`)
    return sent
  })
  return {
    'a capture is made': making,
    'a form takes it up': attaching,
    'a card becomes a token': minting,
    'a charge': charging,
  }
}

/** Until what trails has been done too: events have their place, and the gateway its copy. */
async function costOf(
  world: World,
  db: pg.Client,
  work: () => Promise<{ seconds: number; latenciesMs: number[] }>,
): Promise<Measured> {
  const [cpuBefore, walBefore] = [readCpu(world), await walCounts(db)]
  const began = performance.now()
  const { seconds, latenciesMs } = await work()
  for (;;) {
    const { rows } = await db.query<{ open: boolean }>(
      'select exists (select from events where position is null) or exists (select from audit where position is null) as open',
    )
    if (rows[0]?.open !== true) break
    await delay(20)
  }
  await delay(200)
  const [cpuAfter, walAfter] = [readCpu(world), await walCounts(db)]
  return {
    seconds,
    latenciesMs,
    lastedS: (performance.now() - began) / 1_000,
    cpu: minus(cpuAfter, cpuBefore),
    flushes: walAfter.flushes - walBefore.flushes,
    walBytes: walAfter.bytes - walBefore.bytes,
  }
}

function stationOf(what: string, found: readonly Measured[], idleMs: Record<Used, number>): Station {
  const median = (read: (one: Measured) => number): number => percentile(found.map(read), 0.5)
  const latencies = found.flatMap(({ latenciesMs }) => latenciesMs)
  return {
    what,
    perSecond: median(({ seconds }) => each / seconds),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuMs: record((name) => median(({ cpu, lastedS }) => Math.max(0, cpu[name] - idleMs[name] * lastedS)) / each),
    flushes: median(({ flushes }) => flushes) / each,
    walBytes: median(({ walBytes }) => walBytes) / each,
  }
}

const record = (read: (name: Used) => number): Record<Used, number> =>
  Object.fromEntries(used.map((name) => [name, read(name)])) as Record<Used, number> // sound: every name is there
const minus = (a: Record<Used, number>, b: Record<Used, number>): Record<Used, number> =>
  record((name) => a[name] - b[name])

function readCpu({ stack }: World): Record<Used, number> {
  const [postmaster] = readFileSync(join(stack.home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')
  return record((name) => (name === 'postgres' ? cpuMsOfServer(Number(postmaster)) : cpuMs(stack.pid(name))))
}

async function idle(world: World): Promise<Record<Used, number>> {
  await delay(2_000)
  const before = readCpu(world)
  await delay(5_000)
  const spent = minus(readCpu(world), before)
  return record((name) => spent[name] / 5)
}

/** With indexes and without what is dead: as much as a vault keeps. */
async function sizes(world: World): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const database of databases) {
    const db = await world.database(database)
    await db.query('vacuum full')
    const { rows } = await db.query<{ name: string; bytes: string }>(
      "select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    )
    for (const { name, bytes } of rows) found.set(`${database}: ${name}`, Number(bytes))
  }
  return found
}
