/**
 * Every door of the house under junk (short form; `npm run soak` runs the same properties for minutes). Each check has
 * a control: a door as one writes it without thinking, which falls to it.
 */
import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { format } from 'node:util'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { attackReport } from '../testing/attack-report.ts'
import { bodiless, forbidden } from './bodies.ts'
import { findCanary } from './canary.ts'
import type { Door, Doors } from './door.ts'
import { quickLimits, startDoors } from './doors.ts'
import { collected, endlessBody, faultsOf, floodsHold, peakMb, slowClients, unreadAnswers } from './floods.ts'
import { asItIs, requestBytes, spoil } from './junk.ts'
import { defaultErrors, echoing, keepsAll, largeAnswers, naiveDoor, named, patient } from './naive.ts'
import { brokenBytesHold, everyMemberHolds, requestsHold } from './storm.ts'
import { exchange } from './wire.ts'

const seed = 20_260_727
const names = [
  ...['gateway', 'capture origin', 'processor', 'shop'],
  ...['intake', 'egress', 'keyd', 'keeper', 'gateway'].map((name) => `${name}, inner door`),
]
const report = attackReport('Hostile input')

/** What doors of this process have accepted and not yet let go. */
const held = new Set<Socket>()
channel('net.server.socket').subscribe((message) => {
  // Sound: what Node publishes there.
  const { socket } = message as { socket: Socket }
  held.add(socket)
  socket.once('close', () => held.delete(socket))
})

// Slow is not wrong here, and other tests run beside it.
vi.setConfig({ testTimeout: 60_000 })

let doors: Doors
let printed = ''
let before: { heapMb: number; rssMb: number; connections: number }
const outer = (): number => [...held].filter(({ localPort = 0 }) => doors.ports.includes(localPort)).length

beforeAll(async () => {
  quickLimits()
  // What libraries print on their own counts as a log.
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...given) => {
      printed += `${format(...given)}\n`
    })
  }
  vi.stubEnv('NODE_ENV', 'production') // as the processes run; express then prints what its own handler gets
  doors = await startDoors()
  for (const name of names) await requestsHold(named(doors, name), { seed: seed + 1, runs: 10 })
  before = { ...collected(), connections: outer() }
}, 60_000)
afterAll(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await doors?.close()
})

describe(`whatever comes (seed ${seed})`, () => {
  const everywhere = (run: (door: Door) => Promise<void>) => Promise.all(doors.all.map(run))

  test.concurrent('every door answers junk with a typed problem that holds nothing of it', async () => {
    await everywhere((door) => requestsHold(door, { seed, runs: door.name.includes('inner') ? 30 : 60 }))
  })
  test.concurrent('every member of every body may be anything', async () => {
    await everywhere((door) => everyMemberHolds(door, seed, 8))
  })
  test.concurrent.each([
    [
      'a day that there is not',
      { mandate: { amount_max_minor: 8_000, currency: 'EUR', not_after: '9999-99-99T99:99:99Z' } },
    ],
    ['a NUL', { metadata: { note: 'a\0b' } }],
    ['half of a surrogate pair', { metadata: { note: 'a\ud800b' } }],
    ['lists in lists', { metadata: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) }],
  ])('what was found once: %s is the caller’s error', async (_what, more) => {
    const door = named(doors, 'gateway')
    const body = Buffer.from(JSON.stringify({ conversation: 'talk', purpose: 'save', ...more }))
    const headers = [
      ['host', 'a'],
      ['content-type', 'application/json'],
      ...(await door.credentials({ method: 'POST', path: '/v1/captures', body })),
    ] as const
    const { answers } = await exchange(door.connect, [requestBytes('POST', '/v1/captures', headers, body)])
    expect(answers.map(({ status }) => status)).toEqual([400])
  })
  test.concurrent('every door answers bytes that are not quite HTTP the same way', async () => {
    await everywhere((door) => brokenBytesHold(door, { seed, runs: 1 }))
  })
  test.concurrent('every door lets go of whoever is slow, and says so', async () => {
    await everywhere(async (door) => {
      for (const one of await slowClients(door, 10_000)) {
        expect(one.ended, door.name).toBe('closed')
        expect(
          one.answers.map(({ status }) => status),
          door.name,
        ).toEqual([408])
        expect(faultsOf(door, one), door.name).toEqual([])
      }
    })
  })
  test.concurrent('a door without time-outs holds whoever is slow (control)', async () => {
    const naive = await naiveDoor(named(doors, 'gateway'), keepsAll, patient)
    const slow = await slowClients(naive.door, 4_000)
    expect(slow.map(({ ended }) => ended)).toEqual(['late', 'late', 'late'])
    await naive.close()
    report.row({
      attack: 'Headers and bodies that come byte by byte, and connections that say nothing',
      had: 'The address of a door',
      defended: 'The connection ends with request.timeout',
      undefended: 'The connection is held for as long as the attacker likes',
    })
  })

  test('a door that echoes, an error page of a framework, and bare Node fall to these checks (control)', async () => {
    const like = named(doors, 'gateway')
    const echo = await naiveDoor(like, echoing())
    await expect(requestsHold(echo.door, { seed, runs: 60 })).rejects.toThrow(/what was sent comes back/)
    await echo.close()
    const kind = await naiveDoor(like, (request, response) => void response.end(request.url))
    await expect(requestsHold(kind.door, { seed, runs: 200 })).rejects.toThrow(/a card number comes back/)
    await kind.close()
    const page = await naiveDoor(like, defaultErrors())
    await expect(requestsHold(page.door, { seed, runs: 60 })).rejects.toThrow(/of type text\/html/)
    await expect(brokenBytesHold(page.door, { seed, runs: 1 })).rejects.toThrow(/of type|no answer/)
    await page.close()
    report.row({
      attack: 'Junk, card numbers and broken bytes at every route of every door',
      had: 'The address of a door; for inner doors also a key that may sign requests',
      defended: 'Typed problems with a code and a request id; nothing of what was sent, and no failure of ours',
      undefended: 'A framework’s own error page, or a helpful one, sends the card number back',
    })
  })
})

test('every route is asked by whoever may come to it, with a body that it takes; those without one are listed', async () => {
  await doors.refresh()
  const bare: string[] = []
  const shut: string[] = []
  for (const door of doors.all) {
    for (const route of door.routes.filter(({ method }) => method !== 'GET')) {
      const name = `${door.name}: ${route.method} ${route.path}`
      if (Object.keys(door.body(route)).length === 0) bare.push(name)
      const { bytes } = await spoil(door, asItIs(door.routes.indexOf(route)))
      const [answer] = (await exchange(door.connect, [bytes])).answers
      const { status, body } = answer ?? { status: 500, body: '{}' }
      // Refused for who asks, or for the shape of what is asked, nothing behind it is reached.
      const isShut = status >= 400 && /^auth|malformed/.test(String(door.spelling.read(JSON.parse(`${body}`)).code))
      if (isShut || status >= 500) shut.push(name)
    }
  }
  expect(bare.sort()).toEqual([...bodiless].sort())
  expect(shut.sort()).toEqual([...forbidden].sort())
  const readable = doors.all.flatMap((door) => door.routes.map(({ path }) => `${door.name} ${path}`))
  for (const door of ['gateway', 'capture origin']) expect(readable).toContain(`${door} /.well-known/security.txt`)
})

describe('more than a door wants', () => {
  // Three doors side by side, each with all of it at once: some 250 MB are offered to each.
  test.each([names.slice(0, 3), names.slice(3, 6), names.slice(6)])(
    '%s, %s and %s take little of it',
    async (...group) => {
      const grown = await peakMb(() => Promise.all(group.map((name) => floodsHold(named(doors, name)))))
      expect(grown).toBeLessThan(75)
    },
  )

  test('a door that keeps what comes, and answers all that is asked at once, grows (control)', async () => {
    const like = named(doors, 'gateway')
    const keeps = await naiveDoor(like, keepsAll)
    let taken = 0
    const grown = await peakMb(async () => {
      taken = (await endlessBody(keeps.door, 1)).takenMb
    })
    expect(taken).toBeGreaterThan(49)
    expect(grown).toBeGreaterThan(45)
    await keeps.close()
    const large = await naiveDoor(like, largeAnswers)
    expect(await peakMb(() => unreadAnswers(large.door, '/'))).toBeGreaterThan(45)
    await large.close()
    report.row({
      attack: 'Bodies of 50 MB, headers without end, a thousand requests at once from one that reads no answer',
      had: 'The address of a door',
      defended: 'A refusal at the first byte too many, then the end of the connection; memory stays as it was',
      undefended: 'The process keeps all of it',
    })
  })
})

describe('after the storm', () => {
  test('nothing that was sent is in a log line', async () => {
    expect(doors.log().length).toBeGreaterThan(100_000)
    expect(findCanary(doors.log())).toBeNull()
    expect(findCanary(printed)).toBeNull()
  })
  test('a logger without an allow-list has it in its lines (control)', async () => {
    let lines = ''
    const log = pino({}, { write: (line: string) => (lines += line) })
    const naive = await naiveDoor(named(doors, 'gateway'), (request, response) => {
      log.info({ url: request.url, headers: request.headers })
      response.end()
    })
    await requestsHold(naive.door, { seed, runs: 40 })
    await naive.close()
    expect(findCanary(lines)).not.toBeNull()
    report.row({
      attack: 'Card numbers in addresses, headers and bodies, for whoever reads the logs',
      had: 'The address of a door',
      defended: 'No line of any process holds anything that was sent',
      undefended: 'A logger of requests writes them down',
    })
  })
  test('no door holds a connection, but those that our own clients keep', async () => {
    for (let tries = 0; tries < 50 && outer() > before.connections; tries += 1) await delay(100)
    expect(outer()).toBeLessThanOrEqual(before.connections)
    // Sixteen for each of the five pairs of processes at most.
    expect(held.size).toBeLessThan(80)
  })
  test('memory is what it was', () => {
    const after = collected()
    expect(after.heapMb - before.heapMb).toBeLessThan(32)
    expect(after.rssMb - before.rssMb).toBeLessThan(256)
  })
  test('the doors are open to honest people', async () => {
    await doors.refresh()
  })
})
