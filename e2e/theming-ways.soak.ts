/** What else one does on the theming page: copy, end the form and have another, raise the sheet, and all of it by keyboard. */
import type { Frame, Page } from '@playwright/test'
import { cardFrame, cards, fillCard } from '../testing/index.ts'
import { dressed } from './look.ts'
import { expect, test } from './stack.ts'

const formOf = async (page: Page): Promise<Frame> => (await cardFrame(page)) as unknown as Frame // Playwright's own, from Playwright's page
const copied = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())

test('copies the rule, or selects it where the clipboard is closed to the page', async ({ page, stack, context }) => {
  await page.goto(`${stack.urls.demo}/theming`)
  const copy = page.locator('[data-copy]')
  await expect(copy).toBeDisabled()
  await page.locator('#token-accent ~ .well').fill('#7a1fa2')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.urls.demo })
  await copy.click()
  await expect(page.locator('[data-copied]')).toHaveText('The CSS is copied.')
  expect(await copied(page)).toBe('sallyport-capture {\n  --sallyport-accent: #7a1fa2;\n}')
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('closed'))
  })
  await copy.click()
  await expect(page.locator('[data-copied]')).toHaveText('The CSS is selected; copy it by keyboard.')
  expect(await page.evaluate(() => String(getSelection()))).toContain('--sallyport-accent: #7a1fa2;')
})

test('a form that is closed or paid says so, and another comes in what was chosen', async ({ page, stack }) => {
  await page.goto(`${stack.urls.demo}/theming`)
  await page.getByRole('button', { name: 'Midnight' }).click()
  const first = await formOf(page)
  await first.getByRole('button', { name: 'Not now' }).click()
  await expect(page.locator('[data-state]')).toHaveText('This form is closed.')
  await page.getByRole('button', { name: 'A new form' }).click()
  await expect(page.locator('[data-state]')).toContainText('The real form')
  await expect.poll(async () => (await dressed(await formOf(page)))['surface']).toBe('#15131f')
  await fillCard(page, cards.visa)
  await expect(page.locator('[data-state]')).toContainText('Done, and nothing was charged')
  await expect(page.getByRole('button', { name: 'A new form' })).toBeVisible()
})

test('the sheet rises on a phone and is a bubble on a desk, and the page says which', async ({ page, stack }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${stack.urls.demo}/theming`)
  await formOf(page)
  await page.getByLabel('Preset').selectOption('sheet')
  const bottom = (): Promise<number> =>
    page.locator('sallyport-capture iframe').evaluate((frame) => frame.getBoundingClientRect().bottom - innerHeight)
  await expect.poll(async () => Math.abs(await bottom())).toBeLessThan(2)
  await expect(page.locator('[data-preset-note]')).toHaveText('')
  await page.setViewportSize({ width: 1280, height: 800 })
  await expect(page.locator('[data-preset-note]')).toContainText('on a screen as wide as this one it is a bubble')
})

test('everything is reached and changed by keyboard alone', async ({ page, stack }) => {
  await page.goto(`${stack.urls.demo}/theming`)
  await formOf(page)
  const named = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('aria-label') || '')
  const visited: string[] = []
  await page.locator('[data-controls] button').first().focus()
  for (let press = 0; press < 120; press += 1) {
    visited.push(await named())
    if (await page.evaluate(() => document.activeElement?.matches('.css') === true)) break
    await page.keyboard.press('Tab')
  }
  expect(visited).toEqual(expect.arrayContaining(['preset', 'scheme', 'locale', 'The rule']))
  await page.getByLabel('Preset').focus()
  await page.keyboard.press('ArrowDown')
  await expect(page.locator('[data-attributes]')).toContainText('preset=')
  await page.getByLabel('Card corners: slider').focus()
  await page.keyboard.press('Home')
  await expect(page.locator('[data-css]')).toContainText('--sallyport-radius: 0')
})
