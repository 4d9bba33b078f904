/** The link channel on the whole stack: a form that goes on on another device, and a person who is the wrong one. */
import type { Browser, Page } from '@playwright/test'
import { createSallyport, type CaptureLink, type Sallyport, type SallyportEvent } from '../agent/index.ts'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import { asSuperuser } from './leaks/deployment.ts'
import { expect, type RunningStack, test } from './stack.ts'

test.describe.configure({ mode: 'parallel' })

const agentOf = ({ direct, tenant }: RunningStack): Sallyport =>
  createSallyport({ baseUrl: direct.gateway, secretKey: tenant.secret_key })

const asked = {
  conversation: 'link-talk',
  purpose: 'pay',
  amount: { amount_minor: 8000, currency: 'EUR' },
  channel: 'link',
} as const

/** A phone beside the desk: a browser context of its own. */
async function onThePhone(browser: Browser, { url }: { url: string }): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function asksFor(stack: RunningStack): Promise<{ sallyport: Sallyport; id: string; link: CaptureLink }> {
  const sallyport = agentOf(stack)
  const { id, link } = await sallyport.captures.create(asked)
  if (link === null) throw new Error('a capture by link brings its link')
  return { sallyport, id, link }
}

const typesOf = (events: SallyportEvent[]): string[] => events.map(({ type }) => type)

test('by another device: tap, phrase, card, receipt, and the agent hears each step', async ({ browser, stack }) => {
  const { sallyport, id, link } = await asksFor(stack)
  const events: SallyportEvent[] = []
  const ended = sallyport.captures.completed(id, { onEvent: (event) => void events.push(event) })
  const phone = await onThePhone(browser, link)
  // The secret is gone from the address before anybody can look; until the tap nothing is known of whom it is for.
  expect(new URL(phone.url()).hash).toBe('')
  await expect(phone.getByText('Stop here')).toBeVisible()
  await expect(phone.getByText('Harbour Rooms')).toHaveCount(0)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await expect(phone.getByText('Harbour Rooms asks for a payment.')).toBeVisible()
  await expect(phone.getByText('80')).toHaveCount(0)
  await phone.getByRole('button', { name: link.phrase }).tap()
  await expect(phone.locator('#amount')).toContainText('80')
  await fillCard(phone, cards.visa)
  await expect(phone.locator('#ending-text')).toHaveText('Visa •••• 4242 · €80.00')
  await expect(phone.getByText('You can close this page. Your chat goes on.')).toBeVisible()
  expect(await ended).toMatchObject({ state: 'completed', channel: 'link', card: { last4: '4242' } })
  expect(typesOf(events).filter((type) => !type.startsWith('capture.field'))).toEqual([
    'capture.created',
    'capture.offered',
    'capture.channel.attached',
    'capture.shield.raised',
    'capture.processing',
    'capture.completed',
  ])
  await phone.context().close()
})

test('the wrong words close the link; the agent hears of a wrong person, and a new link works', async ({
  browser,
  stack,
}) => {
  const { sallyport, id, link } = await asksFor(stack)
  const phone = await onThePhone(browser, link)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await phone.getByRole('button', { name: 'None of these' }).tap()
  await expect(phone.getByRole('heading', { name: 'Those are not the words' })).toBeFocused()
  await expect(phone.getByText('€80')).toHaveCount(0)
  for await (const event of sallyport.events({ captureId: id }))
    if (event.type === 'capture.shield.failed') {
      expect(event.data).toMatchObject({ code: 'channel.wrong_person', channel: 'link' })
      break
    }
  await phone.goto('about:blank')
  await phone.goto(link.url)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await expect(phone.getByRole('heading', { name: 'This link is closed' })).toBeVisible()
  const next = await sallyport.captures.link(id)
  await phone.goto('about:blank')
  await phone.goto(next.url)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await phone.getByRole('button', { name: next.phrase }).tap()
  await expect(phone.locator('#submit')).toBeEnabled()
  await phone.context().close()
})

for (const [lang, scheme] of [
  ['en', 'light'],
  ['ar', 'dark'],
  ['de', 'dark'],
  ['el', 'light'],
] as const)
  test(`the page in ${lang}, ${scheme}, at 320 px: axe finds nothing at any step, nothing is cut, and buttons look like some`, async ({
    browser,
    stack,
  }) => {
    const context = await browser.newContext({
      locale: lang,
      colorScheme: scheme,
      viewport: { width: 320, height: 640 },
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    const looksRight = async (): Promise<void> => {
      expect(await axeFinds(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    }
    const { link } = await asksFor(stack)
    await page.goto(link.url)
    const go = page.locator('#gate-go')
    await expect(go).toBeEnabled()
    const [button, ground] = await page.evaluate(() =>
      ['#gate-go', 'body'].map((one) => getComputedStyle(document.querySelector(one) ?? document.body).backgroundColor),
    )
    expect(button).not.toBe('rgba(0, 0, 0, 0)')
    expect(ground).toBe(scheme === 'dark' ? 'rgb(16, 17, 20)' : 'rgb(242, 243, 246)')
    await looksRight()
    await go.click()
    await expect(page.locator('[data-choice="none"]')).toBeVisible()
    await looksRight()
    await page.getByRole('button', { name: link.phrase }).click()
    await expect(page.locator('#submit')).toBeEnabled()
    await looksRight()
    const second = await asksFor(stack)
    await page.goto('about:blank')
    await page.goto(second.link.url)
    await go.click()
    await page.locator('[data-choice="none"]').click()
    await expect(page.locator('#end-text')).toBeFocused()
    await looksRight()
    await context.close()
  })

/** Colours of a page whose system has its own: what a border or a ground is drawn in. */
const drawn = (page: Page, css: string): Promise<{ border: string; ground: string; outline: string }> =>
  page.locator(css).evaluate((element) => {
    const { borderTopColor, borderTopWidth, backgroundColor, outlineStyle } = getComputedStyle(element)
    return {
      border: borderTopWidth === '0px' ? 'none' : borderTopColor,
      ground: backgroundColor,
      outline: outlineStyle,
    }
  })

for (const scheme of ['light', 'dark'] as const)
  test(`in forced colours, ${scheme}, every button, the warning and the notice have an edge, and axe finds nothing at any step`, async ({
    browser,
    stack,
  }) => {
    const context = await browser.newContext({
      forcedColors: 'active',
      colorScheme: scheme,
      viewport: { width: 360, height: 740 },
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    let seen = 0
    const looksRight = async (...edged: string[]): Promise<void> => {
      expect(await axeFinds(page)).toEqual([])
      const { ground } = await drawn(page, 'body')
      for (const css of edged) expect((await drawn(page, css)).border, css).not.toMatch(`none|${ground}`)
      seen += 1
      await page.screenshot({ path: test.info().outputPath(`${seen}.png`), fullPage: true })
    }
    const { link } = await asksFor(stack)
    await page.goto(link.url)
    const go = page.locator('#gate-go')
    await expect(go).toBeEnabled()
    await looksRight('#gate', '.stop', '#gate-go')
    await page.keyboard.press('Tab')
    expect((await drawn(page, '#gate-go:focus-visible')).outline).not.toBe('none')
    await page.screenshot({ path: test.info().outputPath('focus.png') })
    await page.route('**/v1/link/open', (route) =>
      route.fulfill({ status: 429, json: { code: 'request.rate_limited' } }),
    )
    await go.click()
    await expect(page.getByText('Too many tries.')).toBeVisible()
    await looksRight('#gate-notice', '#gate-again')
    await page.unroute('**/v1/link/open')
    await page.locator('#gate-again').click()
    await expect(page.locator('[data-choice="none"]')).toBeVisible()
    await looksRight('[data-choice="0"]', '[data-choice="none"]')
    await page.getByRole('button', { name: link.phrase }).click()
    await expect(page.locator('#submit')).toBeEnabled()
    await looksRight('#number', '#submit')
    await context.close()
  })

/** As if the time had gone by: what the vault holds of the link began so much earlier. */
const later = (stack: RunningStack, id: string, minutes: number): Promise<unknown> =>
  asSuperuser(stack, 'vault', (db) =>
    db.query(
      `update links set expires_at = expires_at - $2 * interval '1 minute', claimed_at = claimed_at - $2 * interval '1 minute'
       where capture = $1`,
      [id, minutes],
    ),
  )

test('a page that is opened and left for ten minutes says at the tap that the link is closed; nine are none too many', async ({
  browser,
  stack,
}) => {
  const { sallyport, id, link } = await asksFor(stack)
  const phone = await onThePhone(browser, link)
  await later(stack, id, 10)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await expect(phone.getByRole('heading', { name: 'This link is closed' })).toBeFocused()
  await expect(phone.getByText('Harbour Rooms')).toHaveCount(0)
  expect(await sallyport.captures.get(id)).toMatchObject({ state: 'offered' })
  await phone.context().close()

  const inTime = await asksFor(stack)
  const other = await onThePhone(browser, inTime.link)
  await later(stack, inTime.id, 9)
  await other.getByRole('button', { name: 'Continue' }).tap()
  await expect(other.getByRole('button', { name: inTime.link.phrase })).toBeVisible()
  await other.context().close()
})

test('words that are picked after five minutes are too late, the right ones too; four are in time, though the ten are over', async ({
  browser,
  stack,
}) => {
  for (const [minutes, isOver] of [
    [5, true],
    [4, false],
  ] as const) {
    const { id, link } = await asksFor(stack)
    const phone = await onThePhone(browser, link)
    await later(stack, id, 9)
    await phone.getByRole('button', { name: 'Continue' }).tap()
    const phrase = phone.getByRole('button', { name: link.phrase })
    await expect(phrase).toBeVisible()
    await later(stack, id, minutes)
    await phrase.tap()
    if (isOver) await expect(phone.getByRole('heading', { name: 'This link is closed' })).toBeFocused()
    else await expect(phone.locator('#submit')).toBeEnabled()
    await phone.context().close()
  }
})

test('a capture that ends while its form stands on the page: the form says so, and that the page can be closed', async ({
  browser,
  stack,
}) => {
  const { sallyport, id, link } = await asksFor(stack)
  const phone = await toTheForm(browser, link)
  await phone.locator('#number').fill(cards.visa.number)
  await sallyport.test.expire(id)
  await expect(phone.locator('#ending-text')).toHaveText('This request has expired. Ask for a new one in the chat.')
  await expect(phone.getByText('You can close this page.')).toBeVisible()
  // Nothing that was typed stays.
  expect(await phone.locator('#number').inputValue()).toBe('')
  await phone.context().close()
})

async function toTheForm(browser: Browser, link: CaptureLink): Promise<Page> {
  const phone = await onThePhone(browser, link)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await phone.getByRole('button', { name: link.phrase }).tap()
  await expect(phone.locator('#submit')).toBeEnabled()
  return phone
}

test('without a network, at every step: it is said, nothing is lost or used up, and one token is made', async ({
  browser,
  stack,
}) => {
  const { sallyport, id, link } = await asksFor(stack)
  const events: SallyportEvent[] = []
  const ended = sallyport.captures.completed(id, { onEvent: (event) => void events.push(event) })
  const phone = await onThePhone(browser, link)
  const away = (is: boolean): Promise<void> => phone.context().setOffline(is)
  const lost = phone.getByText('The connection was lost. It is safe to try again.')
  await away(true)
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await expect(lost).toBeVisible()
  await away(false)
  await phone.getByRole('button', { name: 'Try again' }).tap()
  const phrase = phone.getByRole('button', { name: link.phrase })
  await expect(phrase).toBeVisible()
  await expect(lost).toBeHidden()
  await away(true)
  await phrase.tap()
  await expect(lost).toBeVisible()
  await away(false)
  await phone.getByRole('button', { name: 'Try again' }).tap()
  await expect(phone.locator('#submit')).toBeEnabled()
  await away(true)
  await phone.locator('#number').fill(cards.visa.number)
  await phone.locator('#expiry').fill(cards.visa.expiry)
  await phone.locator('#cvc').fill(cards.visa.cvc)
  await phone.locator('#submit').tap()
  await expect(phone.locator('#notice')).toBeVisible()
  await away(false)
  await phone.locator('#submit').tap()
  await expect(phone.getByText('You can close this page. Your chat goes on.')).toBeVisible()
  expect(await ended).toMatchObject({ state: 'completed', channel: 'link', card: { last4: '4242' } })
  expect(typesOf(events).filter((type) => type === 'capture.completed')).toHaveLength(1)
  await phone.context().close()
})

test('answers that are lost on the way back: the same tap and the same pick are asked for again, and the form comes', async ({
  browser,
  stack,
}) => {
  const { id, sallyport, link } = await asksFor(stack)
  const phone = await onThePhone(browser, link)
  const asked: string[] = []
  for (const path of ['/v1/link/open', '/v1/link/pick'])
    await phone.route(`**${path}`, async (route) => {
      asked.push(path)
      if (asked.filter((one) => one === path).length > 1) return route.continue()
      // By number: Node finds no `*.localhost`.
      await route.fetch({ url: stack.direct.capture + path })
      await route.abort()
    })
  await phone.getByRole('button', { name: 'Continue' }).tap()
  await phone.getByRole('button', { name: link.phrase }).tap()
  await expect(phone.locator('#submit')).toBeEnabled()
  expect(asked).toEqual(['/v1/link/open', '/v1/link/open', '/v1/link/pick', '/v1/link/pick'])
  expect(await sallyport.captures.get(id)).toMatchObject({ channel: 'link' })
  await phone.context().close()
})
