/** The page that tries looks on: what is chosen is worn by the real form, and is what there is to copy. */
import type { Frame, Page } from '@playwright/test'
import { cardFrame } from '../testing/index.ts'
import { dressed } from './look.ts'
import { expect, test } from './stack.ts'

const formOf = async (page: Page): Promise<Frame> => (await cardFrame(page)) as unknown as Frame
const wideness = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

test('what is chosen is worn live, said where it was mended, and copied; nothing scrolls sideways at 360 px', async ({
  page,
  stack,
}) => {
  const violations: string[] = []
  page.on('console', (message) => {
    if (/content security policy|trusted ?type/i.test(message.text())) violations.push(message.text())
  })
  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto(`${stack.urls.demo}/theming`)
  const form = await formOf(page)
  const css = page.locator('[data-css]')
  await expect(css).toContainText('Nothing differs yet')

  await page.locator('#token-accent ~ .well').fill('#7a1fa2')
  await page.getByLabel('Card corners: slider').fill('6')
  await page.getByRole('textbox', { name: 'Padding' }).fill('4rem')
  await expect.poll(() => dressed(form)).toMatchObject({ accent: '#7a1fa2', radius: '6px', padding: '40px' })
  await expect(css).toHaveText(
    'sallyport-capture {\n  --sallyport-accent: #7a1fa2;\n  --sallyport-radius: 6px;\n  --sallyport-padding: 4rem;\n}',
  )
  await expect(page.locator('#note-padding')).toHaveText('Brought to the nearest that works: 12 to 40px.')
  await page.getByRole('button', { name: 'Padding: as it comes' }).click()
  await expect(page.locator('#note-padding')).toHaveText('')

  await page.getByRole('button', { name: 'Midnight' }).click()
  await expect.poll(() => dressed(form)).toMatchObject({ surface: '#15131f', radius: '24px' })
  expect(await wideness(page)).toBe(0)

  // The same request, in a page of another language.
  await page.getByLabel('Language').selectOption('de')
  await expect.poll(async () => (await formOf(page)).evaluate(() => document.documentElement.lang)).toBe('de')
  await expect.poll(async () => (await dressed(await formOf(page)))['surface']).toBe('#15131f')
  await expect(page.locator('[data-attributes]')).toContainText('color-scheme="dark" locale="de"')
  expect(violations).toEqual([])
})
