/** What the page tells the merchant's agent: nothing of value hangs on it. */
import { assertToken, type ChargeAnswer } from '../../agent/index.ts'
import { Checkout, type Order, type Told } from '../../demo/agent/checkout.ts'
import { startDemo } from '../../demo/server/start.ts'
import { freePorts } from '../../server/testing/free-ports.ts'
import { cards, fillCard } from '../../testing/index.ts'
import { Shop, typesOf } from '../shop.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { script, shopPage } from './pages.ts'

const forged = `tok_test_${'z'.repeat(26)}`

/** From the greeting to an order whose card is asked for; the form need not be there yet. */
async function orders(shop: Shop): Promise<string> {
  const { page } = shop
  await page.locator('[data-catalogue] button', { hasText: 'Lantern Room, one night' }).click()
  await shop.hears('Shall I take the payment')
  await shop.chooses('Yes, pay by card')
  await expect(page.locator('sallyport-capture')).toHaveCount(1)
  // The answer has come; the agent hears of it as an event a moment later.
  await expect.poll(async () => typesOf(await shop.events())).toContain('capture.created')
  return shop.captureId()
}

/** The page says that the card is in, by the event that our element sends and to the shop's server. */
async function forges({ page }: Shop, captureId: string): Promise<void> {
  await page.evaluate(
    async ([id, token]) => {
      const detail = { captureId: id, token, brand: 'visa', last4: '4242' }
      const target = document.querySelector('sallyport-capture')
      const event = new CustomEvent('sallyport:complete', { bubbles: true, composed: true, detail })
      target?.dispatchEvent(Object.assign(event, detail))
      const said = await fetch('/api/hint', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ capture_id: id, token }),
      })
      if (!said.ok) throw new Error('the shop did not take the hint')
    },
    [captureId, forged] as const,
  )
}

/**
 * The demo's own shop in this process, whose agent goes by the word of the page: where ours compares the token, this one
 * takes it for a payment.
 */
async function gullibleShop({ stack, page }: Field): Promise<{ shop: Shop; close(): Promise<void> }> {
  const [port = 0] = await freePorts(1)
  const { compare } = Checkout.prototype
  Checkout.prototype.compare = async function (captureId, token) {
    // Sound: members of its own, which are nobody else's to see.
    const { form, told } = this as unknown as { form: { id: string; order: Order } | null; told: Told }
    if (form?.id === captureId) told.settled(form.order, { state: 'captured', token } as ChargeAnswer)
  }
  const demo = `http://127.0.0.1:${port}`
  const { close } = await startDemo({
    port,
    public_url: demo,
    gateway_url: stack.direct.gateway,
    secret_key: stack.tenant.secret_key,
    publishable_key: stack.tenant.publishable_key,
    capture_origin: stack.urls.capture,
    widget_url: `${stack.urls.gateway}/widget/sallyport.js`,
  })
  return {
    shop: await new Shop(page, { ...stack, urls: { ...stack.urls, demo } }).open(),
    close: () => {
      Checkout.prototype.compare = compare
      return close()
    },
  }
}

attack('The page forges the event and the hint that the card is in', {
  had: 'The page of the shop, and everything that its own script may send to the shop',
  defended: [
    'the agent does not move: no charge, no event, no receipt, until the real word comes from the server',
    async ({ page, stack }) => {
      const shop = await new Shop(page, stack).open()
      const captureId = await orders(shop)
      await shop.formIsOpen()
      // What the form itself brings about is told by then.
      await expect.poll(async () => typesOf(await shop.events(), 'capture.')).toContain('capture.offered')
      const before = { events: await shop.events(), capture: await shop.sallyport.captures.get(captureId) }
      await forges(shop, captureId)
      await page.waitForTimeout(300)
      expect(await shop.events()).toEqual(before.events)
      expect(await shop.sallyport.captures.get(captureId)).toEqual(before.capture)
      expect((await shop.received()).some(({ name }) => name === 'POST /v1/charges')).toBe(false)
      await expect(page.locator('.receipt')).toHaveCount(0)
      await fillCard(page, cards.visa)
      await shop.hears('All set')
      expect(typesOf(await shop.events(), 'charge.')).toContain('charge.captured')
    },
  ],
  undefended: [
    'an agent that goes by the word of the page hands over the goods for a card that never was',
    async (field) => {
      const { shop, close } = await gullibleShop(field)
      try {
        const captureId = await orders(shop)
        await forges(shop, captureId)
        await shop.hears('All set')
        await expect(field.page.locator('.receipt')).toHaveCount(1)
        expect((await shop.sallyport.captures.get(captureId)).token).toBeUndefined()
      } finally {
        await close()
      }
    },
  ],
})

/** Two customers pay in the same shop; the page of the second puts the token of the first into its event. */
async function swapped(field: Field): Promise<{ asked: Asked; stolen: string; fromPage: string }> {
  const { page, site, sallyport } = field
  const other = await field.ask()
  await sallyport.test.complete(other.captureId)
  const stolen = (await field.state(other)).token?.id ?? ''
  const asked = await field.ask()
  const swapping = script((token) => {
    addEventListener('sallyport:complete', (event) => Object.defineProperty(event, 'token', { value: token }), true)
    addEventListener('sallyport:complete', (event) => window.loot.push((event as unknown as { token: string }).token))
  }, stolen)
  await page.goto(site.page(shopPage(field, { before: swapping })))
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  await fillCard(page, cards.mastercard)
  await result
  await expect.poll(() => page.evaluate(() => window.loot)).toEqual([stolen])
  return { asked, stolen, fromPage: stolen }
}

const charge = ({ sallyport }: Field, token: string, { captureId }: Asked): Promise<ChargeAnswer> =>
  sallyport.charges.create({ token, amount_minor: 8000, currency: 'EUR', reference: captureId })

attack('The page swaps the token for that of another customer', {
  had: 'The page, and a live token of another customer of the same shop',
  defended: [
    "the agent compares it with the capture's own and refuses; it charges what the server names",
    async (field) => {
      const { asked, stolen, fromPage } = await swapped(field)
      const capture = await field.state(asked)
      expect(() => assertToken(capture, fromPage)).toThrow(
        expect.objectContaining({ code: 'policy.purpose_not_allowed' }),
      )
      expect((await charge(field, capture.token?.id ?? '', asked)).state).toBe('captured')
      expect((await field.sallyport.tokens.get(stolen)).state).toBe('active')
    },
  ],
  undefended: [
    'an agent that charges what the page hands over charges the card of the other customer',
    async (field) => {
      const { asked, stolen, fromPage } = await swapped(field)
      expect(await charge(field, fromPage, asked)).toMatchObject({ state: 'captured', token: stolen })
    },
  ],
})
