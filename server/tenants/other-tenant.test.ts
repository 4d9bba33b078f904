/**
 * Two tenants of one deployment. What the second asks with the ids of the first is answered as if they never were: every
 * route of the OpenAPI document, every feed, and the card form's door. The control is the owner, who gets an answer.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachAnswer } from '../../protocol/capture-http.ts'
import { makeId } from '../../protocol/ids.ts'
import { openStream } from '../gateway/testing/sse-client.ts'
import { attackReport } from '../testing/attack-report.ts'
import { TestFrame } from '../testing/frame.ts'
import { type Answer, type Request, type Tenant, twoTenants, type TwoTenants } from './testing/two-tenants.ts'

const report = attackReport('Tenants and modes')

let world: TwoTenants
let operations: { method: string; path: string; operation: string; isPublic: boolean }[]

beforeAll(async () => {
  world = await twoTenants()
  const { body } = await world.call(null, { method: 'GET', path: '/openapi.json' })
  const paths = body['paths'] as Record<string, Record<string, { operationId: string; tags: string[] }>>
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, tags }]) => ({
      method: method.toUpperCase(),
      path,
      operation: operationId,
      isPublic: tags.includes('Public'),
    })),
  )
})
afterAll(() => world?.close())

interface Ids {
  capture: string
  token: string
  charge: string
  conversation: string
  account: string
}
const madeUp = (): Ids => ({
  capture: makeId('cap_'),
  token: makeId('tok_test_'),
  charge: makeId('chg_'),
  conversation: `talk-${makeId('req_')}`,
  account: makeId('acct_'),
})

const ask = async (as: Tenant, request: Request, status = 200): Promise<Record<string, unknown>> => {
  const answer = await world.call(as, request)
  expect([request.path, answer.status, answer.text]).toEqual([request.path, status, answer.text])
  return answer.body
}

const openCapture = async (as: Tenant, conversation = `talk-${makeId('req_')}`): Promise<Ids & { secret: string }> => {
  const body = {
    conversation,
    purpose: 'pay',
    amount: { amount_minor: 8_000, currency: 'EUR' },
    mandate: { uses: 5, amount_max_minor: 50_000, currency: 'EUR' },
  }
  const made = await ask(as, { method: 'POST', path: '/v1/captures', body }, 201)
  return {
    ...madeUp(),
    capture: String(made['id']),
    secret: String(made['client_secret']),
    conversation,
    account: as.account,
  }
}
/** Its token is for one use: a link takes no others. */
const openOnce = async (as: Tenant): Promise<Ids> => {
  const body = {
    conversation: `talk-${makeId('req_')}`,
    purpose: 'pay',
    amount: { amount_minor: 8_000, currency: 'EUR' },
  }
  const made = await ask(as, { method: 'POST', path: '/v1/captures', body }, 201)
  return { ...madeUp(), capture: String(made['id']) }
}
const tokenOf = async (as: Tenant): Promise<Ids> => {
  const ids = await openCapture(as)
  const path = `/v1/test/captures/${ids.capture}/complete`
  const { token } = (await ask(as, { method: 'POST', path, body: {} })) as { token: { id: string } }
  return { ...ids, token: token.id }
}
const chargeBody = (token: string, more: object = {}) => ({
  token,
  amount_minor: 1_000,
  currency: 'EUR',
  reference: makeId('req_'),
  ...more,
})
const chargeOf = async (as: Tenant, operation: 'sale' | 'authorize'): Promise<Ids> => {
  const ids = await tokenOf(as)
  const body = chargeBody(ids.token, { operation })
  const made = await ask(as, { method: 'POST', path: '/v1/charges', body, key: makeId('req_') }, 201)
  expect(made['state']).toBe(operation === 'sale' ? 'captured' : 'authorized')
  return { ...ids, charge: String(made['id']) }
}

/** How each operation is asked about something, and how its owner comes to have that. New operations fail until they are here. */
const get = (path: string): Request => ({ method: 'GET', path })
const post = (path: string, body: unknown = {}): Request => ({ method: 'POST', path, body, key: makeId('req_') })
const walks: Record<string, { own: (as: Tenant) => Promise<Ids>; request: (ids: Ids) => Request; ok?: number }> = {
  getCapture: { own: openCapture, request: ({ capture }) => get(`/v1/captures/${capture}`) },
  cancelCapture: { own: openCapture, request: ({ capture }) => post(`/v1/captures/${capture}/cancel`) },
  suspendCapture: { own: openCapture, request: ({ capture }) => post(`/v1/captures/${capture}/suspend`) },
  resumeCapture: {
    own: async (as) => {
      const ids = await openCapture(as)
      await ask(as, post(`/v1/captures/${ids.capture}/suspend`))
      return ids
    },
    request: ({ capture }) => post(`/v1/captures/${capture}/resume`),
  },
  createLink: { own: openOnce, request: ({ capture }) => post(`/v1/captures/${capture}/link`), ok: 201 },
  createClientSecret: { own: openCapture, request: ({ capture }) => post(`/v1/captures/${capture}/client_secret`) },
  listCaptureEvents: { own: openCapture, request: ({ capture }) => get(`/v1/captures/${capture}/events?after=0`) },
  testCompleteCapture: { own: openCapture, request: ({ capture }) => post(`/v1/test/captures/${capture}/complete`) },
  testRejectCapture: { own: openCapture, request: ({ capture }) => post(`/v1/test/captures/${capture}/reject`) },
  testExpireCapture: { own: openCapture, request: ({ capture }) => post(`/v1/test/captures/${capture}/expire`) },
  getToken: { own: tokenOf, request: ({ token }) => get(`/v1/tokens/${token}`) },
  eraseToken: { own: tokenOf, request: ({ token }) => ({ method: 'DELETE', path: `/v1/tokens/${token}` }) },
  createCharge: { own: tokenOf, request: ({ token }) => post('/v1/charges', chargeBody(token)), ok: 201 },
  getCharge: { own: (as) => chargeOf(as, 'sale'), request: ({ charge }) => get(`/v1/charges/${charge}`) },
  captureCharge: {
    own: (as) => chargeOf(as, 'authorize'),
    request: ({ charge }) => post(`/v1/charges/${charge}/capture`),
  },
  voidCharge: { own: (as) => chargeOf(as, 'authorize'), request: ({ charge }) => post(`/v1/charges/${charge}/void`) },
  refundCharge: { own: (as) => chargeOf(as, 'sale'), request: ({ charge }) => post(`/v1/charges/${charge}/refund`) },
}
/** These name nothing in their path; what they are asked about is tested below, one by one. */
const others = ['createCapture', 'listCaptures', 'listEvents', 'reportLeak']

/** What a difference must come to before this test calls it one; the machine's own noise is a part of it. */
const oracleMs = 5

/** As many as a busy machine needs to be quick at least once; fewer, and a real difference was lost in its noise. */
const turns = { min: 40, max: 80 }

/** The quickest of many: other work on the machine makes answers slower and never quicker. */
async function timed(foreign: () => Promise<Answer>, unknown: () => Promise<Answer>) {
  const quickest = { foreign: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY }
  const tells = (): boolean => Math.abs(quickest.foreign - quickest.unknown) >= 0.6 * oracleMs
  for (let turn = 0; turn < turns.max && (turn < turns.min || tells()); turn += 1) {
    quickest.foreign = Math.min(quickest.foreign, (await foreign()).ms)
    quickest.unknown = Math.min(quickest.unknown, (await unknown()).ms)
  }
  return { tells: tells(), quickest }
}

/** What an answer says but for the id of its request. */
const said = ({ status, body }: Answer): unknown => {
  const { request_id: _id, ...rest } = body
  return { status, ...rest }
}

describe('with the ids of another tenant', () => {
  it('every operation of the OpenAPI document is asked', () => {
    const described = operations.filter(({ isPublic }) => !isPublic).map(({ operation }) => operation)
    expect([...Object.keys(walks), ...others].sort()).toEqual(described.sort())
    for (const { path } of operations.filter((one) => one.isPublic)) expect(path).not.toMatch(/\{id\}/)
  })

  it.each(Object.keys(walks))(
    '%s answers as if they never were, and its owner gets an answer (control)',
    async (name) => {
      const { first, second, call } = world
      const walk = walks[name]
      if (walk === undefined) throw new Error('no such operation')
      const ids = await walk.own(first)
      const foreign = await call(second, walk.request(ids))
      const unknown = await call(second, walk.request(madeUp()))
      expect(foreign.status).toBe(404)
      expect(foreign.body['code']).toBe('request.not_found')
      expect(said(foreign)).toEqual(said(unknown))
      const owned = await call(first, walk.request(ids))
      expect([owned.status, owned.text]).toEqual([walk.ok ?? 200, owned.text])
      report.row({
        attack: `Another tenant's ids on every route of the OpenAPI document`,
        had: 'a secret key of a tenant of its own, and every id of the other tenant',
        defended: 'the answer to an id that never was: 404, the same body but for the request id',
        undefended: 'the owner of the ids, with the same requests, is answered',
      })
    },
  )

  it('takes as long as with ids that never were, to within five milliseconds', async () => {
    const ids = await chargeOf(world.first, 'sale')
    for (const name of ['getCapture', 'getToken', 'getCharge', 'cancelCapture', 'createCharge']) {
      const request = walks[name]?.request ?? (() => get('/'))
      const { tells, quickest } = await timed(
        () => world.call(world.second, request(ids)),
        () => world.call(world.second, request(madeUp())),
      )
      expect(tells, `${name}: ${JSON.stringify(quickest)} milliseconds`).toBe(false)
    }
  })
  it('would be found to take five milliseconds longer, or shorter (control)', async () => {
    const ids = await openCapture(world.first)
    const path = (asked: Ids): Request => get(`/v1/captures/${asked.capture}`)
    const slower = async (asked: Ids): Promise<Answer> => {
      const began = performance.now()
      await delay(oracleMs)
      return { ...(await world.call(world.second, path(asked))), ms: performance.now() - began }
    }
    const plain = () => world.call(world.second, path(madeUp()))
    expect((await timed(() => slower(ids), plain)).tells).toBe(true)
    expect((await timed(plain, () => slower(madeUp()))).tells).toBe(true)
    report.row({
      attack: "The time that answers take, for another tenant's ids and for ids that never were",
      had: 'a secret key of a tenant of its own, and every id of the other tenant',
      defended: 'no difference of five milliseconds, in the quickest of forty answers of each kind, or more',
      undefended: 'five milliseconds more for either kind are found',
    })
  })

  it('in the body of a capture or a charge tells nothing that made-up ids do not', async () => {
    const { first, second, call } = world
    const theirs = await chargeOf(first, 'sale')
    const own = await tokenOf(second)
    const capture = (more: object) => post('/v1/captures', { conversation: 'talk', purpose: 'save', ...more })
    const mandate = (account: string) => ({ mandate: { amount_max_minor: 100, currency: 'EUR', account } })
    const bodies: ((ids: Ids) => Request)[] = [
      ({ capture: id }) => capture({ retry_of: id }),
      ({ token }) => capture({ token }),
      ({ charge }) => capture({ charge_id: charge }),
      ({ account }) => capture(mandate(account)),
      ({ token }) => post('/v1/charges', chargeBody(token, { reference: 'same' })),
      ({ capture: id }) => post('/v1/charges', chargeBody(own.token, { capture_id: id, reference: 'same' })),
    ]
    const shape = (answer: Answer): unknown => {
      const { id: _id, client_secret: _secret, expires_at: _end, ...rest } = said(answer) as Record<string, unknown>
      return rest
    }
    for (const request of bodies) {
      const foreign = await call(second, request(theirs))
      expect(shape(foreign)).toEqual(shape(await call(second, request(madeUp()))))
      expect(foreign.text).not.toContain(theirs.token)
    }
    // Control: the first tenant may name its own account and its own capture.
    expect((await call(first, bodies[3]?.(theirs) ?? get('/'))).status).toBe(201)
    const named = chargeBody(theirs.token, { capture_id: theirs.capture })
    expect((await call(first, post('/v1/charges', named))).status).toBe(201)
  })

  it("and the other's Idempotency-Key and body, something new of one's own is made", async () => {
    const { first, second, call } = world
    const body = { conversation: 'twins', purpose: 'save', reference: 'r' }
    const request = { method: 'POST', path: '/v1/captures', body, key: 'order-1' }
    const [a, b] = [await call(first, request), await call(second, request)]
    expect([a.status, b.status]).toEqual([201, 201])
    expect(b.body['id']).not.toBe(a.body['id'])
    expect((await call(first, request)).body['id']).toBe(a.body['id']) // control: its own key gives its own again
  })

  it("what is told of a leak in a conversation of the same name is one's own event, with a count of one's own", async () => {
    const { first, second, call } = world
    const conversation = `talk-${makeId('req_')}`
    const ruleset = 'ab'.repeat(32)
    const spans = [{ turn: 1, start: 0, end: 19 }]
    const findings = [{ kind: 'pan', rule: 'PAN.A.grouped', ruleset, brand: 'visa', spans }]
    const leak = { conversation, surface: 'agent_in', action: 'scrubbed', findings }
    const tell = (as: Tenant, key: string) => ask(as, { method: 'POST', path: '/v1/leaks', body: leak, key }, 201)
    const told = [await tell(first, 'same-key'), await tell(first, 'another'), await tell(second, 'same-key')]
    expect(new Set(told.map(({ id }) => id)).size).toBe(3)
    const heard = async (as: Tenant) => {
      const page = await call(as, get(`/v1/events?conversation=${conversation}`))
      return (page.body['events'] as { id: string; subject: string; sequence: number }[]).map(
        ({ id, subject, sequence }) => [id, subject, sequence],
      )
    }
    await expect
      .poll(() => heard(first))
      .toEqual([
        [told[0]?.['id'], first.tenant, 1],
        [told[1]?.['id'], first.tenant, 2],
      ])
    await expect.poll(() => heard(second)).toEqual([[told[2]?.['id'], second.tenant, 1]])
  })

  it("a conversation of the same name has one's own captures alone", async () => {
    const { first, second, call } = world
    const [a, b] = [await openCapture(first, 'shared-name'), await openCapture(second, 'shared-name')]
    const list = (as: Tenant) => call(as, get('/v1/captures?conversation=shared-name'))
    const ids = (answer: Answer) => (answer.body['captures'] as { id: string }[]).map(({ id }) => id)
    expect(ids(await list(first))).toEqual([a.capture])
    expect(ids(await list(second))).toEqual([b.capture])
    const unknown = await call(second, get(`/v1/captures?conversation=${madeUp().conversation}`))
    const foreign = await openCapture(first)
    expect(said(await call(second, get(`/v1/captures?conversation=${foreign.conversation}`)))).toEqual(said(unknown))
  })
})

describe('the feeds of events', () => {
  const feed = (query: string): Request => get(`/v1/events?${query}`)

  it('as pages, by capture and by conversation, have nothing of another tenant: captures, charges, tokens', async () => {
    const { first, second, call } = world
    const theirs = await chargeOf(first, 'sale')
    await ask(first, { method: 'DELETE', path: `/v1/tokens/${theirs.token}` })
    await openCapture(second)
    const isThere = async (as: Tenant) => (await call(as, feed('limit=100&after=latest'))).status
    expect(await isThere(first)).toBe(200)
    const everything = async (as: Tenant): Promise<string> => {
      let text = ''
      let after = ''
      for (;;) {
        const page = await call(as, feed(`limit=100${after}`))
        text += page.text
        if ((page.body['events'] as unknown[]).length === 0) return text
        after = `&after=${page.body['next']}`
      }
    }
    await expect.poll(() => everything(first), { timeout: 5_000 }).toContain('token.erased')
    const own = await everything(first)
    const foreign = await everything(second)
    for (const id of [theirs.capture, theirs.charge, theirs.token, theirs.conversation]) {
      expect(own).toContain(id) // control
      expect(foreign).not.toContain(id)
    }
    expect(foreign).not.toContain(first.tenant)
    const shape = (answer: Answer): unknown => ({ ...(said(answer) as object), next: null })
    for (const query of [
      (ids: Ids) => feed(`capture_id=${ids.capture}`),
      (ids: Ids) => feed(`conversation=${ids.conversation}`),
      (ids: Ids) => feed(`capture_id=${ids.capture}&after=latest`),
    ]) {
      expect(shape(await call(second, query(theirs)))).toEqual(shape(await call(second, query(madeUp()))))
    }
  })

  it("that wait, by stream and by long poll, are not woken by another tenant's", async () => {
    const { first, second, call } = world
    const url = `${world.gatewayUrl}/v1/events?after=latest`
    const [own, other] = [await openStream(url, first.secret_key), await openStream(url, second.secret_key)]
    const polled = call(second, feed('after=latest&wait_ms=1200'))
    const theirs = await tokenOf(first)
    const seen = await own.take(4)
    expect(seen.map(({ data }) => data.subject)).toContain(theirs.capture) // control
    expect((await polled).body['events']).toEqual([])
    const mine = await openCapture(second)
    expect((await other.take(1)).map(({ data }) => data.subject)).toEqual([mine.capture])
    await own.leave()
    await other.leave()
    report.row({
      attack: "Listening for another tenant's events: stream, long poll, page, one capture",
      had: "a secret key of a tenant of its own, the other's ids and cursors",
      defended: "its own events alone; the other's cursor is one that never was",
      undefended: 'the owner hears them all',
    })
  })

  it("with another tenant's cursor answer as to one that nobody made: 410, or 400 where it is no cursor", async () => {
    const { first, second, call } = world
    await openCapture(first)
    await openCapture(second)
    const theirs = await call(first, feed('limit=1'))
    const cursor = String(theirs.body['next'])
    expect((await call(first, feed(`after=${cursor}`))).status).toBe(200) // control
    const forged = `cur_${'abcdefghijklmnop'.repeat(3)}`
    const snapshotless = (answer: Answer): unknown => {
      const { snapshot, ...rest } = said(answer) as { snapshot?: unknown }
      expect(JSON.stringify(snapshot ?? '')).not.toContain(
        String((theirs.body['events'] as { subject: string }[])[0]?.subject),
      )
      return rest
    }
    for (const as of [
      (value: string): Request => feed(`after=${value}`),
      (value: string): Request => feed(`after=${value}&wait_ms=100`),
      (value: string): Request => ({
        ...get('/v1/events'),
        headers: { accept: 'text/event-stream', 'last-event-id': value },
      }),
    ]) {
      const foreign = await call(second, as(cursor))
      expect(foreign.status).toBe(410)
      expect(snapshotless(foreign)).toEqual(snapshotless(await call(second, as(forged))))
    }
    expect((await call(second, feed(`after=${cursor.slice(0, -1)}`))).status).toBe(400)
  })

  it('of one capture, waiting or not, is not found', async () => {
    const { first, second, call } = world
    const { capture } = await openCapture(first)
    for (const query of ['', '?after=0', '?after=1&wait_ms=100', '?limit=1']) {
      const foreign = await call(second, get(`/v1/captures/${capture}/events${query}`))
      const unknown = await call(second, get(`/v1/captures/${madeUp().capture}/events${query}`))
      expect(foreign.status).toBe(404)
      expect(said(foreign)).toEqual(said(unknown))
    }
    expect((await call(first, get(`/v1/captures/${capture}/events`))).status).toBe(200) // control
  })
})

describe("the card form's door", () => {
  const frameOf = (id: string) => new TestFrame(world.vault.intakeUrl, id)
  const refused = ({ status, body }: { status: number; body: object }): unknown => {
    const { request_id: _id, ...rest } = body as Record<string, unknown>
    return { status, ...rest }
  }

  it("takes no secret of one's own for another tenant's capture", async () => {
    const { first, second } = world
    const [theirs, own] = [await openCapture(first), await openCapture(second)]
    const mine = await frameOf(own.capture).attach(own.secret, [second.origin])
    expect(mine.status).toBe(200) // control
    const attached: AttachAnswer = mine.body
    const sealed = await frameOf(own.capture).seal(attached, { number: '4242424242424242', cvc: '123' })
    const tries = (id: string) => {
      const frame = frameOf(id)
      const to = { capture_id: id, epoch: attached.epoch }
      return [
        frame.attach(own.secret, [second.origin]),
        frame.attach(attached.session_secret, [second.origin]),
        frame.post('/v1/progress', attached.session_secret, { ...to, items: [{ kind: 'started', field: 'number' }] }),
        frame.post('/v1/submit', attached.session_secret, { ...sealed, capture_id: id }),
        frame.post('/v1/cancel', attached.session_secret, to),
        frame.post('/v1/watch', attached.session_secret, { ...to, after: 0 }),
      ]
    }
    const foreign = (await Promise.all(tries(theirs.capture))).map(refused)
    const unknown = (await Promise.all(tries(madeUp().capture))).map(refused)
    expect(foreign).toEqual(unknown)
    for (const answer of foreign) expect(answer).toMatchObject({ status: 401, code: 'auth.unauthenticated' })
    // Nothing happened to it: its owner may still take it up.
    expect((await frameOf(theirs.capture).attach(theirs.secret, [first.origin])).status).toBe(200)
    report.row({
      attack: "Another tenant's capture at the card form's door",
      had: "a secret of a capture of its own, and the other's capture id",
      defended: 'the answer to a capture that never was, on each of the five routes; the capture stands as it stood',
      undefended: 'with its own secret the owner takes it up',
    })
  })

  it('shows no form on a page of another tenant, also with the right secret', async () => {
    const { first, second } = world
    const theirs = await openCapture(first)
    const onOther = await frameOf(theirs.capture).attach(theirs.secret, [second.origin])
    expect([onOther.status, onOther.body.code]).toEqual([403, 'channel.origin'])
    const ancestors = async (key: string) => {
      const page = await fetch(`${world.vault.intakeUrl}/f/${key}`)
      return /frame-ancestors ([^;]*)/.exec(page.headers.get('content-security-policy') ?? '')?.[1]
    }
    expect(await ancestors(second.publishable_key)).toBe(second.origin)
    expect(await ancestors(first.publishable_key)).toBe(first.origin)
    expect((await frameOf(theirs.capture).attach(theirs.secret, [first.origin])).status).toBe(200) // control
  })
})
