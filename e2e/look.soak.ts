/**
 * Every preset in every width, scheme, language and state: axe finds nothing in host or frame, nothing is cut or stands on
 * something else, and a picture is left in `test-results/looks/` for whoever wants to look. The short form is look.spec.ts.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Frame, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import type { FakeIntake } from './capture-door.ts'
import { nextCapture, test } from './form-in-chat.ts'
import { begin, formOf, misplaced } from './look.ts'

const pictures = join(import.meta.dirname, '..', 'test-results', 'looks')
test.beforeAll(() => mkdirSync(pictures, { recursive: true }))

const states = ['ready', 'errors', 'sending', 'receipt', 'ended'] as const

async function enter(page: Page, form: Frame, intake: FakeIntake, state: (typeof states)[number]): Promise<void> {
  if (state === 'errors') {
    await form.locator('#number').fill('4242424242424241')
    await form.locator('#submit').click()
    await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
  }
  if (state === 'sending') {
    intake.before = (path) => (path === '/v1/submit' ? new Promise(() => {}) : undefined)
    await fillCard(page, cards.visa)
    await expect(form.locator('#submit')).toHaveAttribute('aria-busy', 'true')
  }
  if (state === 'receipt') await fillCard(page, cards.visa)
  if (state === 'ended') intake.moveTo('canceled')
  if (state === 'receipt' || state === 'ended') await expect(form.locator('#ending')).toBeVisible()
}

for (const preset of ['bubble', 'sheet', 'page'] as const)
  for (const lang of ['en', 'de', 'ar'])
    for (const scheme of ['light', 'dark', 'forced'] as const)
      test(`${preset}, ${lang}, ${scheme}`, async ({ page, doors }) => {
        await page.emulateMedia({
          colorScheme: scheme === 'dark' ? 'dark' : 'light',
          forcedColors: scheme === 'forced' ? 'active' : 'none',
          reducedMotion: 'reduce',
        })
        for (const width of [320, 390, 1280])
          for (const state of states) {
            const where = `${preset}-${width}-${scheme}-${lang}-${state}`
            nextCapture(doors, { locale: lang })
            const { intake } = doors
            await page.setViewportSize({ width, height: 844 })
            await page.goto(`${doors.host}/?preset=${preset}&lang=${lang}&scheme=light%20dark`)
            await page.evaluate(() => document.querySelector('main')?.style.setProperty('max-width', '1000px'))
            void begin(page, intake)
            const form = await formOf(page, 20_000)
            await enter(page, form, intake, state)
            expect([...(await axeFinds(page)), ...(await axeFinds(form))], where).toEqual([])
            expect(await misplaced(form), where).toEqual([])
            await page.screenshot({ path: join(pictures, `${where}.png`) })
          }
      })
