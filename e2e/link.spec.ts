/** A form that a blocker keeps away, in the demo's chat: the agent offers it by link, and the talk goes on with the receipt. */
import { cards, fillCard } from '../testing/index.ts'
import { Shop } from './shop.ts'
import { expect, test } from './stack.ts'

test('a form that is blocked in the chat is paid by link on a phone, and the chat goes on with the receipt', async ({
  page,
  browser,
  stack,
}) => {
  await page.route('**/f/pk_*', (route) => route.abort())
  const shop = await new Shop(page, stack).open()
  await page.locator('[data-catalogue] button', { hasText: 'Lantern Room, one night' }).click()
  await shop.chooses('Yes, pay by card')
  const open = page.getByRole('link', { name: 'Open the page' })
  await expect(open).toBeVisible({ timeout: 15_000 })
  const phrase = (await page.locator('sallyport-capture b').textContent()) ?? ''
  await shop.hears(`“${phrase}”`)

  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  await phone.goto((await open.getAttribute('href')) ?? '')
  await phone.getByRole('button', { name: 'Continue' }).click()
  await expect(phone.locator('[data-choice]')).toHaveCount(5)
  await phone.getByRole('button', { name: phrase }).click()
  await fillCard(phone, cards.visa)
  await expect(phone.getByText('You can close this page. Your chat goes on.')).toBeVisible()
  await phone.context().close()

  await shop.hears('All set')
  await expect(page.locator('.receipt')).toContainText('Visa ••4242')
  await expect(open).toHaveCount(0)
  // What the agent's program was given for the customer stands in no list that a page can read again.
  const received = await shop.received()
  const answer = received.find(({ name }) => name.endsWith('/link'))
  expect(answer?.json).toMatchObject({ url: '(for the customer’s page)', qr: '(for the customer’s page)', phrase })
  expect(/\/l#[\w-]{22}/.test(JSON.stringify(received))).toBe(false)
})
