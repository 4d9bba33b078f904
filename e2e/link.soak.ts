/** The link channel on the whole stack: a form that goes on on another device, and a person who is the wrong one. */
import type { Browser, Page } from '@playwright/test'
import { createSallyport, type CaptureLink, type Sallyport, type SallyportEvent } from '../agent/index.ts'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
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
