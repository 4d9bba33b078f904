/** A form that a blocker keeps away, in the demo's chat: the agent offers it by link, and the talk goes on with the receipt. */
import type { Browser, Page, Request } from '@playwright/test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attackReport } from '../server/testing/attack-report.ts'
import { cards, fillCard } from '../testing/index.ts'
import { linkOfNobody, makeCanary } from './leaks/canary.ts'
import { Evidence } from './leaks/evidence.ts'
import { hearEverything, lookAt, places as placesOfPage, plantIn } from './leaks/page-evidence.ts'
import { oneOfEach, plantsOf, textsOf } from './leaks/plants.ts'
import { searchFor } from './leaks/search.ts'
import { Shop } from './shop.ts'
import { expect, type RunningStack, test } from './stack.ts'

const report = attackReport('The link channel')

/** A phone beside the desk, and every request that it sends. */
async function phoneOf(browser: Browser): Promise<{ phone: Page; sent: Request[] }> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } })
  await context.addInitScript(hearEverything)
  const phone = await context.newPage()
  const sent: Request[] = []
  phone.on('request', (request) => sent.push(request))
  return { phone, sent }
}

/** All that a page shows, says and keeps, searched for a link's secret; and for another, which `plant` puts everywhere. */
async function searchOf(page: Page, url: string) {
  const decoy = makeCanary(linkOfNobody(new URL(url).origin))
  const plants = plantsOf(decoy).filter(({ secret }) => secret === 'link')
  const evidence = new Evidence(searchFor({ canary: makeCanary(url), decoy }))
  const protocol = await page.context().newCDPSession(page)
  const found = (owner: 'canary' | 'decoy'): string[] =>
    evidence.places.flatMap((place) => (place[owner].has('link plain') ? [place.place] : []))
  return {
    evidence,
    look: () => lookAt(page, protocol, evidence),
    plant: () => plantIn(page, textsOf(plants), textsOf(oneOfEach(plants))),
    found,
  }
}

const addressesOf = (sent: Request[]): string => sent.map((request) => request.url()).join('\n')
const referrersOf = (sent: Request[]): string => sent.map((request) => request.headers()['referer'] ?? '').join('\n')
const logsOf = ({ home }: RunningStack): string => {
  const logs = join(home, 'logs')
  return readdirSync(logs)
    .map((name) => readFileSync(join(logs, name), 'utf8'))
    .join('\n')
}

test('a form that is blocked in the chat is paid by link on a phone, and the chat goes on with the receipt', async ({
  page,
  browser,
  stack,
}) => {
  test.setTimeout(90_000)
  await page.route('**/f/pk_*', (route) => route.abort())
  const shop = await new Shop(page, stack).open()
  await page.locator('[data-catalogue] button', { hasText: 'Lantern Room, one night' }).click()
  await shop.chooses('Yes, pay by card')
  const open = page.getByRole('link', { name: 'Open the page' })
  await expect(open).toBeVisible({ timeout: 15_000 })
  const phrase = (await page.locator('sallyport-capture b').textContent()) ?? ''
  await shop.hears(`“${phrase}”`)
  const url = (await open.getAttribute('href')) ?? ''
  const [, secret = ''] = url.split('#')
  expect(secret).toHaveLength(22)

  const { phone, sent } = await phoneOf(browser)
  await phone.goto(url)
  // Whoever was sent the link is told to stop before anything else, and nothing is used up by looking.
  await expect(phone.getByText('Stop here')).toBeVisible()
  expect(new URL(phone.url()).hash).toBe('')
  const go = phone.getByRole('button', { name: 'Continue' })
  await expect(go).toBeEnabled()
  const search = await searchOf(phone, url)
  await search.look()
  expect(sent.filter((request) => request.method() !== 'GET')).toEqual([])
  expect(await go.evaluate((button) => getComputedStyle(button).backgroundColor)).toBe('rgb(20, 23, 28)')
  await go.click()
  await expect(phone.getByText('Harbour Rooms asks for a payment.')).toBeVisible()
  await expect(phone.getByText('84')).toHaveCount(0)
  await phone.getByRole('button', { name: phrase }).click()
  await fillCard(phone, cards.visa)
  await expect(phone.getByText('You can close this page. Your chat goes on.')).toBeVisible()
  await search.look()
  // The browser itself remembers which address it was sent to, for scripts of this page alone; the tap has used it up.
  expect(search.found('canary').filter((place) => place !== placesOfPage.performance)).toEqual([])
  const entries = await phone.evaluate(() =>
    performance.getEntries().flatMap((entry) => (entry.entryType === 'navigation' ? [] : JSON.stringify(entry))),
  )
  expect(entries.length).toBeGreaterThan(0)
  expect(entries.join().includes(secret)).toBe(false)
  await search.plant()
  await search.look()
  // The control: each place that was looked at is one where it would have been found.
  expect(search.found('decoy')).toEqual(search.evidence.places.map(({ place }) => place))

  await shop.hears('All set')
  await expect(page.locator('.receipt')).toContainText('Visa ••4242')
  await expect(open).toHaveCount(0)

  // What the agent's program was given for the customer stands in no list that a page can read again.
  const received = await shop.received()
  expect(received.find(({ name }) => name.endsWith('/link'))?.json).toMatchObject({
    url: '(for the customer’s page)',
    qr: '(for the customer’s page)',
    phrase,
  })
  const { sallyport } = shop
  const id = await shop.captureId()
  const answers = [await sallyport.captures.get(id), await shop.events(), received]
  const places = [addressesOf(sent), referrersOf(sent), logsOf(stack), JSON.stringify(answers)]
  for (const [at, place] of places.entries()) expect(place.includes(secret), `place ${at}`).toBe(false)
  expect(logsOf(stack).length).toBeGreaterThan(100)
  // One request has it, as a bearer over the tap's own connection.
  const bearers = sent.filter((request) => request.headers()['authorization']?.includes(secret))
  expect(bearers.map((request) => new URL(request.url()).pathname)).toEqual(['/v1/link/open'])

  // Without the defence: a link as most are written, its secret before the #.
  const careless = await phoneOf(browser)
  await careless.phone.goto(url.replace('#', '?s='))
  expect(addressesOf(careless.sent)).toContain(secret)
  report.row({
    attack:
      'search of addresses, referrers, the logs of all processes, events and later answers for the secret of a link',
    had: 'every log on the way from the customer’s phone, and all that the agent reads after it has the link',
    defended: 'It is nowhere: one request carries it, the tap, as a bearer.',
    undefended: 'Where it stands before the #, the first request’s address has it.',
  })
  for (const one of [phone, careless.phone]) await one.context().close()
})
