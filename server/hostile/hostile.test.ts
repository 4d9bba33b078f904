/**
 * Every door of the house under junk (short form; `npm run soak` runs the same properties for minutes). Each check has
 * a control: a door as one writes it without thinking, which falls to it.
 */
import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attackReport } from '../testing/attack-report.ts'
import { findCanary } from './canary.ts'
import { type Doors, quickLimits, startDoors } from './doors.ts'
import { collected, endlessBody, faultsOf, floodsHold, peakMb, slowClients, unreadAnswers } from './floods.ts'
import { defaultErrors, echoing, keepsAll, largeAnswers, naiveDoor, named, patient } from './naive.ts'
import { brokenBytesHold, requestsHold } from './storm.ts'

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

let doors: Doors
let printed = ''
let before: { heapMb: number; rssMb: number }

beforeAll(async () => {
  quickLimits()
  // What libraries print on their own counts as a log.
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = ((...given: Parameters<typeof write>) => {
      printed += String(given[0])
      return write(...given)
    }) as typeof stream.write // sound: the same arguments go on
  }
  process.env['NODE_ENV'] = 'production' // as the processes run; express then prints what its own handler gets
  doors = await startDoors()
  for (const name of names) await requestsHold(named(doors, name), { seed: seed + 1, runs: 10 })
  before = collected()
}, 60_000)
afterAll(() => doors?.close())

describe(`whatever comes (seed ${seed})`, () => {
  describe.concurrent.each(names)('%s', (name) => {
    test('answers junk with a typed problem that holds nothing of it', async () => {
      await requestsHold(named(doors, name), { seed, runs: name.includes('inner') ? 80 : 160 })
    })
    test('answers bytes that are not quite HTTP the same way', async () => {
      await brokenBytesHold(named(doors, name), { seed, runs: 1 })
    })
    test('lets go of whoever is slow, and says so', async () => {
      const door = named(doors, name)
      for (const one of await slowClients(door, 8_000)) {
        expect(one.ended).toBe('closed')
        expect(one.answers.map(({ status }) => status)).toEqual([408])
        expect(faultsOf(door, one)).toEqual([])
      }
    })
  })

  test('a door that echoes, an error page of a framework, and bare Node fall to these checks (control)', async () => {
    const like = named(doors, 'gateway')
    const echo = await naiveDoor(like, echoing())
    await expect(requestsHold(echo.door, { seed, runs: 60 })).rejects.toThrow(/what was sent comes back/)
    await echo.close()
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

  test('a door without time-outs holds whoever is slow (control)', async () => {
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
      taken = (await endlessBody(keeps.door)).takenMb
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
  test('no outer door holds a connection, and the inner ones those of their callers alone', async () => {
    const outer = (): number => [...held].filter(({ localPort = 0 }) => doors.ports.includes(localPort)).length
    for (let tries = 0; tries < 50 && outer() > 0; tries += 1) await delay(100)
    expect(outer()).toBe(0)
    // The sockets that a client of ours keeps: sixteen for each of the five pairs at most.
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
