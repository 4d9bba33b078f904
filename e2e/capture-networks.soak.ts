/**
 * The chooser of a card that two networks serve, where it is hard to draw: from right to left, in the dark, in the system's
 * own colours, narrow. Pictures are left in `test-results/looks/` for whoever wants to look.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cobadges } from '../detect/cobadges.ts'
import { cards } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import { nextCapture, test } from './form-in-chat.ts'
import { begin, formOf, misplaced } from './look.ts'
import { expect } from './stack.ts'

const pictures = join(import.meta.dirname, '..', 'test-results', 'looks')
test.beforeAll(() => void mkdirSync(pictures, { recursive: true }))

for (const lang of ['en', 'de', 'ar'])
  for (const scheme of ['light', 'dark', 'forced'] as const)
    for (const preset of ['bubble', 'sheet', 'page'])
      test(`which network, ${preset}, ${lang}, ${scheme}: axe finds nothing, nothing is cut, and the chooser stands at the number's end`, async ({
        page,
        doors,
      }) => {
        await page.emulateMedia({
          colorScheme: scheme === 'dark' ? 'dark' : 'light',
          forcedColors: scheme === 'forced' ? 'active' : 'none',
          reducedMotion: 'reduce',
        })
        for (const width of [320, 390]) {
          await page.setViewportSize({ width, height: 844 })
          nextCapture(doors, { cobadges: [...cobadges], locale: lang })
          await page.goto(`${doors.host}/?preset=${preset}&lang=${lang}&scheme=light%20dark`)
          void begin(page, doors.intake)
          const form = await formOf(page, 20_000)
          const chooser = form.locator('#network')
          const looks = async (state: string): Promise<void> => {
            const where = `network-${preset}-${width}-${scheme}-${lang}-${state}`
            expect([...(await axeFinds(page)), ...(await axeFinds(form))], where).toEqual([])
            expect(await misplaced(form), where).toEqual([])
            await page.screenshot({ path: join(pictures, `${where}.png`) })
          }
          await form.locator('#number').fill(cards.cartesBancairesVisa.number)
          await expect(chooser).toBeVisible()
          // Digits run from left to right in every language, and the whole number can be read beside the chooser.
          const [number, choice] = await Promise.all([form.locator('#number').boundingBox(), chooser.boundingBox()])
          if (number === null || choice === null) throw new Error('both are on the page')
          expect(choice.y).toBeGreaterThanOrEqual(number.y - 1)
          expect(choice.y + choice.height).toBeLessThanOrEqual(number.y + number.height + 1)
          // Where a line ends in this language.
          const [left, right] = [choice.x - number.x, number.x + number.width - choice.x - choice.width]
          expect(lang === 'ar' ? left < right : right < left, `${left} before it, ${right} behind`).toBe(true)
          expect(
            await form.locator('#number').evaluate((input: HTMLInputElement) => input.scrollWidth - input.clientWidth),
          ).toBeLessThanOrEqual(1)
          await looks('asked')
          await chooser.focus()
          await looks('focused')
          await chooser.selectOption('cartes_bancaires')
          await looks('chosen')
        }
      })
