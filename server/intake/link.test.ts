/** The link channel at intake: made by the gateway, opened by a tap, attached by the right one of four phrases, once. */
import { createHash, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreateCaptureRequest } from '../../protocol/agent-http.ts'
import { parseEvent } from '../../protocol/events.ts'
import { innerLinkAnswer } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import { TestFrame } from '../testing/frame.ts'
import { TestLink } from '../testing/link.ts'
import { shopOrigin, startVault, type TestVault } from '../testing/vault.ts'
import { linkAttacks } from '../testing/link-attacks.ts'

const visa = { number: '4242424242424242', cvc: '123' }
const phrase = 'amber lantern'
const sha = (text: string): string => createHash('sha256').update(text).digest('base64url')

let vault: TestVault
let db: pg.Pool
beforeAll(async () => {
  vault = await startVault({ behindProxy: true })
  db = vault.db
}, 60_000)
afterAll(() => vault.close())

const newSecret = (): string => randomBytes(16).toString('base64url')

/** As the gateway asks. */
async function makeLink(id: string, options: { after?: number; secret?: string; key?: string; body?: string } = {}) {
  const { after = 0, secret = newSecret(), key, body = 'body' } = options
  const answer = await vault.asGateway('POST', `/captures/${id}/link`, {
    tenant: vault.tenant.tenant,
    after,
    link_secret_hash: sha(secret),
    phrase,
    ...(key && { idempotency: { key: sha(key), body: sha(body) } }),
  })
  return { secret, ...innerLinkAnswer.parse(answer) }
}

async function linked(request: Partial<CreateCaptureRequest> = {}) {
  const capture = await vault.createCapture(request)
  const { secret } = await makeLink(capture.id)
  return { ...capture, secret, link: new TestLink(vault.intakeUrl) }
}

const eventsOf = async (id: string) => {
  const { rows } = await db.query<{ envelope: unknown }>(
    'select envelope from events where subject = $1 order by sequence',
    [id],
  )
  return rows.map((row) => parseEvent(row.envelope))
}
const typesOf = async (id: string): Promise<string[]> => (await eventsOf(id)).map(({ type }) => type)
const stateOf = async (id: string) => {
  const answer = await vault.asGateway('GET', `/captures/${id}?tenant=${vault.tenant.tenant}`)
  return (answer as { capture: { state: string; channel?: string; token?: { id: string } } }).capture
}
const rightOf = (choices: readonly string[]): number => choices.indexOf(phrase)

describe('a link', () => {
  it('is opened by a tap, attached by the right phrase, and its form mints a token like any other', async () => {
    const { id, secret, link } = await linked()
    const opened = await link.open(secret)
    expect(opened.body).toEqual({
      business: 'Harbour Rooms',
      purpose: 'pay',
      mode: 'sandbox',
      choices: expect.arrayContaining([phrase]),
    })
    const picked = await link.pick(rightOf(opened.body.choices))
    expect(picked.status).toBe(200)
    expect(picked.body).toMatchObject({
      capture_id: id,
      epoch: 1,
      session_secret: link.session,
      amount: { amount_minor: 8000, currency: 'EUR' },
      // The page stands in no other: what it seals is bound to the capture origin itself.
      origin: vault.intakeUrl,
    })
    const frame = new TestFrame(vault.intakeUrl, id)
    const done = await frame.submit(picked.body, await frame.seal(picked.body, visa))
    expect(done.body).toMatchObject({ status: 'completed', brand: 'visa', last4: '4242' })
    expect(await stateOf(id)).toMatchObject({ state: 'completed', channel: 'link', token: { id: done.body.token } })
    const events = await eventsOf(id)
    expect(events.map(({ type }) => type)).toEqual([
      'capture.created',
      'capture.offered',
      'capture.channel.attached',
      'capture.shield.raised',
      'capture.processing',
      'capture.completed',
    ])
    expect(events[1]?.data).toMatchObject({ delivery: 'link', tier: 'link_page', link_ttl: 600, state: 'offered' })
    expect(events[2]?.data).toMatchObject({ kind: 'link', tier: 'link_page', channel: 'link', epoch: 1 })
  })

  it("comes with what a chat says beside it, in the language of the capture's locale", async () => {
    const { id } = await vault.createCapture({ locale: 'ar-EG' })
    expect((await makeLink(id)).words).toMatchObject({ lang: 'ar', dir: 'rtl', open: 'link_chat_open, in ar' })
  })

  it('shows four phrases that share no word, in an order that is drawn anew each time', async () => {
    const places = new Set<number>()
    for (let n = 0; n < 24; n += 1) {
      const { secret, link } = await linked()
      const { choices } = (await link.open(secret)).body
      expect(new Set(choices.flatMap((one) => one.split(' '))).size).toBe(8)
      places.add(rightOf(choices))
    }
    // All on one side of chance: four places in twenty-four draws miss one with p = 0.004.
    expect(places.size).toBeGreaterThanOrEqual(3)
  })

  it('says before the pick who asks and what for, and neither amount nor conversation nor capture', async () => {
    const { id, secret, link } = await linked({ conversation: 'talk-of-somebody', reference: 'order-77' })
    const before = JSON.stringify((await link.open(secret)).body)
    for (const part of [id, '8000', 'EUR', 'talk-of-somebody', 'order-77', 'ss_', 'locale'])
      expect(before).not.toContain(part)
  })

  it('fences out the form in the chat: its words are refused, and the switch is in the log', async () => {
    const { id, clientSecret, secret, link } = await linked()
    const frame = new TestFrame(vault.intakeUrl, id)
    const web = (await frame.attach(clientSecret)).body
    await frame.progress(web, [{ kind: 'started', field: 'number' }])
    const { choices } = (await link.open(secret)).body
    // The tap alone takes nothing away.
    expect((await frame.progress(web, [{ kind: 'progress', field: 'number', level: 'some' }])).status).toBe(200)
    const picked = (await link.pick(rightOf(choices))).body
    expect(picked.epoch).toBe(2)
    expect((await frame.progress(web, [{ kind: 'started', field: 'number' }])).body.code).toBe('auth.unauthenticated')
    const mine = await frame.progress(picked, [{ kind: 'started', field: 'number' }])
    expect(mine.body.state).toBe('collecting')
    expect((await typesOf(id)).slice(-6)).toEqual([
      'capture.field.progress',
      'capture.suspended',
      'capture.channel.detached',
      'capture.channel.attached',
      'capture.shield.raised',
      'capture.resumed',
    ])
    expect((await eventsOf(id)).find(({ type }) => type === 'capture.suspended')?.data).toMatchObject({
      reason: 'switching',
    })
  })

  it('is not undone by a page that is loaded again, until the agent gives it a fresh secret or the link is left', async () => {
    const { id, clientSecret, secret, link } = await linked()
    const frame = new TestFrame(vault.intakeUrl, id)
    const { choices } = (await link.open(secret)).body
    const picked = (await link.pick(rightOf(choices))).body
    expect((await frame.attach(clientSecret)).body.code).toBe('channel.epoch_stale')

    const fresh = `cs_${randomBytes(32).toString('base64url')}`
    await vault.asGateway('POST', `/captures/${id}/client_secret`, {
      tenant: vault.tenant.tenant,
      secret_version: 1,
      client_secret_hash: sha(fresh),
    })
    expect((await frame.attach(fresh)).status).toBe(200)
    expect((await frame.progress(picked, [{ kind: 'started', field: 'number' }])).body.code).toBe(
      'auth.unauthenticated',
    )

    const left = await linked()
    const there = (await left.link.pick(rightOf((await left.link.open(left.secret)).body.choices))).body
    const other = new TestFrame(vault.intakeUrl, left.id)
    await other.progress(there, [{ kind: 'detached', reason: 'closed' }])
    expect((await other.attach(left.clientSecret)).status).toBe(200)
  })

  it('takes its own page back after a sleep by its session alone, and lends that session to no frame', async () => {
    const { id, clientSecret, secret, link } = await linked()
    const picked = (await link.pick(rightOf((await link.open(secret)).body.choices))).body
    const frame = new TestFrame(vault.intakeUrl, id)
    const attach = (bearer: string, channel: 'web' | 'link', ancestors: string[]) =>
      frame.post('/v1/attach', bearer, { v: 1, capture_id: id, channel, ancestors, build: 'test' })
    await frame.progress(picked, [{ kind: 'detached', reason: 'lost' }])
    expect((await attach(clientSecret, 'link', [])).body['code']).toBe('auth.unauthenticated')
    expect((await attach(link.session, 'web', [shopOrigin])).body['code']).toBe('auth.unauthenticated')
    expect((await attach(link.session, 'link', [shopOrigin])).body['code']).toBe('channel.origin')
    const back = await attach(link.session, 'link', [])
    expect(back).toMatchObject({ status: 200, body: { epoch: 2, origin: vault.intakeUrl } })
    // The session of before has ended with its epoch.
    expect((await attach(link.session, 'link', [])).body['code']).toBe('auth.unauthenticated')

    const web = await vault.createCapture()
    const other = new TestFrame(vault.intakeUrl, web.id)
    const held = (await other.attach(web.clientSecret)).body
    const asLink = { v: 1, capture_id: web.id, channel: 'link', ancestors: [], build: 'test' }
    expect((await other.post('/v1/attach', held.session_secret, asLink)).body['code']).toBe('auth.unauthenticated')
  })

  it('answers the tap and the pick again when the answer was lost, and changes nothing by it', async () => {
    const { id, secret, link } = await linked()
    const [first, second] = await Promise.all([link.open(secret), link.open(secret)])
    expect(first.body).toEqual(second.body)
    expect(first.status).toBe(200)
    const right = rightOf(first.body.choices)
    const picks = await Promise.all([link.pick(right), link.pick(right), link.pick(right)])
    expect(picks.map(({ status, body }) => [status, body.epoch])).toEqual([
      [200, 1],
      [200, 1],
      [200, 1],
    ])
    expect((await link.pick(right)).body.epoch).toBe(1)
    expect((await typesOf(id)).filter((type) => type === 'capture.channel.attached')).toHaveLength(1)
    // But not the tap any more, and no other choice.
    expect((await link.open(secret)).body.code).toBe('channel.link_expired')
    expect((await link.pick((right + 1) % 4)).body.code).toBe('channel.link_expired')
  })

  it('ends with a wrong pick, or with "none of these": the agent hears, the form in the chat goes on', async () => {
    for (const wrong of [(right: number) => (right + 1) % 4, () => null]) {
      const { id, clientSecret, secret, link } = await linked()
      const frame = new TestFrame(vault.intakeUrl, id)
      const web = (await frame.attach(clientSecret)).body
      const right = rightOf((await link.open(secret)).body.choices)
      const refused = await link.pick(wrong(right))
      expect(refused).toMatchObject({ status: 403, body: { code: 'channel.wrong_person' } })
      expect(JSON.stringify(refused.body)).not.toContain('8000')
      expect((await eventsOf(id)).at(-1)).toMatchObject({
        type: 'capture.shield.failed',
        data: { code: 'channel.wrong_person', channel: 'link', epoch: 1, state: 'offered' },
      })
      // Said once, however often it is asked.
      expect((await link.pick(wrong(right))).body.code).toBe('channel.wrong_person')
      expect((await typesOf(id)).filter((type) => type === 'capture.shield.failed')).toHaveLength(1)
      expect((await link.pick(right)).body.code).toBe('channel.link_expired')
      expect((await link.open(secret)).body.code).toBe('channel.link_expired')
      expect((await new TestLink(vault.intakeUrl).open(secret)).body.code).toBe('channel.link_expired')
      expect((await frame.submit(web, await frame.seal(web, visa))).status).toBe(200)
    }
  })

  it('that was never made, is used, over, replaced or of an ended capture is refused in one way', async () => {
    const used = await linked()
    await used.link.open(used.secret)
    const late = await linked()
    await db.query('update links set expires_at = clock_timestamp() where capture = $1', [late.id])
    const replaced = await linked()
    await makeLink(replaced.id, { after: 1 })
    const ended = await linked()
    await vault.asGateway('POST', `/captures/${ended.id}/cancel`, { tenant: vault.tenant.tenant })
    const answers = await Promise.all(
      [newSecret(), used.secret, late.secret, replaced.secret, ended.secret].map(async (secret) => {
        const { status, body } = await new TestLink(vault.intakeUrl).open(secret)
        return [status, { ...body, request_id: '' }]
      }),
    )
    expect(answers[0]).toMatchObject([410, { code: 'channel.link_expired' }])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    // Control: one that is good.
    const good = await linked()
    expect((await good.link.open(good.secret)).status).toBe(200)
  })

  it('opens no form once the time for the pick is over, or a newer link was made', async () => {
    const late = await linked()
    const right = rightOf((await late.link.open(late.secret)).body.choices)
    await db.query("update links set claimed_at = claimed_at - interval '5 minutes' where capture = $1", [late.id])
    expect((await late.link.pick(right)).body.code).toBe('channel.link_expired')

    const two = await linked()
    const there = rightOf((await two.link.open(two.secret)).body.choices)
    await makeLink(two.id, { after: 1 })
    expect((await two.link.pick(there)).body.code).toBe('channel.link_expired')
    expect(await typesOf(two.id)).not.toContain('capture.channel.attached')
  })

  it('cannot be claimed for a session that another link has', async () => {
    const [one, two] = [await linked(), await linked()]
    await one.link.open(one.secret)
    expect((await new TestLink(vault.intakeUrl, one.link.session).open(two.secret)).body.code).toBe(
      'channel.link_expired',
    )
    expect((await two.link.open(two.secret)).status).toBe(200)
  })
})

describe('making a link', () => {
  it('keeps a hash of the secret alone, in no table, event or audit line more', async () => {
    const { secret } = await linked()
    const { rows } = await db.query('select secret_hash from links where secret_hash = $1', [
      createHash('sha256').update(secret).digest(),
    ])
    expect(rows).toHaveLength(1)
    for (const table of ['links', 'captures', 'events', 'audit', 'idempotency']) {
      const { rowCount } = await db.query(`select from ${table} t where t::text like $1`, [`%${secret}%`])
      expect(rowCount, table).toBe(0)
    }
  })

  it('under one key gives the same link, with another body a conflict, and without a key always another', async () => {
    const { id } = await vault.createCapture()
    const first = await makeLink(id, { key: 'a' })
    expect(first).toMatchObject({ version: 1, made: 'now' })
    expect(await makeLink(id, { key: 'a' })).toMatchObject({
      version: 1,
      made: 'before',
      expires_at: first.expires_at,
    })
    await expect(makeLink(id, { key: 'a', body: 'other' })).rejects.toMatchObject({
      code: 'request.idempotency_conflict',
    })
    expect(await makeLink(id)).toMatchObject({ version: 1, made: 'by_another' })
    expect(await makeLink(id, { after: 1 })).toMatchObject({ version: 2, made: 'now' })
    // The replay says the same also now that another has taken its place.
    expect(await makeLink(id, { key: 'a' })).toMatchObject({ version: 1, made: 'before' })
    const both = await Promise.all([makeLink(id, { after: 2, key: 'b' }), makeLink(id, { after: 2, key: 'b' })])
    expect(both.map(({ made }) => made).sort()).toEqual(['before', 'now'])
    expect(both.map(({ version }) => version)).toEqual([3, 3])
  })

  it('is refused to mandates of many uses until an admin has allowed it, also when the link is made already', async () => {
    const mandate = { uses: 3, amount_max_minor: 10_000, currency: 'EUR' }
    await expect(vault.createCapture({ channel: 'link', mandate })).rejects.toMatchObject({
      code: 'policy.channel_not_allowed',
    })
    const { id } = await vault.createCapture({ mandate })
    await expect(makeLink(id)).rejects.toMatchObject({ code: 'policy.channel_not_allowed' })
    const allow = (on: boolean) =>
      db.query('update tenants set link_many_uses = $2 where id = $1', [vault.tenant.tenant, on])
    await allow(true)
    try {
      const { secret } = await makeLink(id)
      const link = new TestLink(vault.intakeUrl)
      const { choices } = (await link.open(secret)).body
      await allow(false)
      expect((await link.pick(rightOf(choices))).body.code).toBe('policy.channel_not_allowed')
      await allow(true)
      expect((await link.pick(rightOf(choices))).status).toBe(200)
    } finally {
      await allow(false)
    }
  })

  it('has an end: more links than anybody needs are refused, and an ended capture has none', async () => {
    const { id } = await vault.createCapture()
    await expect(makeLink(id, { after: limits.linksPerCaptureMax })).rejects.toMatchObject({
      code: 'input.too_many_attempts',
    })
    await vault.asGateway('POST', `/captures/${id}/cancel`, { tenant: vault.tenant.tenant })
    await expect(makeLink(id)).rejects.toMatchObject({ code: 'system.conflict' })
    const other = await vault.createCapture()
    await expect(
      vault.asGateway('POST', `/captures/${other.id}/link`, {
        tenant: `ten_${'z'.repeat(26)}`,
        after: 0,
        link_secret_hash: sha('x'),
        phrase,
      }),
    ).rejects.toMatchObject({ code: 'request.not_found' })
  })

  it('lives no longer than its capture', async () => {
    const { id } = await vault.createCapture()
    await db.query("update captures set expires_at = clock_timestamp() + interval '1 minute' where id = $1", [id])
    const { expires_at: end } = await makeLink(id)
    expect(Date.parse(end) - Date.now()).toBeLessThan(61_000)
  })
})

describe('the page of a link', () => {
  it('is static, stands in no other page, and asking for it uses nothing up', async () => {
    const { secret, link } = await linked()
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status, headers } = await fetch(`${vault.intakeUrl}/l`, { method })
      expect(status).toBe(200)
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-robots-tag')).toContain('noindex')
    }
    expect((await link.open(secret)).status).toBe(200)
  })
})

describe('who guesses', () => {
  it('is told to wait after twenty refusals in a minute, and not before', async () => {
    const guess = () => new TestLink(vault.intakeUrl, undefined, '203.0.113.9').open(newSecret())
    const codes = await Promise.all(Array.from({ length: 22 }, async () => (await guess()).body.code))
    expect(codes.filter((code) => code === 'channel.link_expired')).toHaveLength(20)
    const { status, headers, body } = await guess()
    expect([status, body.code]).toEqual([429, 'request.rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    // Others are not held up by it.
    const { secret, link } = await linked()
    expect((await link.open(secret)).status).toBe(200)
  })
})

linkAttacks({ vault: () => vault, db: () => db, linked, rightOf, typesOf })
