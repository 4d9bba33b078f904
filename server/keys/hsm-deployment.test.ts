/** A whole deployment whose keys are in an HSM, behind its walls: a card is taken, charged, and its key rotated. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandEntries } from '../process-entries.ts'
import { processUsers } from '../process-users.ts'
import { builtOr } from '../root.ts'
import { freePorts } from '../testing/free-ports.ts'
import { readPrivateJson } from '../private-files.ts'
import { type SoftHsm, softHsm, softHsmAbsent } from './testing/soft-hsm.ts'

const { skipped, why } = softHsmAbsent()
const cli = builtOr('sallyport', commandEntries.sallyport)

describe.skipIf(skipped)(`a deployment with an HSM${why}`, () => {
  let folder: string
  let hsm: SoftHsm
  let env: Record<string, string>
  let gateway: string
  let running: ChildProcess | null = null
  let said = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hsmd-'))
    // So that as root each process has the user of its own that it would have in production.
    chmodSync(folder, 0o711)
    hsm = softHsm(join(folder, 'hsm'))
    const ports = await freePorts(4)
    gateway = `http://127.0.0.1:${ports[0]}`
    writeFileSync(join(folder, 'pin'), hsm.pin, { mode: 0o600 })
    env = {
      PATH: process.env['PATH'] ?? '',
      SALLYPORT_HOME: join(folder, 'home'),
      SALLYPORT_GATEWAY_PORT: String(ports[0]),
      SALLYPORT_INTAKE_PORT: String(ports[1]),
      SALLYPORT_DEMO_PORT: String(ports[2]),
      SALLYPORT_PROCESSOR_PORT: String(ports[3]),
      SALLYPORT_DEMO: '0',
      SALLYPORT_KEYS: hsm.newToken('deployment'),
      SALLYPORT_KEYS_PASSPHRASE_FROM: `file:${join(folder, 'pin')}`,
    }
  })
  afterAll(async () => {
    if (running !== null && running.exitCode === null) {
      const ended = new Promise((resolve) => running?.once('exit', resolve))
      running.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  })

  const type = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' })
  const ask = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const { secret_key: key } = readPrivateJson(join(folder, 'home', 'tenant.json')) as Record<string, string> // sound: init wrote it
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': `${path}${JSON.stringify(body)}`.replace(/\W/g, '').slice(0, 60),
    }
    const answer = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return answer.json()
  }
  /** As root keyd has a user of its own, and SoftHSM's objects are files: an HSM has no such owner. */
  const giveObjects = (): void => {
    if (process.getuid?.() !== 0) return
    const { uid, gid } = processUsers.keyd
    const paths = readdirSync(join(folder, 'hsm'), { recursive: true }).map((name) => join(folder, 'hsm', String(name)))
    for (const path of [join(folder, 'hsm'), ...paths]) chownSync(path, uid, gid)
  }
  const charge = async (conversation: string): Promise<unknown> => {
    const amount = { amount_minor: 900, currency: 'EUR' }
    const { id } = await ask('/v1/captures', { conversation, purpose: 'pay', amount })
    const done = await ask(`/v1/test/captures/${id}/complete`, { card: 'visa' })
    const { id: token } = done['token'] as { id: string } // sound: a completed capture has one
    return (await ask('/v1/charges', { token, ...amount, reference: conversation }))['state']
  }

  test('is made and starts; keyd opens what intake sealed to the HSM’s key', async () => {
    const made = type('init')
    expect([made.status, made.stderr]).toEqual([0, ''])
    giveObjects()
    running = spawn(process.execPath, [cli, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [running.stdout, running.stderr]) stream?.on('data', (chunk) => (said += chunk))
    const deadline = Date.now() + 80_000
    while (!said.includes('Sallyport is ready') && running.exitCode === null && Date.now() < deadline) await delay(25)
    expect(said).toContain('Sallyport is ready')
    expect(await charge('talk-1')).toBe('captured')
  }, 120_000)

  test('rotates: the next card is sealed to the new key, the one before moves to it, and both keys are the HSM’s', async () => {
    const rotated = type('keys', 'rotate', '--json')
    expect([rotated.status, rotated.stderr]).toEqual([0, ''])
    giveObjects()
    expect(await charge('talk-2')).toBe('captured')
    const cards = (): unknown => {
      const { keys } = JSON.parse(type('keys', 'list', '--json').stdout)
      return keys.filter(({ purpose }: { purpose: string }) => purpose === 'card')
    }
    // keeper moves the first card over, from one key of the HSM to the other: what is moved does not settle there.
    await expect
      .poll(cards, { timeout: 30_000, interval: 500 })
      .toEqual([
        expect.objectContaining({ suite: 'p256', state: 'rotated', records: 0 }),
        expect.objectContaining({ suite: 'p256', state: 'active', records: 2 }),
      ])
  }, 60_000)

  test('lets keyd alone load native code', () => {
    const { status, stdout } = type('doctor')
    expect([status === 0 || status === 1, stdout]).toEqual([true, expect.not.stringContaining('--allow-addons')])
    expect(said).not.toContain(hsm.pin)
  })
})
