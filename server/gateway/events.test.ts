import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type SallyportEvent, parseEvent } from '../../protocol/events.ts'
import { makeId } from '../../protocol/ids.ts'
import type { EventCopy } from './event-copy.ts'
import { type EventParts, eventRoutes } from './events.ts'
import { hashKey } from './keys.ts'
import { Readers } from './readers.ts'
import { createdEvent, progressEvent } from './testing/fake-doors.ts'
import { type TestGateway, type TestTenant, testGateway } from './testing/gateway.ts'
import { openStream, type SseReader } from './testing/sse-client.ts'
import { Wakeups } from './wakeups.ts'

let gateway: TestGateway
let tenant: TestTenant
const streams: SseReader[] = []
beforeAll(async () => {
  gateway = await testGateway({ heartbeatMs: 200 })
  tenant = gateway.tenant
})
afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.leave())))
afterAll(() => gateway.close())

const stream = async (path: string, headers: Record<string, string> = {}, as = tenant): Promise<SseReader> => {
  const opened = await openStream(gateway.url(path), as.key, headers)
  streams.push(opened)
  return opened
}
/** A capture with this many events, in the log. */
const capture = (events: number, conversation = 'talk', as = tenant): string => {
  const id = makeId('cap_')
  gateway.doors.intake.feed.push(as.id, createdEvent(id, conversation))
  for (let count = 1; count < events; count += 1) gateway.doors.intake.feed.push(as.id, progressEvent(id, conversation))
  return id
}
const page = async (query: string, as = tenant) => {
  const { status, body } = await gateway.call('GET', `/v1/events?${query}`, { as })
  return { status, events: (body['events'] ?? []) as SallyportEvent[], next: String(body['next']), body }
}
/** All pages of a tenant from a cursor on. */
const all = async (as: TestTenant, limit: number, filter = ''): Promise<SallyportEvent[]> => {
  const found: SallyportEvent[] = []
  let after = ''
  for (;;) {
    const { events, next } = await page(`limit=${limit}${filter}${after && `&after=${after}`}`, as)
    found.push(...events)
    after = next
    if (events.length === 0) return found
  }
}
const copied = async (): Promise<void> => {
  const { head } = gateway.doors.intake.feed
  const db = new pg.Client({ connectionString: gateway.databases.gateway.url('gateway') })
  await db.connect()
  for (let tries = 0; tries < 200; tries += 1) {
    const { rows } = await db.query('select position from followed_log')
    if (Number(rows[0]?.position) === head) break
    await delay(20)
  }
  await db.end()
}

describe('events as pages', () => {
  it('come from the beginning, in order, each once, whatever the size of a page', async () => {
    const mine = await gateway.addTenant()
    const ids = [capture(5, 'a', mine), capture(3, 'b', mine)]
    capture(4, 'c', gateway.other)
    await copied()
    for (const limit of [1, 2, 7, 500]) {
      const events = await all(mine, limit)
      expect(events.map(({ subject, sequence }) => `${ids.indexOf(subject)}:${sequence}`)).toEqual([
        '0:1',
        '0:2',
        '0:3',
        '0:4',
        '0:5',
        '1:1',
        '1:2',
        '1:3',
      ])
      expect(events.map(parseEvent)).toEqual(events)
    }
  })
  it('are filtered by conversation and by capture, charges of the capture included', async () => {
    const mine = await gateway.addTenant()
    const one = capture(2, 'a', mine)
    capture(2, 'b', mine)
    const charge = makeId('chg_')
    gateway.doors.intake.feed.push(mine.id, {
      subject: charge,
      conversation: 'a',
      type: 'charge.created',
      data: {
        state: 'created',
        token: `tok_test_${'t'.repeat(26)}`,
        amount_minor: 1,
        currency: 'EUR',
        operation: 'sale',
        capture_id: one,
      },
    })
    await copied()
    const subjects = async (filter: string) => (await all(mine, 2, filter)).map(({ subject }) => subject)
    expect(await subjects('&conversation=a')).toEqual([one, one, charge])
    expect(await subjects(`&capture_id=${one}`)).toEqual([one, one, charge])
    expect(await subjects(`&capture_id=${one}&conversation=b`)).toEqual([])
  })
  it('wait for news when asked to, and answer nothing when none comes', async () => {
    const mine = await gateway.addTenant()
    const { next } = await page('after=latest', mine)
    const began = Date.now()
    expect((await page(`after=${next}&wait_ms=300`, mine)).events).toEqual([])
    expect(Date.now() - began).toBeGreaterThanOrEqual(290)
    const waiting = page(`after=${next}&wait_ms=10000`, mine)
    await delay(100)
    const id = capture(1, 'a', mine)
    const { events } = await waiting
    expect(events.map(({ subject }) => subject)).toEqual([id])
  })
  it('are read by the sequence of a capture, also right after it was created', async () => {
    const created = await gateway.call('POST', '/v1/captures', { body: { conversation: 'fresh', purpose: 'save' } })
    const path = `/v1/captures/${created.body['id']}/events`
    const first = await gateway.call('GET', path)
    expect(first.body).toMatchObject({ events: [{ type: 'capture.created', sequence: 1 }], next: 1 })
    expect((await gateway.call('GET', `${path}?after=1`)).body).toEqual({ events: [], next: 1 })
    const waiting = gateway.call('GET', `${path}?after=1&wait_ms=5000`)
    gateway.doors.intake.feed.push(tenant.id, progressEvent(String(created.body['id']), 'fresh'))
    expect((await waiting).body).toMatchObject({ events: [{ sequence: 2 }], next: 2 })
    expect((await gateway.call('GET', path, { as: gateway.other })).status).toBe(404)
  })
  it.each([0, 1, 2])(
    'are there for whoever asks at once after creating, also if they are copied after question %i',
    async (after) => {
      const id = makeId('cap_')
      let questions = 0
      const copied = (): boolean => questions++ >= after
      // Sound: of a copy the route asks these two things alone.
      const copy = {
        knows: async () => copied(),
        ofSubject: async () => (copied() ? [{ sequence: 1 }] : []),
      } as unknown as EventCopy
      const intake = { getCapture: async () => ({ capture: { sequence: 1 } }) } as unknown as EventParts['intake']
      const unused = {} as never
      const routes = eventRoutes({
        copy,
        intake,
        wakeups: new Wakeups(),
        readers: new Readers(),
        cursors: unused,
        keys: unused,
        heartbeatMs: 1,
      })
      const route = routes.find(({ operation }) => operation === 'listCaptureEvents')
      const reply = await route?.handle({
        caller: unused,
        tenant: tenant.id,
        requestId: '',
        id,
        body: undefined,
        query: {},
        idempotencyKey: undefined,
        lastEventId: undefined,
        wantsStream: false,
        signal: new AbortController().signal,
      })
      expect(reply).toMatchObject({ status: 200, body: { events: [{ sequence: 1 }], next: 1 } })
    },
  )
  it('refuses more waiting readers of one tenant than the limit, and no one else', async () => {
    const mine = await gateway.addTenant()
    await gateway.restart({ readers: new Readers(1), heartbeatMs: 200 })
    const { next } = await page('after=latest', mine)
    const waiting = page(`after=${next}&wait_ms=600`, mine)
    await delay(100)
    expect((await page(`after=${next}&wait_ms=600`, mine)).body['code']).toBe('request.rate_limited')
    expect((await page('after=latest&wait_ms=1', tenant)).status).toBe(200)
    expect((await waiting).status).toBe(200)
    expect((await page(`after=${next}&wait_ms=1`, mine)).status).toBe(200)
    await gateway.restart({ heartbeatMs: 200 })
  })
})

describe('events as a stream', () => {
  it('resume by Last-Event-ID where the reader stopped, across reconnects and restarts, without loss or doubling', async () => {
    const mine = await gateway.addTenant()
    const ids = [capture(10, 'a', mine)]
    const seen: string[] = []
    let last = ''
    for (let round = 0; round < 6; round += 1) {
      const reader = await stream('/v1/events', last === '' ? {} : { 'last-event-id': last }, mine)
      const events = await reader.take(5)
      for (const { id, data } of events) {
        seen.push(`${ids.indexOf(data.subject)}:${data.sequence}`)
        last = id
      }
      if (round === 2) await gateway.restart({ heartbeatMs: 200 })
      else await reader.leave()
      ids.push(capture(5, 'a', mine))
    }
    const rest = await page(`after=${last}`, mine)
    await copied()
    expect(seen).toEqual(
      (await all(mine, 500))
        .slice(0, seen.length)
        .map(({ subject, sequence }) => `${ids.indexOf(subject)}:${sequence}`),
    )
    expect(seen).toHaveLength(30)
    expect(new Set(seen).size).toBe(30)
    expect(rest.status).toBe(200)
  })
  it('take Last-Event-ID over the cursor in the address, as a browser reconnects', async () => {
    const mine = await gateway.addTenant()
    const { next } = await page('after=latest', mine)
    capture(3, 'a', mine)
    const first = await stream(`/v1/events?after=${next}`, {}, mine)
    const [, second] = await first.take(3)
    const again = await stream(`/v1/events?after=${next}`, { 'last-event-id': second?.id ?? '' }, mine)
    expect((await again.take(1))[0]?.data.sequence).toBe(3)
  })
  it('name type and id, arrive when they happen, and keep the line open with comments', async () => {
    const mine = await gateway.addTenant()
    const reader = await stream('/v1/events?after=latest', {}, mine)
    await delay(700)
    expect(reader.comments()).toBeGreaterThanOrEqual(2)
    capture(1, 'a', mine)
    const [event] = await reader.take(1)
    expect(event?.type).toBe('capture.created')
    expect(event?.id).toMatch(/^cur_[a-p]{48}$/)
  })
  it('end when the key is revoked', async () => {
    const mine = await gateway.addTenant()
    const reader = await stream('/v1/events', {}, mine)
    const admin = new pg.Client({ connectionString: gateway.databases.gateway.url('admin') })
    await admin.connect()
    await admin.query('update api_keys set revoked_at = now() where key_hash = $1', [hashKey(mine.key)])
    await admin.end()
    await reader.ended
    expect((await page('', mine)).status).toBe(401)
  })
  it('go on when intake was away meanwhile', async () => {
    const mine = await gateway.addTenant()
    const reader = await stream('/v1/events', {}, mine)
    capture(2, 'a', mine)
    await reader.take(2)
    await gateway.doors.stopIntake()
    capture(2, 'a', mine)
    await delay(300)
    await gateway.doors.startIntake()
    expect(await reader.take(4)).toHaveLength(4)
  })
  it('hold up neither a restart nor the end of the process', async () => {
    await stream('/v1/events')
    const waiting = page('after=latest&wait_ms=20000')
    await delay(50)
    const began = Date.now()
    await gateway.restart({ heartbeatMs: 200 })
    expect(Date.now() - began).toBeLessThan(1_900) // the drain would take 2 s
    expect((await waiting).status).toBe(200)
  })
})

describe('cursors', () => {
  it('of another tenant, forged or cut short never skip: 410 with a snapshot, or 400', async () => {
    const mine = await gateway.addTenant()
    const id = capture(2, 'a', mine)
    await copied()
    const { next } = await page('', mine)
    const foreign = await page(`after=${next}`, gateway.other)
    expect([foreign.status, foreign.body['code']]).toEqual([410, 'request.cursor_gone'])
    expect(JSON.stringify(foreign.body)).not.toContain(id)
    await fc.assert(
      fc.asyncProperty(fc.nat(47), fc.constantFrom(...'abcdefghijklmnop'), async (at, letter) => {
        const forged = next.slice(0, 4 + at) + letter + next.slice(5 + at)
        const { status, body } = await page(`after=${forged}`, mine)
        expect(status).toBe(forged === next ? 200 : 410)
        expect(JSON.stringify(body)).not.toContain(forged === next ? '<none>' : forged)
      }),
      { numRuns: 40 },
    )
    for (const garbage of ['', 'x', '17', next.slice(0, -1), `${next}a`, 'cur_', "cur_'; drop table events"]) {
      const { status, body } = await page(`after=${encodeURIComponent(garbage)}`, mine)
      expect([status, body['code'], body['param']]).toEqual([400, 'request.malformed', 'after'])
    }
    const streamed = await stream('/v1/events', { 'last-event-id': `cur_${'a'.repeat(48)}` }, mine)
    expect(streamed.status).toBe(410)
    const garbled = await stream('/v1/events', { 'last-event-id': 'yesterday' }, mine)
    expect(garbled.status).toBe(400)
  })
  it("of the log before a restore answer 410 with what stands now, and the snapshot's cursor goes on from there", async () => {
    const mine = await gateway.addTenant()
    const { feed } = gateway.doors.intake
    const id = capture(3, 'kept', mine)
    const kept = feed.entries.length
    capture(2, 'lost', mine)
    await copied()
    const { next } = await page('', mine)
    const reader = await stream(`/v1/events?after=${next}`, {}, mine)
    feed.become('log-2', kept)
    await reader.ended // a stream of the old log ends, its reader then gets the 410
    await copied()
    const gone = await page(`after=${next}`, mine)
    expect(gone.status).toBe(410)
    const snapshot = gone.body['snapshot'] as { captures: object[]; charges: object[]; cursor: string }
    expect(snapshot).toMatchObject({
      captures: [{ id, state: 'collecting', sequence: 3, conversation: 'kept' }],
      charges: [],
    })
    expect((await page(`after=${snapshot.cursor}`, mine)).events).toEqual([])
    feed.push(mine.id, progressEvent(id, 'kept'))
    const { events } = await page(`after=${snapshot.cursor}&wait_ms=5000`, mine)
    expect(events.map(({ sequence }) => sequence)).toEqual([4])
  })
  it('of a log that came back shorter under its old name are refused too', async () => {
    const mine = await gateway.addTenant()
    const { feed } = gateway.doors.intake
    capture(2, 'kept', mine)
    const kept = feed.entries.length
    capture(2, 'lost', mine)
    await copied()
    const { next } = await page('', mine)
    feed.become(feed.logId, kept)
    await delay(1_500)
    await copied()
    expect((await page(`after=${next}`, mine)).status).toBe(410)
    expect(await all(mine, 500)).toHaveLength(2)
  })
})

describe('the copy', () => {
  it('lets in only events of the protocol: one that says more is kept out and the others go on', async () => {
    const mine = await gateway.addTenant()
    const { feed } = gateway.doors.intake
    capture(1, 'a', mine)
    const good = feed.entries.at(-1)?.event as SallyportEvent
    feed.pushRaw(mine.id, {
      ...good,
      id: makeId('evt_'),
      sequence: 2,
      data: { ...good.data, number: '4242424242424242' },
    })
    const foreign = { ...good, id: makeId('evt_'), subject: makeId('cap_'), source: `/tenants/${gateway.other.id}` }
    feed.pushRaw(mine.id, foreign)
    const last = capture(1, 'a', mine)
    await copied()
    expect((await all(mine, 500)).map(({ subject }) => subject)).toEqual([good.subject, last])
    const db = new pg.Client({ connectionString: gateway.databases.superUrl('gateway') })
    await db.connect()
    const { rows } = await db.query(
      `select count(*)::int as count from events where envelope::text like '%4242424242424242%'`,
    )
    await db.end()
    expect(rows[0]?.count).toBe(0)
  })
})
