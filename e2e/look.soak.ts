/**
 * Every preset in every width, scheme, language and state: axe finds nothing in host or frame, nothing is cut or stands on
 * something else, and a picture is left in `test-results/looks/` for whoever wants to look. The short form is look.spec.ts.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Frame, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import type { Doors, FakeIntake } from './capture-door.ts'
import { frameOf, linkTo, nextCapture, test } from './form-in-chat.ts'
import { begin, formOf, misplaced } from './look.ts'

const pictures = join(import.meta.dirname, '..', 'test-results', 'looks')
test.describe.configure({ mode: 'parallel' })
test.beforeAll(() => mkdirSync(pictures, { recursive: true }))

interface Look {
  offer?: FakeIntake['offer']
  /** Of these alone. */
  presets?: readonly string[]
  widths?: readonly number[]
}

const states = {
  ready: {},
  errors: {},
  sending: {},
  receipt: {},
  ended: {},
  /** The answers to the card stay lost. */
  unsent: {},
  /** Intake is not reached, and the person is asked to try again. */
  unattached: {},
  /** The code of a stored card alone. */
  code: { offer: { fields: ['cvc'], card: { brand: 'amex', last4: '0005' } } },
  /** Every field that there is. */
  all: { offer: { fields: ['number', 'expiry', 'cvc', 'name', 'postal_code'] } },
  /** Put away to read the chat: of a sheet alone. */
  folded: { presets: ['sheet'], widths: [320, 390] },
  /** The form did not come, and its link stands in its place. */
  link: {},
} satisfies Record<string, Look>
type State = keyof typeof states
const looks = Object.entries(states) as [State, Look][] // sound: the table's keys are the union

async function loadedFrame(page: Page): Promise<Frame> {
  await expect.poll(() => frameOf(page) !== page.mainFrame()).toBe(true)
  return frameOf(page)
}

/** What goes wrong in this state, from the beginning. */
function prepare(intake: FakeIntake, state: State): void {
  intake.before = (path) => {
    if (path === '/v1/submit' && state === 'sending') return new Promise(() => {})
    const isLost = (path === '/v1/submit' && state === 'unsent') || (path === '/v1/attach' && state === 'unattached')
    return isLost ? 'lost' : undefined
  }
}

async function enter(page: Page, form: Frame, intake: FakeIntake, state: State): Promise<void> {
  const wrong = form.locator('[aria-invalid="true"]')
  if (state === 'errors' || state === 'all') {
    await form.locator('#number').fill('4242424242424241')
    await form.locator('#submit').click()
    await expect(wrong).toHaveCount(state === 'all' ? 5 : 3)
  }
  if (state === 'code') {
    await form.locator('#cvc').fill('123')
    await form.locator('#submit').click()
    await expect(wrong).toHaveCount(1)
  }
  if (state === 'sending' || state === 'unsent' || state === 'receipt') await fillCard(page, cards.visa)
  if (state === 'sending') await expect(form.locator('#submit')).toHaveAttribute('aria-busy', 'true')
  if (state === 'unsent') await expect(form.locator('#notice')).toBeVisible()
  if (state === 'unattached') await expect(form.locator('#retry')).toBeVisible()
  if (state === 'folded') await form.locator('#fold').click()
  if (state === 'ended') intake.moveTo('canceled')
  if (state === 'receipt' || state === 'ended') await expect(form.locator('#ending')).toBeVisible()
}

/** The link as intake would make it; the form is kept away by the page's own policy. */
async function showLink(page: Page, doors: Doors, lang: string): Promise<void> {
  expect(await begin(page, doors.intake)).toMatchObject({ code: 'channel.csp' })
  await page.evaluate((link) => window.element.showLink(link), linkTo(doors.capture, lang))
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
          for (const [state, look] of looks) {
            const { offer = {}, presets = [preset], widths = [width] } = look
            if (!presets.includes(preset) || !widths.includes(width)) continue
            const where = `${preset}-${width}-${scheme}-${lang}-${state}`
            nextCapture(doors, { locale: lang, ...offer })
            const { intake } = doors
            prepare(intake, state)
            await page.setViewportSize({ width, height: 844 })
            const away = state === 'link' ? '&noframes' : ''
            await page.goto(`${doors.host}/?preset=${preset}&lang=${lang}&scheme=light%20dark${away}`)
            await page.evaluate(() => document.querySelector('main')?.style.setProperty('max-width', '1000px'))
            if (state === 'link') await showLink(page, doors, lang)
            else {
              void begin(page, intake)
              const form = state === 'unattached' ? await loadedFrame(page) : await formOf(page, 20_000)
              await enter(page, form, intake, state)
              expect(await axeFinds(form), where).toEqual([])
              expect(await misplaced(form), where).toEqual([])
            }
            expect(await axeFinds(page), where).toEqual([])
            expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), where).toBe(0)
            await page.screenshot({ path: join(pictures, `${where}.png`) })
          }
      })
