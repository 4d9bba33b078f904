import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identify } from '../supervisor/identity.ts'
import { type Stack, startStack } from './stack.ts'

const roles = ['keyd', 'keeper', 'intake', 'egress', 'gateway', 'processor'] as const

let home: string
let stack: Stack

const start = (): Promise<Stack> => startStack({ home, env: { SALLYPORT_DEMO: '0' } })

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

  test('has every process back after each was killed, and then works as before', async () => {
    const before = roles.map((role) => stack.pid(role))
    for (const role of roles) await stack.kill(role)
    expect(roles.filter((role, index) => stack.pid(role) === before[index])).toEqual([])
    await expect.poll(createsCapture, { timeout: 15_000 }).toBeLessThan(300)
  }, 90_000)

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
