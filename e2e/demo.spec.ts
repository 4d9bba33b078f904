/** The shop's page itself: its shape at every width, its order for assistive technology, and what it does when things are missing. */
import type { Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import { countShifts } from './demo-shift.ts'
import { Shop } from './shop.ts'
import { expect, test } from './stack.ts'

test.describe.configure({ mode: 'parallel' })

const wideness = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

// One walk for both: axe looks at every element several times over. Its other looks are in demo.soak.ts.
test.describe('at 360 px, dark', () => {
  // For the whole context: axe opens a tab of its own, and clicks go astray when that one has another size.
  test.use({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' })

  test('nothing scrolls sideways or shifts and axe finds nothing, from the greeting to the receipt and in every view', async ({
    page,
    stack,
  }) => {
    test.setTimeout(120_000)
    const shifts = await countShifts(page)
    const shop = await new Shop(page, stack).open()
    await shop.chooses('Lantern Room, one night')
    await shop.chooses('Yes, pay by card')
    await shop.formIsOpen()
    expect(await wideness(page)).toBe(0)
    expect(await axeFinds(page)).toEqual([])
    expect(await page.locator('[data-log]').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0)
    await fillCard(page, cards.visa)
    await shop.hears('All set')
    expect(await shifts()).toBeLessThan(0.05)
    expect(await page.locator('[data-log]').evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0)
    for (const view of ['Agent’s view', 'Rooms']) {
      await page.getByRole('button', { name: view }).click()
      expect(await wideness(page)).toBe(0)
      expect(await axeFinds(page)).toEqual([])
    }
  })
})

test('the panel searches what it shows, and shows raw JSON on demand', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await expect(page.getByText('Still empty.')).toBeVisible()
  await shop.toForm()
  await fillCard(page, cards.visa)
  await shop.hears('All set')
  await expect(page.locator('[data-verdict]')).toContainText(
    /\d+ values received and searched\. Card numbers among them: 0\./,
  )
  await expect(page.locator('[data-known-number]')).toHaveText('Visa •••• 4242')
  await expect(page.locator('[data-known-expiry]')).toHaveText(/^\d\d \/ 20\d\d$/)
  const completed = page.locator('.seen-entry').filter({ hasText: 'capture.completed' })
  await completed.getByText('JSON').click()
  await expect(completed.locator('pre')).toContainText('"last4": "4242"')
})

test('the client secret never reaches the panel, and the secret key never reaches the page', async ({
  page,
  stack,
}) => {
  const bodies: string[] = []
  page.on('response', async (response) => {
    if (response.url().startsWith(stack.urls.demo) && !response.url().endsWith('/api/talk'))
      bodies.push(await response.text().catch(() => ''))
  })
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  const log = JSON.stringify(await shop.received())
  expect(log).toContain('(for the customer’s page)')
  const secret = bodies.flatMap((body) => /"client_secret":"([^"(]+)"/.exec(body)?.[1] ?? [])[0]
  expect(secret).toBeDefined()
  expect(log).not.toContain(secret)
  expect(bodies.join('\n')).not.toContain(stack.tenant.secret_key)
})

test('a card number typed into the chat is not sent, and the form opens in its place', async ({ page, stack }) => {
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  const shop = await new Shop(page, stack).open()
  await shop.says('Lantern Room, one night')
  await shop.hears('Shall I take the payment')
  await shop.says('yes, it is 4242 4242 4242 4242, 12/29, 123')
  await expect(page.getByRole('alert').filter({ hasText: 'looks like a card number' })).toBeVisible()
  await page.getByRole('button', { name: 'Use the secure form' }).click()
  await shop.formIsOpen()
  expect(sent.join()).not.toContain('4242 4242')
  expect(JSON.stringify(await shop.received())).not.toContain('4242 4242')
})

test('without the guard’s script a card number typed into the chat is not sent either', async ({ page, stack }) => {
  await page.route('**/widget/sallyport-guard.js', (route) => route.abort())
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
  const shop = await new Shop(page, stack).open()
  await shop.says('4242 4242 4242 4242')
  await expect(page.getByRole('alert').filter({ hasText: 'looks like a card number' })).toBeVisible()
  expect(sent.join()).not.toContain('4242')
})

test('without the widget the page says so, and the chat works', async ({ page, stack }) => {
  await page.clock.install()
  await page.route('**/widget/**', (route) => route.abort())
  const shop = await new Shop(page, stack).open()
  await shop.chooses('Lantern Room, one night')
  await shop.chooses('Yes, pay by card')
  // Asked again until the form stands there and waits: it gives up after ten seconds, which need not be sat through.
  await expect(async () => {
    await page.clock.fastForward(10_000)
    await expect(page.getByText('The card form could not load.')).toBeVisible({ timeout: 500 })
  }).toPass()
})

test('a conversation that the server no longer knows begins anew and explains itself', async ({
  page,
  stack,
  context,
}) => {
  const shop = await new Shop(page, stack).open()
  await context.addCookies([{ name: 'harbour_conversation', value: `chat_${'z'.repeat(26)}`, url: stack.urls.demo }])
  await page.reload()
  await shop.hears('welcome to Harbour Rooms')
  await expect(page.getByText('was started again')).toBeVisible()
})

test('the page is served with a strict policy and breaks none of it', async ({ page, stack }) => {
  const violations: string[] = []
  page.on('console', (message) => {
    if (/content security policy|trusted ?type/i.test(message.text())) violations.push(message.text())
  })
  const response = page.waitForResponse((candidate) => candidate.url() === `${stack.urls.demo}/`)
  const shop = await new Shop(page, stack).open()
  const policy = (await response).headers()['content-security-policy'] ?? ''
  for (const part of ["default-src 'none'", "require-trusted-types-for 'script'", `frame-src ${stack.urls.capture}`])
    expect(policy).toContain(part)
  expect(policy).not.toMatch(/unsafe-|\*/)
  for (const script of ['sallyport.js', 'sallyport-guard.js'])
    await expect(page.locator(`script[src$="/widget/${script}"]`)).toHaveAttribute('integrity', /^sha384-/)
  await shop.toForm()
  await fillCard(page, cards.visa)
  await shop.hears('All set')
  expect(violations).toEqual([])
})
