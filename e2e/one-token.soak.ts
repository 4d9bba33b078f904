/**
 * One token, whatever happens on the way: the network goes at each step, before the server has it or before its answer
 * comes; the button is pressed twice; the page is left, reloaded, put to sleep. And a frame that is swapped, navigated or
 * removed ends its attach within two seconds, as the agent hears it. On the whole stack, in the demo's chat.
 */
import type { BrowserContext, Page, Route } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { asSuperuser } from './leaks/deployment.ts'
import { Shop } from './shop.ts'
import { expect, type RunningStack, test } from './stack.ts'

test.describe.configure({ mode: 'parallel' })

interface Ground {
  page: Page
  context: BrowserContext
  stack: RunningStack
  shop: Shop
}

/** Typed and sent, as often as the form asks for it, until the agent has its receipt. */
async function paysAtLast({ page, shop }: Ground): Promise<void> {
  const frame = page.locator('.form-message.shown:not(.ended)').frameLocator('iframe')
  const submit = frame.locator('button[type="submit"]')
  const done = page.locator('.said.agent', { hasText: 'All set' }).last()
  for (let tries = 0; tries < 12 && !(await done.isVisible()); tries += 1) {
    // Whatever stands there: a form that waits, one that was loaded anew, or the end.
    if (await submit.isEnabled({ timeout: 1_000 }).catch(() => false)) {
      await fillCard(page, cards.visa).catch(() => {})
    } else {
      await frame
        .locator('#retry')
        .click({ timeout: 500 })
        .catch(() => {})
    }
    await done.waitFor({ timeout: 4_000 }).catch(() => {})
  }
  await shop.hears('All set')
}

/** In the vault, by the card's capture; and one charge for it. */
async function expectOne({ stack, shop }: Ground): Promise<void> {
  const id = await shop.captureId()
  const tokens = await asSuperuser(stack, 'vault', async (db) => {
    const { rows } = await db.query<{ id: string }>('select id from tokens where capture_id = $1', [id])
    return rows
  })
  expect(tokens).toHaveLength(1)
  const types = (await shop.events()).map(({ type }) => type)
  for (const once of ['capture.completed', 'charge.created', 'charge.captured'])
    expect(
      types.filter((type) => type === once),
      once,
    ).toHaveLength(1)
}

async function begins(page: Page, context: BrowserContext, stack: RunningStack): Promise<Ground> {
  return { page, context, stack, shop: await new Shop(page, stack).open() }
}

async function asksForTheForm({ page, shop }: Ground): Promise<void> {
  await page.locator('[data-catalogue] button', { hasText: 'Lantern Room, one night' }).click()
  await shop.chooses('Yes, pay by card')
}

/** Whether the server had the request and answered; nobody is told what. By number: Node finds no `*.localhost`. */
const arrives = async (route: Route, { urls, direct }: RunningStack): Promise<boolean> => {
  const url = route.request().url().replace(urls.capture, direct.capture)
  // Not where the page goes meanwhile, or the test ends.
  const answer = await route.fetch({ url }).catch(() => null)
  return answer !== null
}

/** `before`: the server never hears of it. `after`: it does, and its answer is lost. Whether it did. */
const ways = {
  before: async (route: Route): Promise<boolean> => {
    await route.abort('connectionreset')
    return false
  },
  after: async (route: Route, stack: RunningStack): Promise<boolean> => {
    const had = await arrives(route, stack)
    await route.abort('connectionreset').catch(() => {})
    return had
  },
}
const steps = ['attach', 'progress', 'submit', 'watch'] as const
/** Once is mended by the form alone; four times in a row a person has to press again. */
const often = [1, 4]

for (const step of steps)
  for (const [when, lose] of Object.entries(ways))
    for (const times of often)
      test(`the connection is lost at ${step}, ${when} the server had it, ${times} times`, async ({
        page,
        context,
        stack,
      }) => {
        const ground = await begins(page, context, stack)
        let left = times
        let had = 0
        await page.route(`**/v1/${step}`, async (route) => {
          left -= 1
          if (left < 0) await route.continue()
          else if (await lose(route, stack)) had += 1
        })
        await asksForTheForm(ground)
        await paysAtLast(ground)
        expect(left, 'it was lost at all').toBeLessThan(times)
        if (when === 'after') await expect.poll(() => had, 'the server had it').toBeGreaterThan(0)
        await expectOne(ground)
      })

for (const moment of ['before the form is asked for', 'while it is typed', 'when it is sent'] as const)
  test(`the network goes for five seconds ${moment}`, async ({ page, context, stack }) => {
    const ground = await begins(page, context, stack)
    const goes = async (): Promise<void> => {
      await context.setOffline(true)
      setTimeout(() => void context.setOffline(false), 5_000)
    }
    if (moment === 'before the form is asked for') {
      await page.route(
        '**/v1/attach',
        async (route) => {
          await goes()
          await route.abort('internetdisconnected')
        },
        { times: 1 },
      )
    }
    await asksForTheForm(ground)
    if (moment !== 'before the form is asked for') {
      await ground.shop.formIsOpen()
      await fillCard(page, cards.visa, { submit: false })
      await goes()
    }
    if (moment === 'when it is sent') await ground.shop.button(/^Pay/).click()
    await page.waitForTimeout(5_500)
    await paysAtLast(ground)
    await expectOne(ground)
  })

test('the button is pressed five times, and Enter twice', async ({ page, context, stack }) => {
  const ground = await begins(page, context, stack)
  await asksForTheForm(ground)
  await ground.shop.formIsOpen()
  await fillCard(page, cards.visa, { submit: false })
  const frame = page.frames().find((one) => one.url().includes('/f/pk_') && one.parentFrame() === page.mainFrame())
  await ground.shop.field('cc-csc').press('Enter')
  await frame?.evaluate(() => {
    for (let press = 0; press < 5; press += 1) document.querySelector<HTMLButtonElement>('#submit')?.click()
    document.querySelector('form')?.requestSubmit()
  })
  await paysAtLast(ground)
  await expectOne(ground)
})

for (const way of ['reload', 'back and forward'] as const)
  test(`${way} while the card is on its way`, async ({ page, context, stack }) => {
    const ground = await begins(page, context, stack)
    await asksForTheForm(ground)
    await ground.shop.formIsOpen()
    // The server has it, the answer is held until the page is gone.
    await page.route('**/v1/submit', async (route) => {
      await page.unroute('**/v1/submit')
      expect(await arrives(route, stack)).toBe(true)
      if (way === 'reload') await page.reload()
      else {
        await page.goto('about:blank')
        await page.goBack()
      }
      await route.abort().catch(() => {})
    })
    await fillCard(page, cards.visa).catch(() => {})
    await ground.shop.hears('All set')
    await expectOne(ground)
  })

test('the page sleeps in the browser’s cache while the card is typed, and wakes', async ({ page, context, stack }) => {
  const ground = await begins(page, context, stack)
  await asksForTheForm(ground)
  await ground.shop.formIsOpen()
  await fillCard(page, cards.visa, { submit: false })
  const frame = page.frames().find((one) => one.url().includes('/f/pk_') && one.parentFrame() === page.mainFrame())
  const turns = (name: string) =>
    frame?.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name)
  await turns('pagehide')
  await page.waitForTimeout(3_000)
  await turns('pageshow')
  await paysAtLast(ground)
  await expectOne(ground)
})

const swaps = {
  swapped: (frame: HTMLIFrameElement) => {
    const other = document.createElement('iframe')
    other.src = 'about:blank'
    frame.replaceWith(other)
  },
  navigated: (frame: HTMLIFrameElement) => {
    frame.src = 'about:blank'
  },
  removed: (frame: HTMLIFrameElement) => frame.remove(),
}
for (const [way, swap] of Object.entries(swaps))
  test(`a frame that is ${way} ends its attach within two seconds, as the agent hears it`, async ({
    page,
    context,
    stack,
  }) => {
    const ground = await begins(page, context, stack)
    await asksForTheForm(ground)
    await ground.shop.formIsOpen()
    await ground.shop.field('cc-number').fill('4242')
    await expect
      .poll(async () => (await ground.shop.events()).map(({ type }) => type))
      .toContain('capture.field.started')
    const iframe = page.locator('.form-message.shown sallyport-capture iframe:not(.away)').first()
    const at = Date.now()
    await iframe.evaluate(swap)
    await expect
      .poll(async () => (await ground.shop.events()).find(({ type }) => type === 'capture.channel.detached'))
      .toBeDefined()
    const events = await ground.shop.events()
    const detached = events.find(({ type }) => type === 'capture.channel.detached')
    expect(Date.parse(detached?.time ?? '') - at).toBeLessThan(2_000)
    expect(events.find(({ type }) => type === 'capture.suspended')?.data).toMatchObject({ reason: 'channel_lost' })
    expect(events.map(({ type }) => type)).not.toContain('capture.completed')
  })
