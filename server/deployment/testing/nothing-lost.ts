/** What must hold of a deployment after whatever befell it: each promise is held against what the others have in their books. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect } from 'vitest'
import type { LogName } from '../../audit/checkpoint.ts'
import { verifyLog } from '../../audit/verify-log.ts'
import { httpSource, type Keeper, namedLogs } from '../../auditor/http-source.ts'
import { readKeys } from '../../auditor/key-file.ts'
import { type MatchReport, matchLogs } from '../../auditor/match.ts'
import { readPayments } from '../../auditor/processor-file.ts'
import { type PlacedEntry, readEntries } from '../../auditor/read-entries.ts'
import { ownSocket } from '../../database/run-folder.ts'
import type { Secrets } from '../../init/secrets.ts'
import { readPrivateJson } from '../../private-files.ts'
import { commandEntries } from '../../process-entries.ts'
import { Books } from '../../processors/sandbox/server/books.ts'
import { builtOr } from '../../root.ts'
import type { Stack } from '../../testing/stack.ts'
import type { Shop } from './shop.ts'

export interface Checked {
  tokens: number
  keptForTheEnd: number
  charges: number
  payments: number
  events: number
  entries: { vault: number; keyd: number }
  openings: number
  unsent: number
}

/**
 * Closes the shop and compares. Rejects with the first promise that was not kept.
 * @param books the processor's
 * @param auditor verifies both logs and matches them with the books: with the commands, or, which is quicker, in this process
 */
export async function nothingLost(stack: Stack, shop: Shop, books: string, auditor: Auditor): Promise<Checked> {
  await shop.close()
  const keptForTheEnd = await shop.chargeKept()
  const vault = await asSuperuser(stack, 'vault')
  try {
    await untilSettled(vault)
    expect(shop.wrong, `nobody was told what is not so; keyd refused: ${await refusals(stack)}`).toEqual([])
    const events = await sameEvents(vault, shop)
    expect(shop.wrong).toEqual([])
    expect(shop.tokens.length, 'there was somebody').toBeGreaterThan(0)
    const charges = await sameMoney(vault, books, shop)
    const entries = await auditor(stack, books)
    return { tokens: shop.tokens.length, keptForTheEnd, events, ...charges, ...entries }
  } finally {
    await vault.end()
  }
}

export async function asSuperuser(stack: Stack, database: 'vault' | 'keyd'): Promise<pg.Client> {
  // Sound: files of the home's own.
  const secrets = readPrivateJson(join(stack.home, 'secrets.json')) as Secrets
  const config = JSON.parse(readFileSync(join(stack.home, 'config', 'intake.json'), 'utf8'))
  const url = new URL(config.database_url)
  url.username = 'sallyport_super'
  url.password = secrets.database.superuser
  url.pathname = `/sallyport_${database}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  return client
}

/** Why keyd did not open, by its own log: where a charge failed, that is the first thing to know. */
async function refusals(stack: Stack): Promise<string> {
  const keyd = await asSuperuser(stack, 'keyd')
  const { rows } = await keyd.query<{ reason: string; n: number }>(
    `select (entry::jsonb)->>'action' || ' ' || coalesce((entry::jsonb)->>'reason', '') as reason, count(*)::integer as n
     from audit where (entry::jsonb)->>'result' in ('refused', 'failed') group by 1 order by 1`,
  )
  await keyd.end()
  return rows.map(({ reason, n }) => `${n} ${reason}`).join(', ')
}

/** An unknown outcome is asked about after five seconds, then after half a minute. */
async function untilSettled(vault: pg.Client): Promise<void> {
  for (const until = Date.now() + 60_000; ; await delay(200)) {
    const { rows } = await vault.query(
      `select 'a charge, ' || state as what from charges where state in ('sending', 'unknown') or allowance = 'reserved'
       union all select 'an allowance' from allowances where uses_reserved > 0
       union all select 'a grant' from grants_held
       union all select 'an event' from events where position is null`,
    )
    if (rows.length === 0) return
    if (Date.now() > until) expect(rows, 'nothing is held for ever').toEqual([])
  }
}

async function sameEvents(vault: pg.Client, shop: Shop): Promise<number> {
  const { rows } = await vault.query<{ id: string; subject: string; sequence: number; position: string }>(
    `select e.envelope->>'id' as id, e.subject, e.sequence, e.position from events e order by e.position`,
  )
  await shop.readEvents(rows.length)
  expect(
    rows.map(({ position }) => Number(position)),
    'places follow one another',
  ).toEqual(rows.map((_, at) => at + 1))
  expect(shop.events.length, 'as many events were heard as happened').toBe(rows.length)
  const other = rows.findIndex(({ id }, at) => shop.events[at]?.id !== id)
  expect(other, 'each in its place').toBe(-1)
  const last = new Map<string, number>()
  for (const { subject, sequence } of shop.events) {
    expect(sequence, `the sequence of ${subject.slice(0, 4)}…`).toBe((last.get(subject) ?? 0) + 1)
    last.set(subject, sequence)
  }
  const completed = new Set(
    shop.events.filter(({ type }) => type === 'capture.completed').map(({ subject }) => subject),
  )
  expect(
    shop.tokens.filter(({ capture }) => !completed.has(capture)),
    'of each token the agent hears',
  ).toEqual([])
  return rows.length
}

async function sameMoney(vault: pg.Client, books: string, shop: Shop): Promise<{ charges: number; payments: number }> {
  const payments = new Books(books).list({})
  const paid = payments.filter(({ status }) => status === 'captured').map(({ order = '' }) => order)
  const twice = paid.filter((order, at) => paid.indexOf(order) !== at)
  expect(twice, 'no order is paid twice').toEqual([])
  const orders = [...shop.orders].filter(([, end]) => end === 'captured').map(([order]) => order)
  expect(paid.toSorted(), 'what was told as paid is what the processor took').toEqual(orders.toSorted())
  const { rows } = await vault.query<{ captured: number; settled: number; over: number }>(
    `select (select count(*) from charges where state = 'captured')::integer as captured,
       (select coalesce(sum(uses_settled), 0) from allowances)::integer as settled,
       (select count(*) from allowances a join mandates m on m.token = a.token
         where a.uses_settled > m.uses or a.uses_left + a.uses_settled <> m.uses)::integer as over`,
  )
  expect(rows[0], 'the ledger says the same').toEqual({ captured: paid.length, settled: paid.length, over: 0 })
  return { charges: rows[0]?.captured ?? 0, payments: paid.length }
}

type Auditor = (stack: Stack, books: string) => Promise<Pick<Checked, 'entries' | 'openings' | 'unsent'>>

/** What trails is written and signed within a second or two. */
const trailMs = 2_500

/** As somebody has it who took the logs home. */
export const withCommands: Auditor = async (stack, books) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-taken-'))
  const env = { PATH: process.env['PATH'], SALLYPORT_HOME: stack.home }
  const cli = builtOr('sallyport', commandEntries.sallyport)
  const sallyport = (...args: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const options = { env, timeout: 120_000, maxBuffer: 64 << 20 }
      execFile(process.execPath, [cli, 'audit', ...args], options, (error, out, complaint) =>
        resolve({ code: Number(error?.code ?? 0), out: out + complaint }),
      )
    })
  try {
    await delay(trailMs)
    const key = join(folder, 'keys')
    writeFileSync(key, (await sallyport('key')).out)
    const taken = join(folder, 'taken')
    const exported = await sallyport('export', taken)
    expect(exported.code, exported.out).toBe(0)
    const verdict = await sallyport('verify', taken, '--key', key)
    expect(verdict.code, verdict.out).toBe(0)
    const matched = await sallyport('match', taken, '--key', key, '--processor', books, '--json')
    const report: MatchReport = JSON.parse(matched.out.slice(matched.out.indexOf('{')))
    expect(report.findings, 'openings, charges and payments are the same').toEqual([])
    const size = (name: string): number =>
      Number(new RegExp(`^${name}: whole, (\\d+) entries`, 'm').exec(verdict.out)?.[1])
    return { entries: { vault: size('vault'), keyd: size('keyd') }, openings: report.openings, unsent: report.unsent }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const here: Auditor = async (stack, books) => {
  const keeper: Keeper = { socket: ownSocket(stack.home, 'keeper') }
  await delay(trailMs)
  const names = await namedLogs(keeper)
  const read = async (name: LogName): Promise<PlacedEntry[]> => {
    const [key] = readKeys(names.find((log) => log.name === name)?.key ?? '')
    if (key === undefined) throw new Error('keeper shows no key')
    const verdict = await verifyLog(httpSource(keeper, name), { key })
    expect(verdict, verdict.ok ? name : `${name}: ${verdict.says}`).toMatchObject({ ok: true })
    return readEntries(httpSource(keeper, name), verdict.ok ? verdict.size : 0)
  }
  const [vault, keyd] = [await read('vault'), await read('keyd')]
  const payments = readPayments(readFileSync(books, 'utf8'))
  const { openings, unsent, findings } = matchLogs({ vault, keyd, payments, youngMs: 0 })
  expect(findings, 'openings, charges and payments are the same').toEqual([])
  return { entries: { vault: vault.length, keyd: keyd.length }, openings, unsent }
}
