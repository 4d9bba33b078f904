/** What whoever has seen bytes or secrets of a capture does with them, at intake's outer door and in a second window. */
import { generateKeyPair, open, privateDh } from '../../crypto/hpke-node.ts'
import { sealTo } from '../../crypto/hpke-web.ts'
import { cards, fillCard } from '../../testing/index.ts'
import type { AttachAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { call, puppetPage, shopPage } from './pages.ts'
import type { Said, Weakness } from './site.ts'

/** The customer pays through a proxy that ends TLS; what it has in its log. */
async function pays(field: Field, asked: Asked): Promise<{ body: SubmitRequest; secret: string }> {
  const { page, site } = field
  const log: Said[] = []
  const proxy = await site.weak({ ask: (said) => log.push(structuredClone(said)) })
  await page.goto(site.page(shopPage(field, { frameOrigin: proxy })))
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ ok: true })
  const sent = log.find(({ path }) => path === '/v1/submit')
  if (sent === undefined) throw new Error('nothing was submitted')
  // Sound: intake took it.
  return { body: sent.body as unknown as SubmitRequest, secret: sent.bearer }
}

/** A vault that opens what it gets: nothing is bound to what is sealed, and nobody is asked for a secret. */
function naiveVault() {
  const pair = generateKeyPair('x25519')
  const nothing = new Uint8Array()
  /** By capture, the number that its token stands for. */
  const minted = new Map<string, string>()
  return {
    minted,
    seal: (plaintext: Uint8Array) => sealTo(new Uint8Array(pair.publicKey), nothing, nothing, plaintext),
    submit: (capture: string, sealed: { enc: Uint8Array; ciphertext: Uint8Array }): void => {
      const { publicKey } = pair
      const dh = privateDh('x25519', pair.privateKey)
      minted.set(capture, open({ kem: 'x25519', publicKey, dh, info: nothing, aad: nothing, ...sealed }).toString())
    },
  }
}

attack('Captured bytes of a submission are sent again', {
  had: 'The sealed bytes of a finished submission, and a capture of the attacker in the same shop',
  defended: [
    'without the secret of the session they are refused, with it they give the same token, and for another capture they do not open',
    async (field) => {
      const asked = await field.ask()
      const { body, secret } = await pays(field, asked)
      const before = await field.state(asked)
      const submit = (to: Asked, bearer: string, bytes: object) =>
        field.speaker(to).post<{ token?: string; code?: string }>('/v1/submit', bearer, bytes)

      expect((await submit(asked, `ss_${'a'.repeat(43)}`, body)).body.code).toBe('auth.unauthenticated')
      expect((await submit(asked, secret, body)).body.token).toBe(before.token?.id)

      const own = await field.ask()
      const attached = (await field.speaker(own).attach(own.clientSecret, [field.site.shop])).body
      const moved = { ...body, capture_id: own.captureId, epoch: attached.epoch, shown: body.shown }
      expect((await submit(own, attached.session_secret, moved)).body.code).toBe('request.malformed')
      expect(await field.state(asked)).toEqual(before)
      expect((await field.state(own)).token).toBeUndefined()
    },
  ],
  undefended: [
    'a vault that binds nothing to what is sealed makes a second token of the same bytes, for the attacker',
    async () => {
      const vault = naiveVault()
      const bytes = await vault.seal(Buffer.from(cards.visa.number))
      for (const capture of ['the customer', 'the attacker']) vault.submit(capture, bytes)
      expect(vault.minted.get('the attacker')).toBe(cards.visa.number)
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
