/** The form as it is held and looked at for longer than `npm test` may: nothing jumps, and axe in each preset. */
import { expect, type Frame, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import type { Doors } from './capture-door.ts'
import { nextCapture, test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

test.describe.configure({ mode: 'parallel' })

test('nothing jumps from mount to ready, an error and the receipt, outside and inside', async ({ page, doors }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.addInitScript(() => {
    Object.assign(window, { shifted: 0 })
    new PerformanceObserver((list) => {
      // Sound: entries of this type have these members, which the DOM's types do not know.
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
        Object.assign(window, { shifted: (window as unknown as { shifted: number }).shifted + entry.value })
    }).observe({ type: 'layout-shift', buffered: true })
  })
  const shifted = (where: Page | Frame): Promise<number> =>
    where.evaluate(() => (window as unknown as { shifted: number }).shifted)
  await page.goto(doors.host)
  // As in a chat, what is written with stands at the bottom.
  await page.evaluate(() => {
    document.getElementById('composer')?.parentElement?.style.setProperty('position', 'fixed')
    document.getElementById('composer')?.parentElement?.style.setProperty('bottom', '0')
  })
  // Our own move of the composer is told a frame later.
  await expect.poll(() => shifted(page)).toBeGreaterThan(0.02)
  const before = await shifted(page)
  const result = begin(page, doors.intake)
  const form = await formOf(page)
  await form.locator('#submit').click()
  await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
  await page.waitForTimeout(200)
  const inside = await shifted(form)
  await fillCard(page, cards.visa)
  await result
  await page.waitForTimeout(200)
  expect((await shifted(page)) - before).toBeLessThanOrEqual(0.02)
  expect(inside).toBeLessThanOrEqual(0.02)
})

for (const preset of ['bubble', 'sheet', 'page'] as const)
  test(`axe finds nothing in the preset ${preset}, by day and by night`, async ({ page, doors }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      nextCapture(doors)
      await page.goto(`${doors.host}/?preset=${preset}&scheme=light%20dark`)
      begin(page, doors.intake)
      const form = await formOf(page)
      await form.locator('#submit').click()
      await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
      expect(await axeFinds(form), `${colorScheme}, errors`).toEqual([])
    }
  })

/** The animations and transitions that begin in a form from its opening to its receipt, by their element. */
async function motionOf(page: Page, doors: Doors, reducedMotion: 'reduce' | 'no-preference'): Promise<string[]> {
  await page.emulateMedia({ reducedMotion })
  nextCapture(doors)
  // Long enough to see the wheel turn.
  doors.intake.before = async (path) => {
    if (path === '/v1/submit') await new Promise((resolve) => setTimeout(resolve, 500))
    return undefined
  }
  await page.goto(doors.host)
  const result = begin(page, doors.intake)
  const form = await formOf(page)
  await form.evaluate(() => {
    const begun: string[] = []
    for (const type of ['animationstart', 'transitionrun'] as const)
      document.addEventListener(type, ({ target }) =>
        begun.push((target as Element).id || (target as Element).className),
      )
    Object.assign(window, { begun })
  })
  await form.locator('#submit').click()
  await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
  await fillCard(page, cards.visa)
  await result
  await page.waitForTimeout(600)
  return form.evaluate(() => [...new Set((window as unknown as { begun: string[] }).begun)].sort())
}

test('nothing moves for whoever asks for less motion, neither in the form nor when it ends', async ({
  page,
  doors,
}) => {
  expect(await motionOf(page, doors, 'reduce')).toEqual([])
  // The control: for everybody else the wheel turns, and the receipt appears.
  expect(await motionOf(page, doors, 'no-preference')).toEqual(expect.arrayContaining(['spinner', 'ending']))
})
