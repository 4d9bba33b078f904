/** What whoever has seen bytes or secrets of a capture does with them, at intake's outer door and in a second window. */
import { captureAad, captureInfo } from '../../crypto/capture-binding.ts'
import { generateKeyPair, open, privateDh } from '../../crypto/hpke-node.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import { cards, fillCard } from '../../testing/index.ts'
import type { AttachAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { call, puppetPage, shopPage } from './pages.ts'
import type { Said, Weakness } from './site.ts'

/** The customer pays through a proxy that ends TLS; what it has in its log, and where it stands. */
async function pays(field: Field, asked: Asked, weakness: Weakness) {
  const { page, site } = field
  const log: Said[] = []
  const proxy = await site.weak({
    ...weakness,
    anySite: true,
    ask: async (said) => {
      log.push(structuredClone(said))
      await weakness.ask?.(said)
    },
  })
  await page.goto(site.page(shopPage(field, { frameOrigin: proxy })))
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ ok: true })
  const sent = log.find(({ path }) => path === '/v1/submit')
  if (sent === undefined) throw new Error('nothing was submitted')
  // Sound: intake took it.
  return { body: sent.body as unknown as SubmitRequest, secret: sent.bearer, proxy }
}

/** What is said at the proxy by whoever read its log. */
const sayAt =
  ({ page }: Field, proxy: string) =>
  (path: string, bearer: string, body: object): Promise<Record<string, unknown>> =>
    page.evaluate(
      async ([url, secret, text]) => {
        const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
        return (await fetch(url, { method: 'POST', headers, body: text })).json()
      },
      [proxy + path, bearer, JSON.stringify(body)] as const,
    )

/**
 * Intake with the binding taken out: whatever comes opens with what it was sealed for, whichever capture it comes for.
 * The proxy has the hour's key in intake's place, and hands on what it opened.
 */
function bindsNothing(): Weakness {
  const pair = generateKeyPair('x25519')
  const attached = new Map<string, AttachAnswer>()
  const sealedFor = new Map<string, SubmitRequest>()
  return {
    told: ({ path, body }, answer) => {
      if (path !== '/v1/attach' || !('epoch' in answer)) return
      const whole = answer as unknown as AttachAnswer // sound: intake took the attach
      attached.set(String(body['capture_id']), structuredClone(whole))
      whole.key.public_key = Buffer.from(pair.publicKey).toString('base64url')
    },
    ask: async (said) => {
      if (said.path !== '/v1/submit') return
      const sent = said.body as unknown as SubmitRequest // sound: a frame of ours made it
      const { capture_id: capture, enc, ciphertext } = sent
      const first = sealedFor.get(enc) ?? structuredClone(sent)
      sealedFor.set(enc, first)
      const session = attached.get(capture)
      if (session === undefined) throw new Error('nobody attached')
      const plaintext = open({
        kem: 'x25519',
        publicKey: pair.publicKey,
        dh: privateDh('x25519', pair.privateKey),
        info: captureInfo(session.tenant, session.origin),
        aad: captureAad({
          capture: first.capture_id,
          epoch: first.epoch,
          keyId: first.key_id,
          build: first.build,
          shownHash: first.shown,
        }),
        enc: Buffer.from(enc, 'base64url'),
        ciphertext: Buffer.from(ciphertext, 'base64url'),
      })
      Object.assign(said.body, await new TestFrame('', capture).sealBytes(session, plaintext))
    },
  }
}

/** The bytes of a finished submission, sent again: by nobody, by whoever has the session, and for a capture of one's own. */
async function sendsAgain(field: Field, weakness: Weakness) {
  const asked = await field.ask()
  const { body, secret, proxy } = await pays(field, asked, weakness)
  const before = await field.state(asked)
  const say = sayAt(field, proxy)
  const byNobody = await say('/v1/submit', `ss_${'a'.repeat(43)}`, body)
  const again = await say('/v1/submit', secret, body)

  const own = await field.ask()
  const { captureId: capture_id } = own
  const mine = { v: 1, capture_id, channel: 'web', ancestors: [field.site.shop], build: 'test' }
  const { session_secret: session, epoch } = await say('/v1/attach', own.clientSecret, mine)
  const moved = await say('/v1/submit', String(session), { ...body, capture_id, epoch })
  return { before, after: await field.state(asked), byNobody, again, moved, own: await field.state(own) }
}

attack('Captured bytes of a submission are sent again', {
  had: 'The sealed bytes of a finished submission, and a capture of the attacker in the same shop',
  defended: [
    'without the secret of the session they are refused, with it they give the same token, and for another capture they do not open',
    async (field) => {
      const { before, after, byNobody, again, moved, own } = await sendsAgain(field, {})
      expect(byNobody['code']).toBe('auth.unauthenticated')
      expect(again['token']).toBe(before.token?.id)
      expect(moved['code']).toBe('request.malformed')
      expect(after).toEqual(before)
      expect(own.token).toBeUndefined()
    },
  ],
  undefended: [
    'a vault that binds nothing to what is sealed makes a second token of the same bytes, for the attacker',
    async (field) => {
      const { before, moved, own } = await sendsAgain(field, bindsNothing())
      expect(own).toMatchObject({ state: 'completed', token: { id: moved['token'] }, card: { last4: '4242' } })
      expect(moved['token']).not.toBe(before.token?.id)
    },
  ],
})

/** Every bearer is as good as the right one. */
function anySecret(captures: Asked[]): Weakness & { sessions: Map<string, AttachAnswer> } {
  const sessions = new Map<string, AttachAnswer>()
  return {
    sessions,
    ask: (said: Said) => {
      const id = String(said.body['capture_id'])
      const client = captures.find(({ captureId }) => captureId === id)?.clientSecret
      said.bearer = (said.path === '/v1/attach' ? client : sessions.get(id)?.session_secret) ?? said.bearer
    },
    told: ({ path, body }, answer) => {
      // Sound: what intake answers to an attach that it took.
      if (path === '/v1/attach' && 'epoch' in answer)
        sessions.set(String(body['capture_id']), answer as unknown as AttachAnswer)
    },
  }
}

attack('The secret of one capture is used for another', {
  had: 'The client secret and the session of a capture of its own, and the id of another',
  defended: [
    'intake answers as if the other capture did not exist, to each route, and it stays as it was',
    async (field) => {
      const { page, site } = field
      const [own, other] = [await field.ask(), await field.ask()]
      const before = await field.state(other)
      await page.goto(site.page(shopPage(field)))
      const result = page.evaluate((wanted) => window.pay(wanted), { ...other, clientSecret: own.clientSecret })
      expect(await result).toEqual({ ok: false, code: 'auth.unauthenticated' })

      const session = (await field.speaker(own).attach(own.clientSecret, [site.shop])).body
      const speaker = field.speaker(other)
      const items = [{ kind: 'started', field: 'number' }]
      const sealed = await speaker.seal(session, { number: cards.visa.number, cvc: '123' })
      const there = { capture_id: other.captureId, epoch: 1 }
      const tries = {
        '/v1/progress': { ...there, items },
        '/v1/submit': sealed,
        '/v1/cancel': { capture_id: other.captureId },
        '/v1/watch': { ...there, after: 0 },
      }
      for (const secret of [session.session_secret, own.clientSecret])
        for (const [path, body] of Object.entries(tries))
          expect((await speaker.post(path, secret, body)).body['code'], path).toBe('auth.unauthenticated')
      const nobody = { capture_id: `cap_${'a'.repeat(26)}` }
      expect((await speaker.post('/v1/cancel', own.clientSecret, nobody)).body['code']).toBe('auth.unauthenticated')
      expect(await field.state(other)).toEqual(before)
    },
  ],
  undefended: [
    'where any secret will do, the other capture is filled and ended',
    async (field) => {
      const { page, site } = field
      const [own, other] = [await field.ask(), await field.ask()]
      const frameOrigin = await site.weak(anySecret([own, other]))
      await page.goto(site.page(shopPage(field, { frameOrigin })))
      const result = page.evaluate((wanted) => window.pay(wanted), { ...other, clientSecret: own.clientSecret })
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true })
      expect((await field.state(other)).state).toBe('completed')
    },
  ],
})

/** The form in the customer's window, then the same capture in another one. */
async function inTwoWindows(field: Field, asked: Asked, frameOrigin?: string) {
  const { page, site } = field
  const address = site.page(shopPage(field, frameOrigin === undefined ? {} : { frameOrigin }))
  await page.goto(address)
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  result.catch(() => {})
  await fillCard(page, cards.visa, { submit: false })
  const second = await page.context().newPage()
  await second.goto(address)
  const late = second.evaluate((wanted) => window.pay(wanted), asked)
  late.catch(() => {})
  await fillCard(second, cards.mastercard, { submit: false })
  return { result, second, late }
}

attack('A second window attaches to the same capture', {
  had: 'The client secret of a capture that the customer is filling in',
  defended: [
    'the later one fences the earlier one out: its form closes and says so, its words are refused, one card is taken',
    async (field) => {
      const asked = await field.ask()
      const first = field.speaker(asked)
      const early = (await first.attach(asked.clientSecret, [field.site.shop])).body
      const { result, second, late } = await inTwoWindows(field, asked)
      expect(await result).toEqual({ ok: false, code: 'channel.epoch_stale' })
      expect(await field.number(await field.frame()).inputValue()).toBe('')
      const refused = await first.progress(early, [{ kind: 'started', field: 'number' }])
      expect(refused.body.code).toBe('auth.unauthenticated')
      await fillCard(second, cards.mastercard)
      expect(await late).toMatchObject({ ok: true, last4: '4444' })
      expect((await field.state(asked)).card?.last4).toBe('4444')
      expect(await field.events(asked)).toContain('capture.channel.detached')
    },
  ],
  undefended: [
    'where neither side compares epochs, both forms stay open and both write into one capture',
    async (field) => {
      const asked = await field.ask()
      const weakness = anySecret([asked])
      const weak = await field.site.weak({
        ...weakness,
        frame: [{ file: 'frame/capture.ts', take: 'void this.#follow(attached)', put: '' }],
        ask: (said) => {
          weakness.ask?.(said)
          const epoch = weakness.sessions.get(asked.captureId)?.epoch
          if ('epoch' in said.body && epoch !== undefined) said.body['epoch'] = epoch
        },
      })
      const { result } = await inTwoWindows(field, asked, weak)
      const events = (await field.events(asked)).length
      await field.number(await field.frame()).fill('4000')
      await expect.poll(async () => (await field.events(asked)).length).toBeGreaterThan(events)
      expect(await Promise.race([result, field.page.waitForTimeout(400).then(() => 'open')])).toBe('open')
    },
  ],
})

/** The page plays the widget; the customer types for one capture, and the page opens another. */
async function changeUnderTheHands(
  field: Field,
  form: string,
): Promise<{ shown: Asked; other: Asked; answer: unknown }> {
  const { page, site } = field
  const [shown, other] = [await field.ask(), await field.ask()]
  await page.goto(site.page(puppetPage(form)))
  await page.waitForFunction(() => window.port)
  await page.evaluate((message) => window.say(message), call('a', 'open', shown))
  await fillCard(page, cards.visa, { submit: false })
  await page.evaluate((message) => window.say(message), call('b', 'open', other))
  const answers = () =>
    page.evaluate(() => (window.loot as { id?: string; value?: unknown }[]).find(({ id }) => id === 'b'))
  await expect.poll(answers).toBeDefined()
  await page.waitForTimeout(200)
  await fillCard(page, cards.visa)
  await expect.poll(() => page.evaluate(() => JSON.stringify(window.loot))).toContain('"t":"complete"')
  return { shown, other, answer: (await answers())?.value }
}

attack('The page changes the capture under what the customer has typed', {
  had: 'The page, and a capture of the attacker beside the one that is shown',
  defended: [
    'a document serves one capture: the second is refused, and the card goes to the one that was shown',
    async (field) => {
      const { shown, other, answer } = await changeUnderTheHands(field, field.form())
      expect(answer).toEqual({ ok: false, code: 'system.conflict' })
      expect([(await field.state(shown)).state, (await field.state(other)).state]).toEqual(['completed', 'created'])
    },
  ],
  undefended: [
    'where a document takes up another capture, the card goes there',
    async (field) => {
      const take = 'if (this.#command !== null) return this.#command.captureId === command.captureId'
      const weak = await field.site.weak({
        frame: [{ file: 'frame/capture.ts', take, put: 'if (false) return true' }],
      })
      const { shown, other } = await changeUnderTheHands(field, field.form(weak))
      await expect.poll(async () => (await field.state(other)).state).toBe('completed')
      expect((await field.state(shown)).token).toBeUndefined()
    },
  ],
})
