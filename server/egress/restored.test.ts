/** A vault that was put back from a backup: what egress lets happen before the processors were asked, and after. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readExport } from '../admin/processor-export.ts'
import { askToReconcile, type Finding, findingsOf, forceReconciled } from '../admin/reconcile.ts'
import { inWords, untilEnd } from '../admin/reconcile-command.ts'
import { markRestored } from '../restore/mark.ts'
import { rememberVault, type TimeMachine } from '../restore/testing/time-machine.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'

// No log of before is in it.
const folder = mkdtempSync(join(tmpdir(), 'sp-restored-'))
let charging: TestCharging
let egress: RunningGateway

beforeAll(async () => {
  charging = await startCharging()
})
afterAll(async () => {
  await charging.close()
  rmSync(folder, { recursive: true })
})

const restore = async (since: Date, backup?: TimeMachine): Promise<void> => {
  await egress.close()
  await backup?.goBack()
  const { databases } = charging.vault
  await markRestored({
    vaultUrl: databases.superUrl('vault'),
    keydUrl: databases.superUrl('keyd'),
    backupAt: since,
    keydRolledBack: false,
    buried: [],
    operator: 'test',
    earlier: { checkpoints: folder, to: join(folder, 'earlier'), key: charging.vault.secrets.checkpoint },
  })
  egress = await charging.startEgress()
}
const compare = async (payments: Parameters<typeof askToReconcile>[2] = null) => {
  const admin = await charging.vault.admin()
  const [account] = await charging.sql<{ id: string }>('select id from accounts')
  const id = account?.id ?? ''
  await askToReconcile(admin, id, payments)
  const ended = await untilEnd(admin, id, () => undefined)
  return { ...ended, findings: await findingsOf(admin, id) }
}
const waits = { code: 'system.not_reconciled', status: 503, retryable: true }

describe('until it was reconciled', () => {
  test('nothing is charged, captured, voided or refunded with a token of before, and nothing is opened for it', async () => {
    egress = await charging.startEgress()
    const [sold, reserved, fresh] = [
      await mintToken(charging.vault),
      await mintToken(charging.vault),
      await mintToken(charging.vault),
    ]
    const sale = await egress.charge({ token: sold.token, key: 'sold' })
    const held = await egress.charge({ token: reserved.token, operation: 'authorize' })
    const since = new Date()
    await restore(since)

    const [before] = await charging.sql<{ openings: string }>('select count(*) as openings from audit')
    await expect(egress.charge({ token: fresh.token })).rejects.toMatchObject(waits)
    await expect(egress.change(held.charge.id, 'capture')).rejects.toMatchObject(waits)
    await expect(egress.change(held.charge.id, 'void')).rejects.toMatchObject(waits)
    await expect(egress.change(sale.charge.id, 'refund', { amount_minor: 10 })).rejects.toMatchObject(waits)
    expect(await charging.payment(sale.charge.id)).toMatchObject({ status: 'captured', amount_refunded: 0 })
    expect(await charging.payment(held.charge.id)).toMatchObject({ status: 'authorized' })
    // Neither was anything begun: no line says that a card was opened and not sent.
    expect(await charging.sql('select count(*) as openings from audit')).toEqual([before])
    // What is settled answers under its key, for nothing has to leave for that.
    expect(await egress.charge({ token: sold.token, key: 'sold' })).toMatchObject({
      replayed: true,
      charge: { id: sale.charge.id, state: 'captured' },
    })
  })

  test('a token that was minted since is charged', async () => {
    const { token } = await mintToken(charging.vault)
    expect(await egress.charge({ token })).toMatchObject({ charge: { state: 'captured' } })
  })

  test('or until a person forces it with a reason, which is in the audit log; then it is charged (control)', async () => {
    const { token } = await mintToken(charging.vault)
    await restore(new Date())
    await expect(egress.charge({ token })).rejects.toMatchObject(waits)
    const admin = await charging.vault.admin()
    const [account] = await charging.sql<{ id: string }>('select id from accounts')
    await expect(forceReconciled(admin, account?.id ?? '', '')).rejects.toThrow('a reason')
    await forceReconciled(admin, account?.id ?? '', 'the processor has closed, and its books are on paper')
    expect(await egress.charge({ token })).toMatchObject({ charge: { state: 'captured' } })
    const [entry] = await charging.sql<{ entry: string }>(
      "select entry from audit where entry like '%reconcile.force%'",
    )
    expect(JSON.parse(entry?.entry ?? '')).toMatchObject({ actor: 'admin', operator: 'test', object: account?.id })
  })
})

describe('the drill: a backup, charges, a restore, and the same requests once more', () => {
  let backup: TimeMachine
  const mandate = { uses: 3, amount_max_minor: 50_000, currency: 'EUR' }
  const paid: Record<string, string> = {}
  let one: string
  let many: string
  let other: string
  let gone: string
  let findings: Finding[]
  const kinds = () => Object.fromEntries(findings.map(({ charge, kind }) => [charge, kind]))
  const uses = async (token: string) =>
    (await charging.sql('select uses_left, uses_reserved, uses_settled from allowances where token = $1', [token]))[0]

  beforeAll(async () => {
    one = (await mintToken(charging.vault)).token
    many = (await mintToken(charging.vault, 'visa', { mandate })).token
    other = (await mintToken(charging.vault, 'visa', { mandate })).token
    const [sold, held, lost, poor] = [
      await mintToken(charging.vault),
      await mintToken(charging.vault),
      await mintToken(charging.vault),
      await mintToken(charging.vault, 'declined'),
    ]
    const pay = async (name: string, call: Parameters<RunningGateway['charge']>[0]) => {
      paid[name] = (await egress.charge(call)).charge.id
    }
    await pay('sold', { token: sold.token })
    await pay('held', { token: held.token, operation: 'authorize' })
    await pay('voided', { token: lost.token, operation: 'authorize' })
    const since = new Date()
    backup = await rememberVault(charging.vault.databases.superUrl('vault'))

    await pay('one', { token: one, key: 'one' })
    await pay('many', { token: many, key: 'many', reference: 'order-202611290001' })
    await pay('other', { token: other, key: 'other', reference: 'order-2' })
    await pay('declined', { token: poor.token, key: 'declined' })
    gone = (await mintToken(charging.vault)).token
    await pay('gone', { token: gone, key: 'gone' })
    await egress.change(paid['sold'] ?? '', 'refund', { amount_minor: 1_000, key: 'lost refund' })
    await egress.change(paid['held'] ?? '', 'capture')
    await egress.change(paid['voided'] ?? '', 'void')
    await restore(since, backup)
  }, 60_000)
  afterAll(() => backup.close())

  test('is refused with the same key and with a fresh one, and there is one payment', async () => {
    await expect(egress.charge({ token: one, key: 'one' })).rejects.toMatchObject(waits)
    await expect(egress.charge({ token: one, key: 'fresh' })).rejects.toMatchObject(waits)
    await expect(egress.charge({ token: many, reference: 'order-202611290001' })).rejects.toMatchObject(waits)
    expect(await charging.payments({ reference: paid['one'] ?? '' })).toBe(1)
    expect(await charging.payments({ order: 'order-202611290001' })).toBe(1)
  })

  test('pays a second time with a fresh key where a person forced it instead (control); with the same key it is one by its derived key', async () => {
    const admin = await charging.vault.admin()
    const [account] = await charging.sql<{ id: string }>('select id from accounts')
    await forceReconciled(admin, account?.id ?? '', 'the drill without its defence')
    const again = await egress.charge({ token: many, key: 'another', reference: 'order-202611290001' })
    expect(again).toMatchObject({ charge: { state: 'captured' }, replayed: false })
    expect(again.charge.id).not.toBe(paid['many'])
    expect(await charging.payments({ order: 'order-202611290001' })).toBe(2)
    const same = await egress.charge({ token: other, key: 'other', reference: 'order-2' })
    // Its code is spent, so the processor sees another body under a key that it knows, and makes nothing of it.
    expect(same).toMatchObject({ charge: { id: paid['other'], state: 'unknown' }, replayed: false })
    await expect.poll(() => egress.get(paid['other'] ?? '').then(({ state }) => state)).toBe('captured')
    expect(await charging.payments({ order: 'order-2' })).toBe(1)
    // A token of one use is held by keyd besides, which did not go back: it was used up there.
    await expect(egress.charge({ token: one, key: 'fresh' })).rejects.toMatchObject({ code: 'system.unavailable' })
    // Money that was paid twice is given back by hand, and the vault goes back once more for what follows.
    await egress.change(again.charge.id, 'refund')
    await restore(new Date(Date.now() - 60_000), backup)
  })

  test('is compared with the processor, and the ledger knows what it has', async () => {
    const done = await compare()
    findings = done.findings
    expect(done.state).toBe('compared')
    expect(kinds()).toMatchObject({
      [paid['one'] ?? '']: 'written',
      [paid['many'] ?? '']: 'written',
      [paid['declined'] ?? '']: 'written',
      [paid['gone'] ?? '']: 'token_gone',
      [paid['sold'] ?? '']: 'moved',
      [paid['held'] ?? '']: 'moved',
      [paid['voided'] ?? '']: 'moved',
    })
    expect(await egress.get(paid['sold'] ?? '')).toMatchObject({
      state: 'partially_refunded',
      amount_refunded_minor: 1_000,
    })
    expect(await egress.get(paid['held'] ?? '')).toMatchObject({ state: 'captured', amount_captured_minor: 8_000 })
    expect(await egress.get(paid['voided'] ?? '')).toMatchObject({ state: 'voided' })
    expect(await egress.get(paid['declined'] ?? '')).toMatchObject({ state: 'declined' })
    expect(await uses(one)).toEqual({ uses_left: 0, uses_reserved: 0, uses_settled: 1 })
    const events = (await charging.events(paid['one'] ?? '')).map(({ type }) => type)
    expect(events).toEqual(['charge.created', 'charge.captured'])
    expect((await charging.events(paid['sold'] ?? '')).at(-1)).toMatchObject({
      type: 'charge.refunded',
      data: { amount_refunded_minor: 1_000 },
    })
    expect(inWords([{ account: 'acct', processor: 'sandbox', ...done }])).toMatch(/its charges go on\.\n {2}.*written/s)
  })

  test('then answers: the same key and the same reference with the charge that there is, a fresh key with a refusal; one payment', async () => {
    expect(await egress.charge({ token: one, key: 'one' })).toMatchObject({
      replayed: true,
      charge: { id: paid['one'], state: 'captured' },
    })
    await expect(egress.charge({ token: one, key: 'fresh' })).rejects.toMatchObject({
      code: 'policy.purpose_not_allowed',
    })
    await expect(egress.charge({ token: one, key: 'one', amount_minor: 7_999 })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
    const { token: other } = await mintToken(charging.vault)
    await expect(egress.charge({ token: other, key: 'gone' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
    expect(await charging.payments({ reference: paid['one'] ?? '' })).toBe(1)
    expect(await charging.payments({ reference: paid['gone'] ?? '' })).toBe(1)
    // Of a token of many uses the reference tells, whatever the key: neither of the two payments is made a third time.
    const again = await egress.charge({ token: many, reference: 'order-202611290001' })
    expect(again.replayed).toBe(true)
    expect(await charging.payments({ order: 'order-202611290001' })).toBe(2)
  })

  test('a refund that was lost is not made again under its key; under a new one it is another, which the processor takes for another', async () => {
    const again = { amount_minor: 1_000, key: 'lost refund' }
    for (let times = 0; times < 2; times += 1) {
      await expect(egress.change(paid['sold'] ?? '', 'refund', again)).rejects.toMatchObject({
        code: 'system.conflict',
      })
    }
    expect(await charging.payment(paid['sold'] ?? '')).toMatchObject({ amount_refunded: 1_000 })
    const refund = await egress.change(paid['sold'] ?? '', 'refund', { amount_minor: 1_000 })
    expect(refund.charge).toMatchObject({ amount_refunded_minor: 2_000 })
    expect(await charging.payment(paid['sold'] ?? '')).toMatchObject({ amount_refunded: 2_000 })
  })

  test('a processor without a list leaves its charges waiting, and says what to do; its export takes the place', async () => {
    await restore(new Date(Date.now() - 60_000), backup)
    await egress.close()
    const { list: _, ...without } = sandbox
    egress = await charging.startEgress({ processors: [without] })
    expect(await compare()).toMatchObject({ state: 'waits', why: expect.stringContaining('--export') })
    await expect(egress.charge({ token: one, key: 'one' })).rejects.toMatchObject(waits)
    const rows = await Promise.all(Object.values(paid).map((id) => charging.payment(id)))
    const done = await compare(readExport(JSON.stringify({ data: rows })))
    expect(done).toMatchObject({ state: 'compared' })
    expect(await egress.charge({ token: one, key: 'one' })).toMatchObject({
      replayed: true,
      charge: { id: paid['one'] },
    })
    expect(await egress.get(paid['sold'] ?? '')).toMatchObject({ amount_refunded_minor: 2_000 })
  })

  test('a payment that does not name its token holds the account back, until a person has looked', async () => {
    await restore(new Date(Date.now() - 60_000), backup)
    const nameless = { ...((await charging.payment(paid['one'] ?? '')) ?? {}), vault_token: undefined }
    expect(await compare(readExport(JSON.stringify([nameless])))).toMatchObject({
      state: 'waits',
      why: expect.stringContaining('--force'),
    })
    await expect(egress.charge({ token: one, key: 'fresh' })).rejects.toMatchObject(waits)
  })
})

describe('what is asked for after a restore', () => {
  const mandate = { uses: 3, amount_max_minor: 50_000, currency: 'EUR' }
  let backup: TimeMachine
  let since: Date
  const remember = async (): Promise<void> => {
    since = new Date()
    backup = await rememberVault(charging.vault.databases.superUrl('vault'))
  }
  const sale = async (): Promise<string> => {
    const { token } = await mintToken(charging.vault)
    return (await egress.charge({ token })).charge.id
  }
  beforeEach(async () => {
    const admin = await charging.vault.admin()
    const [account] = await charging.sql<{ id: string }>('select id from accounts')
    await forceReconciled(admin, account?.id ?? '', 'what the drill left waiting').catch(() => undefined)
  })
  afterEach(() => backup.close())

  test('a refund that was lost is not made again either where a smaller one was asked for before it', async () => {
    const sold = await sale()
    await remember()
    await egress.change(sold, 'refund', { amount_minor: 300, key: 'lost' })
    await restore(since, backup)
    expect((await compare()).state).toBe('compared')
    const conflict = { code: 'system.conflict' }
    await expect(egress.change(sold, 'refund', { amount_minor: 200, key: 'new' })).rejects.toMatchObject(conflict)
    await expect(egress.change(sold, 'refund', { amount_minor: 300, key: 'lost' })).rejects.toMatchObject(conflict)
    expect(await charging.payment(sold)).toMatchObject({ amount_refunded: 300 })
    // Each amount is refused as often as it fits into what was lost, and goes through then.
    expect(await egress.change(sold, 'refund', { amount_minor: 200 })).toMatchObject({
      charge: { amount_refunded_minor: 500 },
    })
  }, 60_000)

  test('after a second restore to the same backup a refund is another one for the processor', async () => {
    const sold = await sale()
    await remember()
    await egress.change(sold, 'refund', { amount_minor: 1_000 })
    await restore(since, backup)
    await compare()
    await egress.change(sold, 'refund', { amount_minor: 3_500 })
    await restore(since, backup)
    await compare()
    expect(await egress.change(sold, 'refund')).toMatchObject({ charge: { amount_refunded_minor: 8_000 } })
    expect(await charging.payment(sold)).toMatchObject({ amount_refunded: 8_000 })
  }, 60_000)

  test('a payment keeps its reference also where it is found before the one whose end made room for it', async () => {
    const { token } = await mintToken(charging.vault, 'challenge', { mandate })
    const first = (await egress.charge({ token, reference: 'order-9' })).charge
    expect(first.state).toBe('action_required')
    await remember()
    await challenged(first.id, 'failed')
    const second = (await egress.charge({ token, reference: 'order-9' })).charge
    await challenged(second.id, 'passed')
    await restore(since, backup)
    const newestFirst = [await charging.payment(second.id), await charging.payment(first.id)]
    const done = await compare(readExport(JSON.stringify({ data: newestFirst })))
    expect(done.state).toBe('compared')
    expect(await egress.get(first.id)).toMatchObject({ state: 'declined' })
    expect(await egress.charge({ token, reference: 'order-9' })).toMatchObject({
      replayed: true,
      charge: { id: second.id, state: 'captured', reference: 'order-9' },
    })
    expect(await charging.payments({ order: 'order-9' })).toBe(2)
  }, 60_000)

  const challenged = async (charge: string, result: 'passed' | 'failed'): Promise<void> => {
    const { url, secret } = charging.processor
    const payment = await charging.payment(charge)
    const answer = await fetch(`${url}/v1/payments/${payment?.['id']}/challenge`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ result }),
    })
    expect(answer.status).toBe(200)
    const state = result === 'passed' ? 'captured' : 'declined'
    await expect.poll(() => egress.get(charge).then((found) => found.state), { timeout: 5_000 }).toBe(state)
  }
})
