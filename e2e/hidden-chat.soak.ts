/**
 * A chat that is put away with `display: none`, as launchers do: the form in it keeps its room and what was typed, and one
 * that was asked for meanwhile stands there when the chat is shown. A frame that is a process of its own is not laid out
 * while it is hidden, nor as long as it has no height: what it says of itself then must not become its height.
 */
import { expect, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { ask, test } from './form-in-chat.ts'
import { isolatedSites } from './isolated-sites.ts'
import { begin, formOf } from './look.ts'

test.use({ launchOptions: isolatedSites })

const chat = (page: Page, display: 'none' | 'block'): Promise<void> =>
  page.evaluate((display) => document.querySelector('main')?.style.setProperty('display', display), display)
const heightOf = (page: Page): Promise<number> => page.evaluate(() => window.element.getBoundingClientRect().height)

test('a form that is dressed anew while its chat is hidden has its height and its digits when it is back', async ({
  page,
  doors,
}) => {
  const { form, result } = await ask(page, doors, '?scheme=light%20dark')
  await form.locator('#number').fill('4242')
  const height = await heightOf(page)
  await chat(page, 'none')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(() => form.evaluate(() => document.documentElement.dataset['scheme'])).toBe('dark')
  await chat(page, 'block')
  await expect(form.locator('#number')).toHaveValue('4242')
  expect(await heightOf(page)).toBe(height)
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ ok: true, status: 'completed' })
  await expect.poll(() => heightOf(page)).toBeLessThan(100)
})

test('a form that is asked for in a chat that is hidden stands there when the chat is shown', async ({
  page,
  doors,
}) => {
  await page.addInitScript(() => {
    if (self !== top) return
    addEventListener('DOMContentLoaded', () => document.querySelector('main')?.style.setProperty('display', 'none'))
  })
  await page.goto(doors.host)
  const result = begin(page, doors.intake)
  await expect.poll(() => page.evaluate(() => window.heard.events.map(({ name }) => name))).toContain('ready')
  // Nobody is lost for being hidden, however long: longer than the widget waits for one that is shown.
  await page.waitForTimeout(10_000)
  await chat(page, 'block')
  const form = await formOf(page)
  await expect.poll(() => heightOf(page)).toBeGreaterThan(300)
  await form.locator('#number').click()
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ ok: true, status: 'completed' })
})
