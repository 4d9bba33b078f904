/** Card testing met at the door. The full sizes, and the time of a whole submission, are in card-testing.soak.ts. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { cardLimits } from '../card-limits.ts'
import { makePool } from '../database/pool.ts'
import { promRegistry } from '../metrics/prom.ts'
import { startCharging, type TestCharging } from '../testing/charging.ts'
import { TestFrame } from '../testing/frame.ts'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { silent } from '../testing/vault.ts'
import { type CardDoor, cardDoor } from './card-door.ts'
import { DeclineBreakers } from './decline-breaker.ts'
import { attack, customers, play } from './testing/simulated-cards.ts'
import { plenty, rememberingDoor, timedDoor, welch } from './testing/timed-cards.ts'
import { withoutUuids } from '../testing/without-uuids.ts'

describe('the door for cards, on a made-up clock', () => {
  let databases: TestDatabases
  let db: pg.Pool
  const doors: CardDoor[] = []
  const startMs = Date.UTC(2030, 0, 1)
  const door = (limits = cardLimits): CardDoor => {
    const audit = (fact: object): Promise<string> => Promise.resolve(JSON.stringify(fact))
    const one = cardDoor({ db, key: Buffer.alloc(32, 7), limits, log: silent, registry: promRegistry(), audit })
    doors.push(one)
    return one
  }
  const card = { tenant: 'ten_a', bin: 'bin', fingerprint: 'card', pays: true }
  beforeAll(async () => {
    databases = await testDatabases(['vault'])
    db = makePool(databases.vault.url('intake'))
    vi.useFakeTimers({ toFake: ['Date'], now: startMs })
  })
  afterEach(() => Promise.all(doors.splice(0).map((one) => one.close())))
  afterAll(async () => {
    vi.useRealTimers()
    await db?.end()
    await databases?.drop()
  })
  const now = (ms: number): void => void vi.setSystemTime(ms)

  test('of 300 cards from 60 addresses at most 20 pass', async () => {
    const cards = attack({ cards: 300, addresses: 60, bins: 40, hours: 1, seed: 1 })
    const passed = await play(door(), cards, { tenant: 'ten_attacked', startMs, now })
    expect(passed).toBeLessThanOrEqual(20)
    expect(passed, 'those before anybody could know').toBeGreaterThan(0)
  })

  test('with a limit an address alone every one of them passes (control)', async () => {
    const alone = { perAddress: cardLimits.perAddress, perBin: 1e6, unproven: 1e6 }
    const cards = attack({ cards: 200, addresses: 100, bins: 40, hours: 1, seed: 1 })
    expect(await play(door(alone), cards, { tenant: 'ten_control', startMs, now, silent: true })).toBe(200)
  })

  test('of 250 ordinary captures none is touched', async () => {
    const ordinary = customers({ captures: 250, seed: 2, hours: 1.2 })
    expect(await play(door(), ordinary, { tenant: 'ten_ordinary', startMs, now })).toBe(250)
  })

  test('two intakes on one database count together', async () => {
    const [one, two] = [door({ ...cardLimits, perAddress: 3 }), door({ ...cardLimits, perAddress: 3 })]
    const tries: boolean[] = []
    for (const [n, which] of [one, two, one, two, one].entries())
      tries.push(await which.admit({ ...card, tenant: 'ten_two', address: '198.51.100.9', fingerprint: `card ${n}` }))
    expect(tries).toEqual([true, true, true, false, false])
  })

  test('a /64 of IPv6 is one address, and a proxy that nobody named is none', async () => {
    const one = door({ ...cardLimits, perAddress: 1 })
    const from = (address: string, n: number): Promise<boolean> =>
      one.admit({ ...card, tenant: 'ten_six', address, fingerprint: `card ${n}` })
    expect(await from('2001:db8:1:2::a', 1)).toBe(true)
    expect(await from('2001:db8:1:2:ffff::b', 2)).toBe(false)
    expect(await from('2001:db8:1:3::a', 3)).toBe(true)
    expect([await from('10.0.0.5', 4), await from('::ffff:10.0.0.5', 5), await from('::1', 6)]).toEqual([
      true,
      true,
      true,
    ])
  })

  test('callers who had gone before anybody could ask whence they came are one address too', async () => {
    const one = door({ ...cardLimits, perAddress: 2 })
    const tries: boolean[] = []
    for (const n of [1, 2, 3])
      tries.push(await one.admit({ ...card, tenant: 'ten_gone', address: undefined, fingerprint: `gone ${n}` }))
    expect(tries).toEqual([true, true, false])
  })

  test('the same card, and the same six digits, may be tried so often; at another tenant they begin anew', async () => {
    const one = door({ ...cardLimits, perBin: 4, unproven: 1_000 })
    const tried = async (tenant: string, fingerprint: (n: number) => string, bin: string): Promise<number> => {
      let passed = 0
      for (let n = 0; n < 15; n += 1)
        if (await one.admit({ tenant, bin, fingerprint: fingerprint(n), address: `203.0.113.${n}`, pays: true }))
          passed += 1
      return passed
    }
    expect(await tried('ten_b', (n) => `card ${n}`, 'bin 1')).toBe(4)
    expect(await tried('ten_c', (n) => `card ${n}`, 'bin 1')).toBe(4)
    const wide = door({ ...cardLimits, perAddress: 1_000, unproven: 1_000 })
    let passed = 0
    for (let n = 0; n < 15; n += 1)
      if (await wide.admit({ ...card, tenant: 'ten_d', address: '203.0.113.99' })) passed += 1
    expect(passed).toBe(10)
  })

  test('who is over a narrow budget uses up nothing of the tenant’s', async () => {
    const one = door({ ...cardLimits, perAddress: 1, unproven: 2 })
    const from = (address: string, n: number): Promise<boolean> =>
      one.admit({ ...card, tenant: 'ten_narrow', address, fingerprint: `card ${n}` })
    for (let n = 0; n < 20; n += 1) await from('198.51.100.77', n)
    expect(await from('198.51.100.78', 21)).toBe(true)
  })

  test('after a breaker was open one card may come, and an approval lets more', async () => {
    const one = door()
    const tenant = 'ten_breaker'
    let n = 0
    const admitted = async (): Promise<string | null> => {
      n += 1
      const tried = { tenant, address: `203.0.${n}.1`, bin: `bin ${n}`, fingerprint: `card ${n}`, pays: true }
      if (!(await one.admit(tried))) return null
      await one.made(`token ${n}`)
      return `token ${n}`
    }
    const heard = (token: string | null, declined: boolean): Promise<void> =>
      one.heard({ tenant, charge: `charge of ${token}`, token: token ?? '', declined })
    for (let tries = 0; tries < 10; tries += 1) await heard(await admitted(), true)
    expect(one.open()).toBe(1)
    expect(await admitted(), 'open').toBeNull()
    vi.setSystemTime(Date.now() + 901_000)
    const probe = await admitted()
    expect(probe, 'a quarter of an hour later').not.toBeNull()
    expect(await admitted(), 'a second one').toBeNull()
    await heard(probe, true)
    vi.setSystemTime(Date.now() + 901_000)
    expect(await admitted(), 'it was declined: half an hour').toBeNull()
    vi.setSystemTime(Date.now() + 901_000)
    const second = await admitted()
    await heard(second, false)
    expect(one.open(), 'approved').toBe(0)
    expect(await admitted()).not.toBeNull()
    await heard('a token of last month', true)
  })

  test('one good card of a bought list does not begin everything anew; three of a shop do', async () => {
    const told: number[] = []
    const breakers = new DeclineBreakers(async (_tenant, openMs) => void told.push(openMs))
    const later = (ms: number): void => now(Date.now() + ms)
    const hear = async (...outcomes: ('good' | 'declined')[]): Promise<void> => {
      for (const one of outcomes) await breakers.heard('ten_lucky', one === 'declined')
    }
    const minutes = 60_000
    await hear(...Array.from({ length: 10 }, () => 'declined' as const))
    later(16 * minutes)
    await hear('good', 'declined')
    expect(
      told.map((ms) => ms / minutes),
      'one of each: not decided',
    ).toEqual([15])
    await hear('declined')
    expect(told.map((ms) => ms / minutes)).toEqual([15, 30])
    later(31 * minutes)
    await hear('declined')
    expect(told.map((ms) => ms / minutes)).toEqual([15, 30, 60])
    later(61 * minutes)
    await hear('good', 'declined', 'good', 'good')
    expect(breakers.open).toBe(0)
    await hear(...Array.from({ length: 8 }, () => 'declined' as const))
    expect(told, 'trusted: ten are needed again, of which it has had the last that was good').toHaveLength(3)
    await hear('declined')
    expect(told.map((ms) => ms / minutes)).toEqual([15, 30, 60, 15])
  })

  test('where that one card is never charged, the budget begins anew half an hour later', async () => {
    const one = door()
    const tenant = 'ten_gone_away'
    let passed = 0
    const tries = async (count: number): Promise<number> => {
      const before = passed
      for (let n = 0; n < count; n += 1) {
        const name = `${Date.now()} ${n}`
        if (!(await one.admit({ ...card, tenant, address: '10.0.0.1', bin: name, fingerprint: name }))) continue
        passed += 1
        await one.made(name)
      }
      return passed - before
    }
    expect(await tries(20), 'before any is approved').toBe(cardLimits.unproven)
    const first = Date.now()
    for (let n = 0; n < 10; n += 1)
      await one.heard({ tenant, charge: `charge ${n}`, token: `${first} ${n}`, declined: true })
    vi.setSystemTime(first + 901_000)
    expect(await tries(5)).toBe(1)
    vi.setSystemTime(first + 901_000 + 1_800_000)
    expect(await tries(5)).toBe(5)
  })

  test('a card that it has seen takes as long as a new one: |t| below 4.5 over 200 pairs', async () => {
    const { known, new: fresh } = await timedDoor(door(plenty), 200)
    expect(Math.abs(welch(known, fresh))).toBeLessThan(4.5)
  })

  test('a door that lets those go that it remembers is found out (control)', async () => {
    const { known, new: fresh } = await timedDoor(rememberingDoor(door(plenty)), 100)
    expect(Math.abs(welch(known, fresh))).toBeGreaterThan(4.5)
  })

  test('no row has an address, six digits, a tenant or a fingerprint in it', async () => {
    await door().admit({
      tenant: 'ten_seen',
      address: '203.0.113.200',
      bin: '424242',
      fingerprint: 'fp-seen',
      pays: true,
    })
    const { rows } = await db.query('select key from card_budgets')
    expect(rows.length).toBeGreaterThan(10)
    for (const { key } of rows) expect(key).toMatch(/^[a-z]+:[\w-]{43}$/)
  })
})

describe('card testing at intake’s real door', () => {
  let charging: TestCharging
  beforeAll(async () => {
    charging = await startCharging({ cardLimits: { perAddress: 3, perBin: 14, unproven: 1_000 }, behindProxy: true })
  }, 60_000)
  afterAll(() => charging?.close())

  const send = async (number: string, address: string) => {
    const { id, clientSecret } = await charging.vault.createCapture()
    const frame = new TestFrame(charging.vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    const sealed = await frame.seal(attached, { number, cvc: '123' })
    const headers = { 'x-forwarded-for': address }
    const { status, body } = await frame.post('/v1/submit', attached.session_secret, sealed, headers)
    return { id, status, body }
  }
  const visa = '4242424242424242'
  const refusedBy: Record<string, unknown> = {}

  test('a card over a budget is refused kindly: the capture ends, the agent has a code, and there is no token', async () => {
    for (let n = 0; n < 3; n += 1) expect((await send(visa, '198.51.100.4')).status).toBe(200)
    const { id, status, body } = await send(visa, '198.51.100.4')
    expect(status).toBe(429)
    expect(body).toMatchObject({ code: 'policy.cards_paused' })
    refusedBy['address'] = body
    const failed = (await charging.events(id)).at(-1)
    expect(failed).toMatchObject({ type: 'capture.failed', data: { code: 'policy.cards_paused', retryable: true } })
    expect(await charging.sql('select from tokens where capture_id = $1', [id])).toHaveLength(0)
    expect((await send('5555555555554444', '198.51.100.5')).status, 'somebody else').toBe(200)
  })

  test('when most cards are declined, no further one is taken, and the operator hears of it', async () => {
    const gateway = await charging.startEgress()
    for (let n = 0; n < 12; n += 1) {
      const { body } = await send('4000000000000002', `198.51.101.${n}`)
      if (typeof body['token'] !== 'string') break
      const { charge } = await gateway.charge({ token: body['token'] })
      expect(charge.state).toBe('declined')
    }
    let last = 0
    await vi.waitFor(
      async () => {
        last += 1
        const { status, body } = await send('5555555555554444', `198.51.102.${last}`)
        expect(status).toBe(429)
        refusedBy['breaker'] = body
      },
      { timeout: 5_000, interval: 300 },
    )
    await gateway.close()
    const entries = await charging.sql<{ entry: string }>("select entry from audit where entry like '%cards_declined%'")
    expect(entries.map(({ entry }) => JSON.parse(entry))).toMatchObject([
      { actor: 'intake', action: 'alarm', tenant: charging.tenant },
    ])
  })

  test('nothing in the answer says which budget it was, and the audit log says it, without an address or a digit', async () => {
    const plain = (body: unknown): unknown => ({ ...(body as object), request_id: '' }) // sound: a problem document
    expect(plain(refusedBy['breaker'])).toEqual(plain(refusedBy['address']))
    const entries = await charging.sql<{ entry: string }>(
      `select entry from audit where entry like '%"action":"card"%'`,
    )
    expect(entries.map(({ entry }) => JSON.parse(entry).reason)).toEqual(expect.arrayContaining(['address', 'breaker']))
    expect(withoutUuids(entries.map(({ entry }) => entry).join())).not.toMatch(/198\.51|4242|400000/)
  })
})
