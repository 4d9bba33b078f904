/**
 * Very many charges on one token of a few uses at once, by clients who do not give up, while egress is killed again and again:
 * at chosen points of a charge's way, and at any. What the processor, the ledger and the audit log have afterwards is compared.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { SallyportError } from '../../../protocol/errors.ts'
import { parseEntry } from '../../audit/entries.ts'
import { type MatchReport, matchLogs } from '../../auditor/match.ts'
import type { PlacedEntry } from '../../auditor/read-entries.ts'
import { gatewayTo, type TestCharging } from '../../testing/charging.ts'
import { mintToken } from '../../testing/mint.ts'
import type { Random } from '../../testing/seeded.ts'
import type { CrashPoint } from './crash-points.ts'

export interface UnderKills {
  charging: TestCharging
  uses: number
  charges: number
  /** Points to be killed at, one start after the other; a point that is not come to any more is left. */
  points: readonly CrashPoint[]
  /** After the last the first again. */
  repeat: boolean
  /** Besides, a kill at any moment, this long after a start at most; null for none. */
  anyMomentMs: number | null
  random: Random
}

export interface Outcome {
  token: string
  /** Of each kill: the point's name, or `any`. */
  killedAt: string[]
  /** How each client's charge ended. */
  ends: Map<string, number>
  atProcessor: { count: number; sum: number; twice: string[] }
  ledger: { left: number; reserved: number; settled: number; sum: number }
  /** Grants that nobody has said anything about. */
  heldGrants: number
  /** As `sallyport audit match` finds, over all that was ever charged here. */
  match: MatchReport
}

const amountMinor = 700
const entry = join(import.meta.dirname, 'crashing-egress.ts')
/** It starts again and again: what Node makes of the sources is kept. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'sallyport-compiled') }

export async function chargeUnderKills(options: UnderKills): Promise<Outcome> {
  const { charging, uses, charges, random } = options
  const mandate = { uses, amount_max_minor: amountMinor, currency: 'EUR' }
  const amount = { amount_minor: amountMinor, currency: 'EUR' }
  const { token } = await mintToken(charging.vault, 'visa', { amount, mandate })
  const gateway = gatewayTo(charging.vault)
  const killing = keepKilling(options)
  const ends = new Map<string, number>()

  const client = async (which: number): Promise<void> => {
    // Two clients name the same order, each with a key of its own.
    const request = { token, amount_minor: amountMinor, reference: `order-${which >> 1}`, key: `${token}-${which}` }
    for (let tries = 0; ; tries += 1) {
      const end = await gateway.charge(request).then(
        ({ charge }) => (['created', 'sending', 'unknown'].includes(charge.state) ? null : charge.state),
        (error: unknown) => {
          if (!(error instanceof SallyportError)) throw error
          // The last: a signature that waited too long in line before it was sent, on a machine that is busy.
          return error.retryable || error.code === 'auth.unauthenticated' ? null : error.code
        },
      )
      if (end !== null) return void ends.set(end, (ends.get(end) ?? 0) + 1)
      await delay(Math.min(2_000, 100 * 2 ** tries) * (0.5 + random()))
    }
  }
  await Promise.all(Array.from({ length: charges }, (_, which) => client(which)))
  await killing.stop()
  await settled(charging, token)
  const killedAt = await killing.end()
  gateway.call.close()

  const payments = charging.books().filter(({ status }) => status === 'captured')
  const ours = await charging.sql<{ id: string; amount: number; state: string }>(
    'select id, amount, state from charges where token = $1',
    [token],
  )
  const ids = new Set(ours.map(({ id }) => id))
  const mine = payments.filter(({ reference }) => ids.has(reference))
  const orders = mine.map(({ order = '' }) => order)
  const [allowance] = await charging.sql<{ left: number; reserved: number; settled: number }>(
    'select uses_left as left, uses_reserved as reserved, uses_settled as settled from allowances where token = $1',
    [token],
  )
  const [held] = await charging.sql<{ n: number }>('select count(*)::integer as n from grants_held')
  return {
    token,
    killedAt,
    ends,
    atProcessor: {
      count: mine.length,
      sum: mine.reduce((sum, { amount }) => sum + amount, 0),
      twice: orders.filter((order, at) => orders.indexOf(order) !== at),
    },
    ledger: {
      ...(allowance ?? { left: -1, reserved: -1, settled: -1 }),
      sum: ours.filter(({ state }) => state === 'captured').reduce((sum, { amount }) => sum + Number(amount), 0),
    },
    heldGrants: held?.n ?? -1,
    match: await compared(charging),
  }
}

/** Both logs beside the processor's books, out of their tables: that those are whole is another test's matter. */
async function compared(charging: TestCharging): Promise<MatchReport> {
  const read = async (database: 'vault' | 'keyd'): Promise<PlacedEntry[]> => {
    const client = new pg.Client({ connectionString: charging.vault.databases.superUrl(database) })
    await client.connect()
    const { rows } = await client.query<{ entry: string }>('select entry from audit order by id')
    await client.end()
    return rows.map((row, index) => {
      const entry = parseEntry(row.entry)
      if (entry === null) throw new Error('an entry that is none')
      return { index, entry }
    })
  }
  const payments = charging.books()
  return matchLogs({ keyd: await read('keyd'), vault: await read('vault'), payments, youngMs: 0 })
}

/** Until nothing is open: an unknown outcome is asked about five seconds after it came to be one. */
async function settled(charging: TestCharging, token: string): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(100)) {
    const open = await charging.sql(
      `select from charges c where c.token = $1 and (c.state in ('sending', 'unknown') or c.allowance = 'reserved')
       union all select from grants_held`,
      [token],
    )
    if (open.length === 0) return
  }
}

/** egress, started again whenever it was killed, with the next point each time; in the end without one. */
function keepKilling({ charging, points, repeat, anyMomentMs, random }: UnderKills) {
  const killedAt: string[] = []
  const config = charging.vault.configs.egress
  let going = true
  let child: ChildProcess
  let ended: Promise<void>
  let ready: Promise<void>

  let safe = false
  const start = (): void => {
    // Each time round one start has no point, so that the charges come on.
    const turn = repeat ? killedAt.length % (points.length + 1) : killedAt.length
    const point = going ? (points[turn] ?? null) : null
    safe = point === null && (!going || anyMomentMs === null)
    child = fork(entry, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [], env })
    child.send({ config, point })
    ready = new Promise((resolve) => child.once('message', () => resolve()))
    let timer: NodeJS.Timeout | undefined
    let byTime = false
    if (going && anyMomentMs !== null && random() < 0.5) {
      const atMs = random() * anyMomentMs
      void ready.then(() => {
        timer = setTimeout(() => {
          byTime = true
          child.kill('SIGKILL')
        }, atMs)
      })
    }
    ended = new Promise((resolve) => {
      child.once('exit', () => {
        clearTimeout(timer)
        if (child.signalCode === 'SIGKILL') {
          killedAt.push(byTime || point === null ? 'any moment' : `${point.step} ${point.moment}`)
          if (going) start()
        }
        resolve()
      })
    })
  }
  start()
  return {
    /** No more kills: it goes on, or is started once more, without one before it. */
    stop: async (): Promise<void> => {
      going = false
      if (safe) return
      child.kill('SIGTERM')
      await ended
      start()
      await ready
    },
    end: async (): Promise<string[]> => {
      child.disconnect()
      await ended
      return killedAt
    },
  }
}
