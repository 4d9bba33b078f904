/** The layout shifts of the shop, as a test of one width each. */
import { Shop } from './shop.ts'
import { expect, test } from './stack.ts'

export function doesNotShift(viewport: { width: number; height: number }): void {
  test(`the page does not shift at ${viewport.width} px: below 0.05 over a whole payment with a decline and a question`, async ({
    page,
    stack,
  }) => {
    await page.setViewportSize(viewport)
    await page.addInitScript(() => {
      const shifts: number[] = []
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
          if (!entry.hadRecentInput) shifts.push(entry.value)
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const shop = await new Shop(page, stack).open()
    await shop.chooses('Lantern Room, one night')
    await shop.chooses('Yes, pay by card')
    await shop.formIsOpen()
    await shop.says('Is it safe?')
    await shop.hears('last four digits and a reference')
    await shop.paysAfterDecline()
    // Sound: the script above put it there.
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.05)
  })
}
