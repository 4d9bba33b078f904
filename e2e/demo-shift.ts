/** The layout shifts of the shop: a counter for any walk, and a whole payment as a test of one width each. */
import type { Page } from '@playwright/test'
import { Shop } from './shop.ts'
import { expect, test } from './stack.ts'

/** Before the page is opened. Gives the sum so far of the shifts that nobody's input explains; 0.1 is what people notice. */
export async function countShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const shifts: number[] = []
    Object.assign(window, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) shifts.push(entry.value)
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  // Sound: the script above put it there.
  return () =>
    page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0))
}

export function doesNotShift(viewport: { width: number; height: number }): void {
  test(`the page does not shift at ${viewport.width} px: below 0.05 over a whole payment with a decline and a question`, async ({
    page,
    stack,
  }) => {
    await page.setViewportSize(viewport)
    const shifts = await countShifts(page)
    const shop = await new Shop(page, stack).open()
    await shop.chooses('Lantern Room, one night')
    await shop.chooses('Yes, pay by card')
    await shop.formIsOpen()
    await shop.says('Is it safe?')
    await shop.hears('last four digits and a reference')
    await shop.paysAfterDecline()
    expect(await shifts()).toBeLessThan(0.05)
  })
}
