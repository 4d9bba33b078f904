/**
 * The drill with everything as it is: `npm start`, the commands, the processes. Back up, charge, erase, lose the database,
 * restore, try again, reconcile, try again: one payment at the processor, the erased token stays erased, cursors of before
 * answer 410 with a snapshot, and both audit logs verify. It is short, and so is done as often as `npm run soak` has time.
 */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { commandEntries } from '../process-entries.ts'
import { builtOr } from '../root.ts'
import { type Stack, startStack } from '../testing/stack.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 1)
const amount = { amount_minor: 8_000, currency: 'EUR' }
let folder: string
let stack: Stack | null = null
afterEach(async () => {
  await stack?.stop()
  stack = null
  rmSync(folder, { recursive: true, force: true })
})

const home = (): string => join(folder, 'home')
const env = { SALLYPORT_DEMO: '0', SALLYPORT_DURABLE: '1' }
const start = async (): Promise<Stack> => {
  stack = await startStack({ home: home(), env })
  return stack
}

const sallyport = (...args: string[]): Promise<{ code: number; out: string }> =>
  new Promise((resolve) => {
    const own = { PATH: process.env['PATH'], SALLYPORT_HOME: home(), SALLYPORT_DURABLE: '1' }
    execFile(
      process.execPath,
      [builtOr('sallyport', commandEntries.sallyport), ...args],
      { env: own, timeout: 120_000 },
      (error, out, complaint) => resolve({ code: Number(error?.code ?? 0), out: out + complaint }),
    )
  })

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route, which the assertions look at
  body: any
}
async function api(running: Stack, method: string, path: string, body?: object, key?: string): Promise<Answer> {
  const answer = await fetch(`${running.direct.gateway}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${running.tenant.secret_key}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json().catch(() => null) }
}
async function mint(running: Stack, more: object = {}): Promise<string> {
  const capture = await api(running, 'POST', '/v1/captures', { conversation: 'talk', purpose: 'pay', amount, ...more })
  const { body } = await api(running, 'POST', `/v1/test/captures/${capture.body.id}/complete`, {})
  return body.token.id
}
const charge = (running: Stack, token: string, key: string, reference?: string) =>
  api(running, 'POST', '/v1/charges', { token, ...amount, ...(reference && { reference }) }, key)

/** As the processor's own books have it, of one order. */
function payments(order: string): number {
  const lines = readFileSync(join(home(), 'processor', 'state.json'), 'utf8')
    .split('\n')
    .filter(Boolean)
  return new Set(
    lines
      .map((line) => JSON.parse(line).payment)
      .filter((one) => one.order === order)
      .map(({ id }) => id),
  ).size
}

async function drill(lose: 'vault' | 'everything'): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'sp-drill-'))
  // Where the database's user gets through, its data lie in the home.
  chmodSync(folder, 0o755)
  const before = await start()
  const mandate = { uses: 3, amount_max_minor: 8_000, currency: 'EUR' }
  const [token, erased] = [await mint(before, { amount: undefined, mandate }), await mint(before)]
  const { body: page } = await api(before, 'GET', '/v1/events?wait_ms=0')
  const backup = join(folder, 'backup')
  const made = await sallyport('backup', backup)
  expect(made, made.out).toMatchObject({ code: 0, out: expect.stringContaining('MB, the databases as of') })

  const first = await charge(before, token, 'key-1', 'order-1')
  expect(first).toMatchObject({ status: 201, body: { state: 'captured' } })
  expect((await api(before, 'DELETE', `/v1/tokens/${erased}`)).status).toBeLessThan(300)
  // keeper buries it within a second.
  await expect.poll(() => existsSync(join(home(), 'checkpoints', 'tombstones')), { timeout: 10_000 }).toBe(true)
  writeFileSync(join(folder, 'keys-before'), (await sallyport('audit', 'key')).out)
  const exported = await sallyport('audit', 'export', join(folder, 'log-before'))
  expect(exported.code, exported.out).toBe(0)
  const running = await sallyport('restore', backup)
  expect(running).toMatchObject({ code: 1, out: expect.stringContaining('already runs') })
  await before.stop()

  if (lose === 'everything') {
    renameSync(join(home(), 'postgres', 'data'), join(folder, 'lost'))
    const asked = await sallyport('restore', backup)
    expect(asked).toMatchObject({ code: 1, out: expect.stringContaining('--keyd-lost') })
  }
  const restored = await sallyport('restore', backup, ...(lose === 'everything' ? ['--keyd-lost'] : []))
  expect(restored, restored.out).toMatchObject({ code: 0, out: expect.stringContaining('sallyport reconcile') })
  expect(restored.out).toContain('1 tokens that were erased since the backup are erased again')

  // The log of before as the backup has it: whole to there, and the first entry that was lost is named.
  const [, earlier = ''] = /^(\S+\/audit-earlier\/\S+)\/vault: the audit log of before/m.exec(restored.out) ?? []
  const lost = await sallyport('audit', 'verify', earlier, '--key', join(earlier, 'keys'))
  expect(lost, lost.out).toMatchObject({ code: 1, out: expect.stringMatching(/^vault: missing at entry \d+/) })

  const after = await start()
  const waits = { status: 503, body: { code: 'system.not_reconciled' } }
  expect(await charge(after, token, 'key-1', 'order-1')).toMatchObject(waits)
  expect(await charge(after, token, 'key-2', 'order-1')).toMatchObject(waits)
  expect(await sallyport('doctor')).toMatchObject({
    out: expect.stringMatching(/missing {2}restore .*\n.*sallyport reconcile/),
  })
  const gone = await api(after, 'GET', `/v1/events?wait_ms=0&after=${page.next}`)
  expect(gone).toMatchObject({ status: 410, body: { code: 'request.cursor_gone' } })
  expect(gone.body.snapshot ?? gone.body).toBeDefined()
  const reconciled = await sallyport('reconcile')
  expect(reconciled, reconciled.out).toMatchObject({ code: 0, out: expect.stringContaining('its charges go on') })
  expect(reconciled.out).toContain(`written  ${first.body.id}`)
  expect(await sallyport('reconcile')).toMatchObject({ code: 0, out: expect.stringContaining('Nothing waits') })

  for (const key of ['key-1', 'key-2']) {
    expect(await charge(after, token, key, 'order-1')).toMatchObject({
      status: 200,
      body: { id: first.body.id, state: 'captured' },
    })
  }
  expect(payments('order-1')).toBe(1)
  expect(await charge(after, token, 'key-3', 'order-2')).toMatchObject({ status: 201, body: { state: 'captured' } })
  expect((await charge(after, erased, 'key-4')).status).toBe(404)
  expect((await charge(after, await mint(after), 'key-5')).status).toBe(201)

  // The logs of now verify by their own keys; that of before, taken home, by the one of before.
  const keys = join(folder, 'keys')
  await expect
    .poll(async () => (await sallyport('audit', 'key')).out.trim().split('\n').length, { timeout: 20_000 })
    .toBe(2)
  writeFileSync(keys, (await sallyport('audit', 'key')).out)
  const verified = await sallyport('audit', 'verify', '--key', keys)
  expect(verified, verified.out).toMatchObject({
    code: 0,
    out: expect.stringMatching(/vault: whole[\s\S]*keyd: whole/),
  })
  const old = await sallyport('audit', 'verify', join(folder, 'log-before'), '--key', join(folder, 'keys-before'))
  expect(old, old.out).toMatchObject({ code: 0 })
  await after.stop()
  stack = null
  rmSync(folder, { recursive: true, force: true })
}

test(
  `${minutes} minutes of drills: the vault goes back, and everything is lost`,
  async () => {
    const until = Date.now() + minutes * 60_000
    let drills = 0
    do {
      await drill('vault')
      await drill('everything')
      drills += 2
    } while (Date.now() < until)
    process.stdout.write(`${drills} drills\n`)
  },
  minutes * 60_000 + 600_000,
)
