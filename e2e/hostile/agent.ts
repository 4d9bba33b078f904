/** What the page tells the merchant's agent: nothing of value hangs on it. */
import { assertToken, type ChargeAnswer } from '../../agent/index.ts'
import { cards, fillCard } from '../../testing/index.ts'
import { Shop, typesOf } from '../shop.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { script, shopPage } from './pages.ts'

const forged = `tok_test_${'z'.repeat(26)}`

attack('The page forges the event and the hint that the card is in', {
  had: 'The page of the shop, and everything that its own script may send to the shop',
  defended: [
    'the agent does not move: no charge, no event, no receipt, until the real word comes from the server',
    async ({ page, stack }) => {
      const shop = await new Shop(page, stack).open()
      await shop.toForm()
      const captureId = await shop.captureId()
      const before = { events: await shop.events(), capture: await shop.sallyport.captures.get(captureId) }
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
      const { page, site } = field
      const asked = await field.ask()
      const naive = script(() => {
        addEventListener('sallyport:complete', (event) => {
          const { token } = event as unknown as { token: string }
          void fetch('/naive-shop/paid', { method: 'POST', body: token })
        })
      })
      await page.goto(site.page(shopPage(field, { before: naive })))
      await page.evaluate((token) => {
        window.card.dispatchEvent(Object.assign(new Event('sallyport:complete', { bubbles: true }), { token }))
      }, forged)
      const paid = () => site.got.find(({ path }) => path === '/naive-shop/paid')
      await expect.poll(paid).toMatchObject({ body: forged })
      expect((await field.state(asked)).state).toBe('created')
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
