/** A vault that was put back from a backup: what egress lets happen before the processors were asked, and after. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forceReconciled } from '../admin/reconcile.ts'
import { markRestored } from '../restore/mark.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { mintToken } from '../testing/mint.ts'

let charging: TestCharging
let egress: RunningGateway

beforeAll(async () => {
  charging = await startCharging()
})
afterAll(() => charging.close())

const restore = async (since: Date): Promise<void> => {
  await egress.close()
  const { databases } = charging.vault
  await markRestored({
    vaultUrl: databases.superUrl('vault'),
    keydUrl: databases.superUrl('keyd'),
    backupAt: since,
    keydRolledBack: false,
    buried: [],
    operator: 'test',
  })
  egress = await charging.startEgress()
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
