/** What differs between engines, on the whole stack: what the browser can tell of a covered form, and a form that it keeps away. */
import { cards, fillCard } from '../../testing/index.ts'
import { Shop } from '../shop.ts'
import type { EnginePage } from './browser.ts'
import { expect, test } from './test.ts'

/** What a row of docs/engines.md says beside `passed`. */
const found = (what: string): void => void test.info().annotations.push({ type: 'found', description: what })
const canTellCovers = (page: EnginePage): Promise<boolean> =>
  page.evaluate(() => 'isVisible' in IntersectionObserverEntry.prototype)

test('the capture says whether the browser could tell that nothing lay over the form', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  const expected = (await canTellCovers(page)) ? 'verified' : 'unverified'
  await shop.toForm()
  await fillCard(page, cards.visa)
  await shop.hears('All set')
  const told = (await shop.events()).flatMap(({ type, data }) => (type === 'capture.processing' ? [data] : []))
  expect(told).toMatchObject([{ visibility: expected }])
  found(expected)
})

test('a form that the page forbids is told by code within eight seconds, and paid by link in a window of its own', async ({
  page,
  stack,
}) => {
  const shop = await new Shop(page, stack).open()
  // The browser itself refuses the frame; nothing is routed.
  await page.evaluate(() => {
    const policy = document.createElement('meta')
    policy.httpEquiv = 'Content-Security-Policy'
    policy.content = "frame-src 'none'"
    document.head.append(policy)
    addEventListener('sallyport:error', (event) => {
      document.body.dataset['code'] ??= `${(event as Event & { code: string }).code} ${performance.now() - begun}`
    })
    // From the click that asks for the form.
    let begun = 0
    addEventListener('click', () => (begun = performance.now()), true)
  })
  await page.locator('[data-catalogue] button', { hasText: 'Lantern Room, one night' }).click()
  await shop.hears('Shall I take the payment')
  await shop.chooses('Yes, pay by card')
  const open = page.locator('sallyport-capture a')
  await expect(open).toBeVisible()
  const [code, ms] = String(await page.evaluate(() => document.body.dataset['code'])).split(' ')
  expect(code).toBe('channel.csp')
  expect(Number(ms)).toBeLessThan(8_000)
  const phrase = (await page.locator('sallyport-capture b').textContent()) ?? ''

  const link = await page.context().newPage()
  await link.goto((await open.getAttribute('href')) ?? '')
  await link.locator('#gate-go').click()
  await link.locator('[data-choice]', { hasText: phrase }).click()
  await fillCard(link, cards.visa)
  await expect(link.locator('#after')).toBeVisible()
  await shop.hears('All set')
  await expect(page.locator('.receipt')).toContainText('Visa ••4242')
  const events = await shop.events()
  expect(events.flatMap(({ type, data }) => (type === 'capture.channel.attached' ? [data] : []))).toMatchObject([
    { kind: 'link', tier: 'link_page' },
  ])
  const processing = events.find(({ type }) => type === 'capture.processing')
  const { visibility } = (processing?.data ?? {}) as { visibility?: string }
  found(`${code}, then the link; visibility ${visibility}`)
})
