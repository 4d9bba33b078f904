/** The theming page under axe, in each of its ready themes. */
import type { Frame } from '@playwright/test'
import { cardFrame } from '../testing/index.ts'
import { readyThemes } from '../demo/page/theming/ready.ts'
import { axeFinds } from './axe-finds.ts'
import { expect, test } from './stack.ts'

for (const [width, height] of [
  [390, 844],
  [1280, 800],
] as const)
  for (const colorScheme of ['light', 'dark'] as const)
    test.describe(`at ${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme })

      test('nothing for axe to find on the theming page, in any ready theme, with a value that was mended', async ({
        page,
        stack,
      }) => {
        await page.goto(`${stack.urls.demo}/theming`)
        const form = (await cardFrame(page)) as unknown as Frame
        await expect(page.locator('[data-state]')).toContainText('The real form')
        for (const { name } of readyThemes) {
          await page.getByRole('button', { name, exact: true }).click()
          await page.locator('#token-muted').fill('gray')
          await page.getByRole('textbox', { name: 'Padding' }).fill('4rem')
          await expect(page.locator('#note-padding')).not.toHaveText('')
          expect(await axeFinds(page), name).toEqual([])
          expect(await axeFinds(form), `${name}, the form`).toEqual([])
        }
      })
    })
