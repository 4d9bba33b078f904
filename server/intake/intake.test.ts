import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseEvent } from '../../protocol/events.ts'
import { TestFrame } from '../testing/frame.ts'
import { shopOrigin, startVault, type TestVault } from '../testing/vault.ts'

const visa = { number: '4242424242424242', cvc: '123' }
const visaAgain = { number: '4111111111111111', cvc: '123' }

describe("intake, from a frame's first word to a token", () => {
  let vault: TestVault
  let db: pg.Pool
  beforeAll(async () => {
    vault = await startVault()
    db = vault.db
  }, 60_000)
  afterAll(() => vault.close())

  const opened = async (request = {}) => {
    const { id, clientSecret } = await vault.createCapture(request)
    const frame = new TestFrame(vault.intakeUrl, id)
    const attached = await frame.attach(clientSecret)
    return { id, clientSecret, frame, attached: attached.body, status: attached.status }
  }
  const read = async (id: string) => {
    const answer = (await vault.asGateway('GET', `/captures/${id}?tenant=${vault.tenant.tenant}`)) as {
      capture: Record<string, unknown>
    }
    return answer.capture
  }
  const eventsOf = async (id: string): Promise<string[]> => {
    const { rows } = await db.query<{ envelope: unknown; sequence: number }>(
      'select envelope, sequence from events where subject = $1 order by sequence',
      [id],
    )
    expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, index) => index + 1))
    return rows.map((row) => parseEvent(row.envelope).type)
  }

  it('a sealed card becomes a token, its records, its mandate, its audit entry and its events in one transaction', async () => {
    const { id, frame, attached } = await opened()
    expect(attached).toMatchObject({
      epoch: 1,
      state: 'offered',
      business: 'Harbour Rooms',
      fields: ['number', 'expiry', 'cvc'],
      origin: shopOrigin,
    })
    const done = await frame.submit(attached, await frame.seal(attached, visa))
    expect(done.status).toBe(200)
    expect(done.body).toMatchObject({ status: 'completed', brand: 'visa', last4: '4242' })
    expect(await read(id)).toMatchObject({
      state: 'completed',
      token: { id: done.body.token, uses: 1, amount_max_minor: 8000, currency: 'EUR' },
    })
    expect(await eventsOf(id)).toEqual([
      'capture.created',
      'capture.channel.attached',
      'capture.shield.raised',
      'capture.offered',
      'capture.processing',
      'capture.completed',
    ])
    for (const table of ['tokens', 'mandates', 'records', 'allowances', 'cvc', 'fingerprints']) {
      const column = table === 'tokens' ? 'id' : 'token'
      expect((await db.query(`select from ${table} where ${column} = $1`, [done.body.token])).rowCount, table).toBe(1)
    }
    const { rows } = await db.query('select entry from audit where entry like \'%"mint"%\' and entry like $1', [
      `%${id}%`,
    ])
    expect(rows).toHaveLength(1)
    expect(rows[0].entry).not.toContain(done.body.token)
  })

  it('what the browser could tell of the form when it was sent is in the log, and nothing else is taken for it', async () => {
    const said = async (visibility?: unknown): Promise<unknown> => {
      const { id, frame, attached } = await opened()
      const sealed = await frame.seal(attached, visa)
      const sent = { ...sealed, ...(visibility === undefined ? {} : { visibility }) } as typeof sealed
      const { status, body } = await frame.submit(attached, sent)
      if (status !== 200) return body.code
      const { rows } = await db.query('select envelope from events where subject = $1', [id])
      return rows
        .map((row) => parseEvent(row.envelope))
        .flatMap((event) => (event.type === 'capture.processing' ? [event.data.visibility] : []))
    }
    expect(await said('verified')).toEqual(['verified'])
    expect(await said('unverified')).toEqual(['unverified'])
    expect(await said()).toEqual(['unverified'])
    expect(await said('4242424242424242')).toBe('request.malformed')
  })

  it('of a covered form the agent hears, and intake takes nothing until it is taken up anew', async () => {
    const { id, frame, attached } = await opened()
    await frame.progress(attached, [{ kind: 'started', field: 'number' }])
    const told = await frame.progress(attached, [{ kind: 'shield_failed', code: 'shield.covered' }])
    expect(told.body.state).toBe('suspended')
    expect((await eventsOf(id)).slice(-2)).toEqual(['capture.shield.failed', 'capture.suspended'])
    const sealed = await frame.seal(attached, visa)
    expect((await frame.submit(attached, sealed)).body.code).toBe('system.conflict')
    const { body: again } = await frame.attach(attached.session_secret)
    expect((await frame.submit(again, await frame.seal(again, visa))).body).toMatchObject({ status: 'completed' })
    expect((await eventsOf(id)).slice(-4)).toEqual([
      'capture.shield.raised',
      'capture.resumed',
      'capture.processing',
      'capture.completed',
    ])
  })

  it('the same bytes again give the same token; other bytes are refused', async () => {
    const { frame, attached } = await opened()
    const sealed = await frame.seal(attached, visa)
    const [first, second] = await Promise.all([frame.submit(attached, sealed), frame.submit(attached, sealed)])
    expect(first.body.token).toBe(second.body.token)
    expect((await frame.submit(attached, sealed)).body.token).toBe(first.body.token)
    expect((await frame.submit(attached, await frame.seal(attached, visaAgain))).body.code).toBe('system.conflict')
    const { rows } = await db.query('select id from tokens where capture_id = $1', [frame.captureId])
    expect(rows).toHaveLength(1)
  })

  it('a sealed submission opens for no other capture, epoch, amount or origin', async () => {
    const one = await opened()
    const other = await opened()
    const sealed = await one.frame.seal(one.attached, visa)
    const replay = await other.frame.submit(other.attached, { ...sealed, capture_id: other.id })
    expect(replay).toMatchObject({ status: 400, body: { code: 'request.malformed' } })
    const again = await one.frame.attach(one.clientSecret)
    expect((await one.frame.submit(again.body, { ...sealed, epoch: again.body.epoch })).body.code).toBe(
      'request.malformed',
    )
    expect(
      (
        await one.frame.submit(
          again.body,
          await one.frame.seal({ ...again.body, origin: 'http://evil.localhost:1' }, visa),
        )
      ).body.code,
    ).toBe('request.malformed')
    const cheap = { ...again.body, amount: { amount_minor: 1, currency: 'EUR' } }
    expect((await one.frame.submit(again.body, await one.frame.seal(cheap, visa))).body.code).toBe('system.conflict')
    // Control: untouched it opens.
    expect((await one.frame.submit(again.body, await one.frame.seal(again.body, visa))).status).toBe(200)
  })

  it.each([
    ['a broken check digit', { number: '4242424242424241', cvc: '123' }, 'number', 'input.checksum'],
    ['too few digits', { number: '424242424242', cvc: '123' }, 'number', 'input.incomplete'],
    ['no brand', { number: '0000000000000000', cvc: '123' }, 'number', 'input.unknown_brand'],
    [
      'a card outside the published test numbers',
      { number: '4929420573595709', cvc: '123' },
      'number',
      'input.not_accepted',
    ],
    ['a past expiry', { ...visa, month: 1, year: 2020 }, 'expiry', 'input.expired'],
    ['a short Amex code', { number: '378282246310005', cvc: '123' }, 'cvc', 'input.incomplete'],
    ['no code', { number: '4242424242424242' }, 'cvc', 'input.incomplete'],
  ])('%s is refused beside its field, and the agent hears why', async (_name, card, field, code) => {
    const { id, frame, attached } = await opened()
    const refused = await frame.submit(attached, await frame.seal(attached, card))
    expect(refused).toMatchObject({ status: 422, body: { code, field } })
    expect(JSON.stringify(refused.body)).not.toContain(card.number)
    expect((await eventsOf(id)).at(-1)).toBe('capture.field.rejected')
    expect((await frame.submit(attached, await frame.seal(attached, visa))).status).toBe(200)
  })

  it('a postal code is judged by the country of the capture, else by the region of its locale', async () => {
    const fields = ['number', 'expiry', 'cvc', 'postal_code']
    const typed = async (request: object, postalCode: string) => {
      const { frame, attached } = await opened({ fields, ...request })
      const { body } = await frame.submit(attached, await frame.seal(attached, { ...visa, postalCode }))
      return [attached.postal?.numeric, body.code ?? 'taken', body.field]
    }
    expect(await typed({ country: 'US' }, '9410')).toEqual([true, 'input.incomplete', 'postal_code'])
    expect(await typed({ country: 'US' }, '94105')).toEqual([true, 'taken', undefined])
    expect(await typed({ locale: 'en-GB' }, '94105')).toEqual([false, 'input.not_accepted', 'postal_code'])
    expect(await typed({ locale: 'en-GB', country: 'US' }, '94105')).toEqual([true, 'taken', undefined])
    expect(await typed({ locale: 'en' }, 'LV-1050')).toEqual([undefined, 'taken', undefined])
  })

  it('a capture may follow one of its own talk, and no other', async () => {
    const { id } = await vault.createCapture({ conversation: 'talk-7' })
    const follow = (conversation: string) =>
      vault.createCapture({ conversation, retry_of: id }).catch((error: { code: string; param?: string }) => error)
    expect(await follow('talk-8')).toMatchObject({ code: 'request.not_found', param: 'retry_of' })
    const next = await follow('talk-7')
    if (!('clientSecret' in next)) throw new Error('the retry was refused')
    const { body } = await new TestFrame(vault.intakeUrl, next.id).attach(next.clientSecret)
    expect(body.retry_of).toBe(id)
  })

  it('the captures of a talk are listed newest first', async () => {
    const made: string[] = []
    for (let n = 0; n < 3; n += 1) made.unshift((await vault.createCapture({ conversation: 'talk-10' })).id)
    const path = `/captures?tenant=${vault.tenant.tenant}&conversation=talk-10`
    const { captures } = (await vault.asGateway('GET', path)) as { captures: { id: string }[] }
    expect(captures.map(({ id }) => id)).toEqual(made)
  })

  it('the page that a refusal names exists', async () => {
    const { id } = await vault.createCapture()
    const refused = await new TestFrame(vault.intakeUrl, id).post<{ type: string }>(
      '/v1/attach',
      'cs_aaaaaaaaaaaaaaaaaaaaaaaa',
      {},
    )
    expect((await fetch(refused.body.type)).status).toBe(200)
  })

  it('an unknown or destroyed sealing key brings the fresh one', async () => {
    const { frame, attached } = await opened()
    const sealed = await frame.seal(attached, visa)
    const refused = await frame.submit(attached, { ...sealed, key_id: 'AAAAAAAAAAA' })
    expect(refused.body.code).toBe('channel.key_expired')
    const key = refused.body.key
    if (key === undefined) throw new Error('the answer must bring the key')
    expect((await frame.submit(attached, await frame.seal({ ...attached, key }, visa))).status).toBe(200)
  })

  it('captures, hourly keys and sessions outlive a restart of intake', async () => {
    const { frame, attached } = await opened()
    const sealed = await frame.seal(attached, visa)
    await vault.restart('intake')
    // The kept-alive connection died with the old process; the frame sends the same bytes again, as here.
    const done = await frame.submit(attached, sealed).catch(() => frame.submit(attached, sealed))
    expect(done.status).toBe(200)
  })

  it("secrets: no capture, another capture's, a spent one and none at all are all the same 401", async () => {
    const one = await opened()
    const two = await opened()
    const answers = [
      await one.frame.attach(two.clientSecret),
      await new TestFrame(
        vault.intakeUrl,
        one.id.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x')),
      ).attach(one.clientSecret),
      await one.frame.post('/v1/progress', two.attached.session_secret, {
        capture_id: one.id,
        epoch: 1,
        items: [{ kind: 'started', field: 'number' }],
      }),
      await one.frame.post('/v1/submit', one.clientSecret, await one.frame.seal(one.attached, visa)),
    ]
    for (const { status, body } of answers)
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'auth.unauthenticated' })
    const again = await one.frame.attach(one.clientSecret)
    expect(again.status).toBe(200)
    expect(
      (await one.frame.progress(one.attached, [{ kind: 'started', field: 'number' }])).status,
      'the first epoch is over',
    ).toBe(401)
  })

  it('a page of another origin, a chat framed by one, and a frame without ancestors may not attach', async () => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    for (const ancestors of [['https://evil.example'], [shopOrigin, 'https://evil.example'], [], [`${shopOrigin}0`]]) {
      expect(await frame.attach(clientSecret, ancestors)).toMatchObject({
        status: 403,
        body: { code: 'channel.origin' },
      })
    }
    expect((await frame.attach(clientSecret, [shopOrigin, shopOrigin])).status).toBe(200)
  })

  it('progress becomes events, a question suspends, typing resumes, "not now" cancels', async () => {
    const { id, frame, attached } = await opened()
    await frame.progress(attached, [
      { kind: 'started', field: 'number' },
      { kind: 'progress', field: 'number', level: 'some' },
    ])
    await vault.asGateway('POST', `/captures/${id}/suspend`, { tenant: vault.tenant.tenant })
    expect(await read(id)).toMatchObject({ state: 'suspended', suspended_reason: 'question' })
    await frame.progress(attached, [{ kind: 'completed', field: 'number', brand: 'visa', last4: '4242' }])
    expect(await read(id)).toMatchObject({ state: 'collecting', fields: { number: 'complete' } })
    expect((await frame.post('/v1/cancel', attached.session_secret, { capture_id: id })).body).toMatchObject({
      state: 'canceled',
    })
    expect((await eventsOf(id)).slice(-5)).toEqual([
      'capture.field.progress',
      'capture.suspended',
      'capture.resumed',
      'capture.field.completed',
      'capture.canceled',
    ])
    expect((await frame.submit(attached, await frame.seal(attached, visa))).body.code).toBe('system.conflict')
  })

  it('"not now" works with the client secret, before anybody attached', async () => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    expect((await frame.post('/v1/cancel', clientSecret, { capture_id: id })).body).toMatchObject({ state: 'canceled' })
    expect((await frame.post('/v1/cancel', clientSecret, { capture_id: id })).body).toMatchObject({ state: 'canceled' })
  })

  it.each([
    ['completed', 409, 'system.conflict'],
    ['canceled', 409, 'customer.canceled'],
    ['expired', 410, 'customer.abandoned'],
  ])(
    'a form shown again hears that its capture is %s, also when its secret is past its time, and no more',
    async (state, status, code) => {
      const { id, clientSecret, frame, attached } = await opened()
      if (state === 'completed') await frame.submit(attached, await frame.seal(attached, visa))
      if (state === 'canceled') await frame.post('/v1/cancel', clientSecret, { capture_id: id })
      // By time alone: keeper has not written it yet.
      if (state === 'expired')
        await db.query("update captures set expires_at = now() - interval '1 second' where id = $1", [id])
      await db.query("update captures set secret_expires_at = now() - interval '1 second' where id = $1", [id])
      const again = await frame.attach(clientSecret)
      expect(again).toMatchObject({ status, body: { code, state } })
      expect(Object.keys(again.body).sort()).toEqual([
        'code',
        'request_id',
        'retryable',
        'state',
        'status',
        'title',
        'type',
        'who',
      ])
      expect(
        (await frame.attach(clientSecret.replace(/.$/, (last) => (last === '-' ? '_' : '-')))).status,
        'of another secret',
      ).toBe(401)
      const { id: open, clientSecret: late } = await vault.createCapture()
      await db.query("update captures set secret_expires_at = now() - interval '1 second' where id = $1", [open])
      expect((await new TestFrame(vault.intakeUrl, open).attach(late)).status, 'while it is open').toBe(401)
    },
  )

  it('a form that waits hears when the agent cancels', async () => {
    const { id, frame, attached } = await opened()
    const waiting = frame.post('/v1/watch', attached.session_secret, { capture_id: id, epoch: 1, after: 4 })
    await vault.asGateway('POST', `/captures/${id}/cancel`, { tenant: vault.tenant.tenant })
    expect((await waiting).body).toEqual({ state: 'canceled', sequence: 5 })
  })

  it('a capture past its time expires by keeper, and takes nothing from then on', async () => {
    const { id, frame, attached } = await opened()
    await db.query("update captures set expires_at = clock_timestamp() - interval '1 second' where id = $1", [id])
    expect((await frame.submit(attached, await frame.seal(attached, visa))).status).toBe(409)
    await expect.poll(async () => (await read(id))['state'], { timeout: 10_000 }).toBe('expired')
    expect((await eventsOf(id)).at(-1)).toBe('capture.expired')
  })

  it("another tenant's capture does not exist", async () => {
    const { id } = await opened()
    const other = 'ten_abcdefghijklmnopqrstuvwxyz'
    await expect(vault.asGateway('GET', `/captures/${id}?tenant=${other}`)).rejects.toMatchObject({
      code: 'request.not_found',
    })
    await expect(vault.asGateway('POST', `/captures/${id}/cancel`, { tenant: other })).rejects.toMatchObject({
      code: 'request.not_found',
    })
  })

  it('the test routes go the same road without a browser', async () => {
    const { id } = await vault.createCapture()
    const tenant = vault.tenant.tenant
    await vault.asGateway('POST', `/test/captures/${id}/reject`, { tenant, field: 'number', code: 'incomplete' })
    const done = (await vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant, card: 'mastercard' })) as {
      capture: object
    }
    expect(done.capture).toMatchObject({ state: 'completed', card: { brand: 'mastercard', last4: '4444' } })
    const { id: second } = await vault.createCapture()
    await vault.asGateway('POST', `/test/captures/${second}/expire`, { tenant })
    expect(await read(second)).toMatchObject({ state: 'expired' })
  })

  it('an erased token is gone for use at once, and keyd keeps a tombstone', async () => {
    const { id } = await vault.createCapture()
    const tenant = vault.tenant.tenant
    const { capture } = (await vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant })) as {
      capture: { token: { id: string } }
    }
    const erased = await vault.asGateway('POST', `/tokens/${capture.token.id}/erase`, { tenant })
    expect(erased).toMatchObject({ id: capture.token.id, state: 'erased' })
    expect((await db.query("select * from record_read($1, 'card')", [capture.token.id])).rowCount).toBe(0)
    await expect
      .poll(
        async () =>
          (await db.query('select tombstoned from tokens where id = $1', [capture.token.id])).rows[0].tombstoned,
        { timeout: 10_000 },
      )
      .toBe(true)
    expect(await eventsOf(capture.token.id)).toEqual(['token.erased'])
    await expect(
      vault.asGateway('POST', `/tokens/${capture.token.id}/erase`, { tenant: 'ten_abcdefghijklmnopqrstuvwxyz' }),
    ).rejects.toMatchObject({ code: 'request.not_found' })
  })

  it('the feed gives every event once, in order, and waits when there is none', async () => {
    const answer = (await vault.asGateway('GET', '/feed?after=0&limit=500')) as {
      head: number
      events: { position: number }[]
    }
    expect(answer.events.map((event) => event.position)).toEqual(answer.events.map((_, index) => index + 1))
    const waiting = vault.asGateway('GET', `/feed?after=${answer.head}&wait_ms=5000`) as Promise<{
      events: { event: { type: string } }[]
    }>
    await vault.createCapture()
    expect((await waiting).events[0]?.event.type).toBe('capture.created')
  })

  it("the page's language is the host page's choice, then the browser's, for any key", async () => {
    const page = async (key: string, query: string, accepted?: string) => {
      const response = await fetch(`${vault.intakeUrl}/f/${key}${query}`, {
        headers: accepted === undefined ? {} : { 'accept-language': accepted },
      })
      expect(response.headers.get('vary')).toBe('Accept-Language, Accept-Encoding')
      expect(response.headers.get('cache-control')).toBe('no-store')
      const lang = /lang="([^"]*)"/.exec(await response.text())?.[1]
      expect(response.headers.get('content-language')).toBe(lang)
      return lang
    }
    for (const key of [vault.tenant.publishable_key, `pk_test_${'a'.repeat(26)}`, 'nonsense']) {
      expect(await page(key, '?lang=de-AT', 'ar')).toBe('de')
      expect(await page(key, '?lang=', 'sw, ar;q=0.9, de;q=0.8')).toBe('ar')
      expect(await page(key, '', 'ar;q=0.2, de;q=0.8')).toBe('de')
      expect(await page(key, '?lang=de&lang=ar')).toBe('en')
      expect(await page(key, '?lang=tlh-Piqd', 'x;;,,q=')).toBe('en')
      expect(await page(key, `?lang=${'%00'.repeat(50)}`)).toBe('en')
    }
  })

  it("the agent's choice comes as words with the answer, where the page speaks another language", async () => {
    const { id, clientSecret } = await vault.createCapture({ locale: 'ar-AE' })
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body } = await frame.attach(clientSecret, [shopOrigin], 'en')
    expect(body).toMatchObject({
      locale: 'ar-AE',
      spoken: { lang: 'ar', dir: 'rtl', words: { cancel: expect.any(String) } },
    })
    expect((await frame.attach(clientSecret, [shopOrigin], 'ar')).body.spoken).toBe(undefined)
    expect((await frame.attach(clientSecret, [shopOrigin], '<b>')).status).toBe(400)
  })

  it("the page's policy allows the tenant's origins alone; an unknown key looks the same and allows nobody", async () => {
    const known = await fetch(`${vault.intakeUrl}/f/${vault.tenant.publishable_key}`)
    const unknown = await fetch(`${vault.intakeUrl}/f/pk_test_${'a'.repeat(26)}`)
    expect(known.headers.get('content-security-policy')).toContain(`frame-ancestors ${shopOrigin};`)
    expect(unknown.headers.get('content-security-policy')).toContain("frame-ancestors 'none';")
    expect(unknown.status).toBe(known.status)
    expect(await unknown.text()).toBe(await known.text())
    for (const response of [known, unknown]) {
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      // Each would cost the first form its start: a renderer anew, and three times the bytes.
      expect(response.headers.get('origin-agent-cluster')).toBeNull()
      expect(response.headers.get('content-encoding')).toMatch(/^(br|gzip)$/)
    }
  })
})
