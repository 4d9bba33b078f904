/** The gate on every layout: on ordinary ones nobody is refused, and over a covered form nothing is taken. */
import type { Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import type { EnginePage } from './engines/browser.ts'
import { Field, test } from './hostile/attack.ts'
import { covered, type Layout, ordinary } from './hostile/layouts.ts'
import { shopPage } from './hostile/pages.ts'
import { expect } from './stack.ts'

const tookMs = 6_000

/** Where the element is laid out, whatever is then done to it. */
const placed = (): number[] => [window.card.offsetLeft, window.card.offsetTop, window.card.offsetWidth]

/** Notes how far from its room in the chat the form is, in pixels, while it is lifted. */
const watchLift = (): void => {
  const look = (): void => {
    const lifted = window.card.shadowRoot?.querySelector('.lifted')
    const [a, b] = [lifted, lifted?.previousElementSibling].map((element) => element?.getBoundingClientRect())
    if (a && b)
      window.loot.push(Math.max(...(['left', 'top', 'width'] as const).map((side) => Math.abs(a[side] - b[side]))))
    requestAnimationFrame(look)
  }
  look()
}

/** Sheets are a phone's. Sound: a soak runs in Playwright's own Chromium. */
const fitted = async (page: EnginePage, { preset }: Layout): Promise<void> => {
  if (preset === 'sheet') await (page as Page).setViewportSize({ width: 390, height: 844 })
}

for (const layout of ordinary) {
  test(`${layout.name}: the form is sent`, async ({ page, stack, site }) => {
    await fitted(page, layout)
    const field = new Field(page, stack, site)
    const asked = await field.ask()
    await page.goto(site.page(shopPage(field, layout)))
    const result = page.evaluate((wanted) => window.pay(wanted), asked)
    await fillCard(page, cards.visa, { submit: false })
    const room = await page.evaluate(placed)
    const kept = (await field.frame()).evaluate(() => performance.timeOrigin)
    const errors = page.evaluate(() => {
      window.loot = []
      addEventListener('sallyport:error', (event) => window.loot.push((event as Event & { code: string }).code))
      dispatchEvent(new Event('pay'))
    })
    await errors
    await page.evaluate(watchLift)
    // By key: a driver does not find its way into a frame that is turned.
    await field.number(await field.frame()).press('Enter')
    expect(await Promise.race([result, page.waitForTimeout(tookMs)])).toMatchObject({ ok: true })
    const told = await page.evaluate(() => window.loot)
    expect(told.filter((one) => typeof one === 'string')).toEqual([])
    if (!layout.turned) expect(Math.max(0, ...(told as number[]))).toBeLessThan(1.5)
    // Back in its place, and never loaded anew.
    expect(await (await field.frame()).evaluate(() => performance.timeOrigin)).toBe(await kept)
    expect(await page.evaluate(placed)).toEqual(room)
    expect(await page.evaluate(() => window.card.shadowRoot?.querySelectorAll('[popover]').length)).toBe(0)
  })
}

for (const layout of covered) {
  test(`${layout.name}: nothing is taken`, async ({ page, stack, site }) => {
    await fitted(page, layout)
    const field = new Field(page, stack, site)
    const asked = await field.ask()
    await page.goto(site.page(shopPage(field, layout)))
    const error = page.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener('sallyport:error', (event) => resolve((event as Event & { code: string }).code))
        }),
    )
    const result = page.evaluate((wanted) => window.pay(wanted), asked)
    result.catch(() => {})
    await fillCard(page, cards.visa)
    expect(await Promise.race([error, result, page.waitForTimeout(tookMs)])).toBe('shield.covered')
    await expect.poll(() => field.events(asked)).toContain('capture.shield.failed')
    expect((await field.state(asked)).token).toBeUndefined()
    // Nothing but a sheet stays up there.
    const raised = await page.evaluate(() => window.card.shadowRoot?.querySelectorAll('[popover]').length)
    expect(raised).toBe(layout.preset === 'sheet' ? 1 : 0)
  })
}
