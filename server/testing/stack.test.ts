import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kill, victims } from '../deployment/testing/kill.ts'
import { here, nothingLost } from '../deployment/testing/nothing-lost.ts'
import { takeOutside } from '../deployment/testing/outside-processor.ts'
import { openShop } from '../deployment/testing/shop.ts'
import { identify } from '../supervisor/identity.ts'
import { seeded } from './seeded.ts'
import { type Stack, startStack } from './stack.ts'
import { shopOrigin } from './vault.ts'

const roles = ['keyd', 'keeper', 'intake', 'egress', 'gateway', 'processor'] as const

let home: string
let stack: Stack

const start = (): Promise<Stack> =>
  // A database that waits for the disk: without that a kill of it may lose what was said.
  startStack({ home, env: { SALLYPORT_DEMO: '0', SALLYPORT_DURABLE: '1', SALLYPORT_ORIGINS: shopOrigin } })

/** The gateway knows the tenant's key: it, its database and its seed are there. */
async function createsCapture(): Promise<number> {
  const response = await fetch(`${stack.direct.gateway}/v1/captures`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.tenant.secret_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ conversation: 'talk', purpose: 'pay', amount: { amount_minor: 100, currency: 'EUR' } }),
  })
  return response.status
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-whole-'))
  stack = await start()
}, 120_000)
afterAll(async () => {
  await stack?.stop()
  rmSync(home, { recursive: true, force: true })
}, 30_000)

describe('a whole deployment', () => {
  test('takes a capture through gateway, intake and the vault', async () => {
    expect(await createsCapture()).toBeLessThan(300)
  })

  test('has every process and the database back after each was killed under load, and nothing is lost or happens twice', async () => {
    const before = roles.map((role) => stack.pid(role))
    const outside = await takeOutside(stack, join(home, 'outside'))
    const shop = openShop(() => stack, { people: 2, keptOf: 5, random: seeded(7) })
    const startAgain = (): Promise<void> => Promise.reject(new Error('the supervisor is not killed here'))
    await expect.poll(() => shop.tokens.length, { timeout: 20_000 }).toBeGreaterThan(2)
    for (const victim of victims) if (victim !== 'supervisor') await kill(victim, { stack: () => stack, startAgain })
    await stack.kill('processor')
    expect(roles.filter((role, index) => stack.pid(role) === before[index])).toEqual([])
    const checked = await nothingLost(stack, shop, outside.books, here)
    expect(checked.payments).toBeGreaterThan(4)
    expect(checked.keptForTheEnd).toBeGreaterThan(0)
    await outside.close()
  }, 120_000)

  test('starts again with the same keys after a kill -9 of everything', async () => {
    const { tenant } = stack
    const database = Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    const pids = [...roles.map((role) => stack.pid(role)), database]
    await stack.killSupervisor()
    for (const pid of pids) if (identify(pid) !== null) process.kill(pid, 'SIGKILL')
    stack = await start()
    expect(stack.tenant).toEqual(tenant)
    expect(await createsCapture()).toBeLessThan(300)
  }, 90_000)

  test('leaves no process, socket or pid file behind', async () => {
    const pids = roles.map((role) => stack.pid(role))
    await stack.stop()
    expect(pids.map((pid) => identify(pid))).toEqual(roles.map(() => null))
    const left = ['run', 'supervisor.pid', 'processes.json', 'postgres/data/postmaster.pid']
    expect(left.filter((path) => existsSync(join(home, path)))).toEqual([])
    expect(stack.output()).toContain('Stopped')
  }, 30_000)
})
