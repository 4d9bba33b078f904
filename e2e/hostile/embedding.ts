/** Who may show the form: other sites, a foreign site around the shop's chat, and scripts that talk to intake themselves. */
import type { EngineFrame, EnginePage } from '../engines/browser.ts'
import { cards, fillCard } from '../../testing/index.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { call, puppetPage, script, shopPage } from './pages.ts'
import type { Weakness } from './site.ts'

const everyAncestor = (headers: Headers): void => {
  const policy = headers.get('content-security-policy') ?? ''
  headers.set('content-security-policy', policy.replace(/frame-ancestors [^;]*/, 'frame-ancestors *'))
}

/** Whichever pages stand around the frame, intake is told of the shop alone. */
const shopAsAncestor = (field: Field): Weakness => ({
  page: everyAncestor,
  ask: ({ path, body }) => {
    if (path === '/v1/attach') body['ancestors'] = [field.site.shop]
  },
})

const loot = (page: EnginePage): Promise<Record<string, unknown>[]> =>
  page.evaluate(() => window.loot as Record<string, unknown>[])

/** Opens the form on a page that plays the widget; what the form says first. */
async function openByHand({ page }: Field, asked: Asked): Promise<Record<string, unknown>> {
  await page.waitForFunction(() => window.port)
  await page.evaluate((message) => window.say(message), call('a', 'open', asked))
  const word = async () => (await loot(page)).find(({ t }) => t === 'ready' || t === 'error')
  await expect.poll(word).toBeDefined()
  return (await word()) ?? {}
}

attack('Another site embeds the form', {
  had: 'The publishable key, which is public',
  defended: [
    'the browser shows an error page, also under names that look alike, and nobody says hello',
    async ({ page, site, form, isRefused }) => {
      for (const origin of [site.evil, site.at('shop.localhost.evil'), site.at('xshop')]) {
        await page.goto(site.page(puppetPage(form()), origin))
        await expect.poll(isRefused).toBe(true)
        expect(await page.evaluate(() => window.port === undefined)).toBe(true)
      }
    },
  ],
  undefended: [
    'without `frame-ancestors` the form stands on the other site and takes its port',
    async ({ page, site, form, frame, number }) => {
      const weak = await site.weak({ page: everyAncestor })
      await page.goto(site.page(puppetPage(form(weak)), site.evil))
      await page.waitForFunction(() => window.port)
      await expect(number(await frame())).toBeVisible()
    },
  ],
})

attack('Another site opens the form with a stolen client secret', {
  had: 'The client secret of a capture, and a browser that does not know `frame-ancestors`',
  defended: [
    'the frame tells intake where it stands, intake refuses to attach, and the capture stays as it was',
    async (field) => {
      const { page, site, form } = field
      const asked = await field.ask()
      const before = await field.state(asked)
      await page.goto(site.page(puppetPage(form(await site.weak({ page: everyAncestor }))), site.evil))
      expect(await openByHand(field, asked)).toMatchObject({ t: 'error', code: 'channel.origin', fatal: true })
      expect(await field.state(asked)).toEqual(before)
    },
  ],
  undefended: [
    'where intake does not compare ancestors, the customer pays on the other site',
    async (field) => {
      const { page, site, form } = field
      const asked = await field.ask()
      await page.goto(site.page(puppetPage(form(await site.weak(shopAsAncestor(field)))), site.evil))
      expect(await openByHand(field, asked)).toMatchObject({ t: 'ready' })
      await fillCard(page, cards.visa)
      await expect.poll(async () => (await field.state(asked)).state).toBe('completed')
    },
  ],
})

/** A page whose script attaches by itself. */
const attachingPage = (origin: string, field: Field, { captureId, clientSecret }: Asked): string =>
  `<body>${script(
    (address, ancestors, capture_id, secret) => {
      window.loot = []
      const body = JSON.stringify({ v: 1, capture_id, channel: 'web', ancestors, build: 'evil' })
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
      const tries: RequestInit[] = [{ headers }, { mode: 'no-cors' }]
      for (const how of tries)
        fetch(address, { method: 'POST', body, ...how }).then(
          async (response) => window.loot.push(response.type === 'opaque' ? 'opaque' : await response.json()),
          () => window.loot.push('refused'),
        )
    },
    `${origin}/v1/attach`,
    [field.site.shop],
    captureId,
    clientSecret,
  )}</body>`

attack('A script of another site talks to intake itself, and lies about where it stands', {
  had: 'The client secret of a capture',
  defended: [
    'no answer reaches the script, and the capture stays as it was',
    async (field) => {
      const asked = await field.ask()
      const before = await field.state(asked)
      await field.page.goto(field.site.page(attachingPage(field.capture, field, asked), field.site.evil))
      await expect.poll(async () => (await loot(field.page)).length).toBe(2)
      expect((await loot(field.page)).sort()).toEqual(['opaque', 'refused'])
      expect(await field.state(asked)).toEqual(before)
    },
  ],
  undefended: [
    'where intake takes requests of any origin, the script attaches and has the secret of the session',
    async (field) => {
      const asked = await field.ask()
      const weak = await field.site.weak({ anySite: true })
      await field.page.goto(field.site.page(attachingPage(weak, field, asked), field.site.evil))
      await expect.poll(() => loot(field.page)).toContainEqual(expect.objectContaining({ epoch: 1 }))
      expect((await field.state(asked)).epoch).toBe(1)
    },
  ],
})

/** The shop's chat in a frame of another site. */
const around = (inner: string): string =>
  `<body><h1>Prizes</h1><iframe src="${inner}" width="600" height="900"></iframe></body>`

async function chatIn({ embedded }: Field, address: string): Promise<EngineFrame> {
  const chat = await embedded(address)
  await chat.waitForFunction(() => window.pay)
  return chat
}

attack('A foreign site puts the whole chat into a frame of its own', {
  had: 'The address of the chat',
  defended: [
    'every page above the form must be allowed: the browser refuses the form in the allowed chat too',
    async (field) => {
      const { page, site } = field
      await page.goto(site.page(around(site.page(shopPage(field))), site.evil))
      await expect.poll(field.isRefused).toBe(true)
    },
  ],
  undefended: [
    'where only the nearest page is compared, the customer pays below the foreign one',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const frameOrigin = await site.weak(shopAsAncestor(field))
      const chat = site.page(shopPage(field, { frameOrigin }))
      await page.goto(site.page(around(chat), site.evil))
      const result = (await chatIn(field, chat)).evaluate((wanted) => window.pay(wanted), asked)
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
    },
  ],
})

/** A portal that the tenant allows as well, with the chat in it; what the chat's element says in the end. */
async function askInPortal(field: Field, asked: Asked): Promise<Record<string, unknown>> {
  const { page, site } = field
  const chat = site.page(shopPage(field))
  await page.goto(site.page(around(chat), site.portal))
  return (await chatIn(field, chat)).evaluate((wanted) => window.pay(wanted), asked)
}

attack('Another customer of a shared chat opens the form below its own page', {
  had: 'A page that the tenant allows, and the client secret of a capture for another page',
  defended: [
    'the capture names the page that must be outermost, and opens below no other',
    async (field) => {
      const asked = await field.ask({ top_origin: field.site.shop })
      expect(await askInPortal(field, asked)).toMatchObject({ ok: false, code: 'channel.origin' })
      expect((await field.state(asked)).state).toBe('created')
    },
  ],
  undefended: [
    'where the agent names no page, the form opens below any allowed one',
    async (field) => {
      const asked = await field.ask()
      const result = askInPortal(field, asked)
      await fillCard(field.page, cards.visa)
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
    },
  ],
})
