/** What the page learns while cards are typed: nothing that is worth a look. The ten thousand are in typed-cards.soak.ts. */
import { expect, test } from '@playwright/test'
import { openDoors } from './capture-door.ts'
import { randomCard, randomFrom, TypingHost } from './typed-cards.ts'
import { holdsPieceOf, hostLearnsNothing, piecesOf } from './typed-cards-check.ts'

test.describe.configure({ mode: 'parallel' })

test('of a dozen cards typed key by key the page learns no digits, no code and no count of keys', async ({ page }) => {
  const told = await hostLearnsNothing(page, 12, 1)
  expect(Math.max(...told.map(({ messages }) => messages.length))).toBeLessThan(30)
})

// Each is a way by which a page could come to know, and each is found.
const plants: Record<string, (digits: string) => void> = {
  'the console': (digits) => console.log(digits),
  'an attribute, in groups': (digits) => document.body.setAttribute('data-a', digits.replaceAll(/(.{4})/g, '$1 ')),
  'a performance entry': (digits) => void performance.mark(digits),
  'an accessible name': (digits) => document.querySelector('#before')?.setAttribute('aria-label', digits),
  storage: (digits) => sessionStorage.setItem('a', digits),
}

test('what a page would be told is found by the same search, wherever it is (control)', async ({ page }) => {
  const doors = await openDoors()
  const host = await TypingHost.open(page, doors)
  const random = randomFrom(7)
  for (const [place, plant] of Object.entries(plants)) {
    const { number } = randomCard(random)
    expect(holdsPieceOf(piecesOf(await host.everything()), number), place).toBe(false)
    await page.evaluate(plant, number.slice(2, 12))
    expect(holdsPieceOf(piecesOf(await host.everything()), number), place).toBe(true)
  }
  await doors.close()
})
