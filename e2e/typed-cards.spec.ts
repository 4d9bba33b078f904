/** What the page learns while cards are typed: nothing that is worth a look. The ten thousand are in typed-cards.soak.ts. */
import { expect, test } from '@playwright/test'
import { openDoors } from './capture-door.ts'
import { randomCard, randomFrom, type Told, TypingHost } from './typed-cards.ts'
import { holdsPieceOf, hostLearnsNothing, keysAgainstMessages, piecesOf, valuesOf } from './typed-cards-check.ts'

test.describe.configure({ mode: 'parallel' })

test('of a dozen cards typed key by key the page learns no digits, no code and no count of keys', async ({ page }) => {
  const told = await hostLearnsNothing(page, 12, 1)
  expect(Math.max(...told.map(({ messages }) => messages.length))).toBeLessThan(30)
})

test('of keys of the real keyboard the page’s side holds no trace, whether they are few or many', async ({ page }) => {
  const doors = await openDoors()
  const host = await TypingHost.open(page, doors)
  // Without a pointer: a slow machine tells the page late how long its way over the page took.
  await host.form.locator('#number').focus()
  const before = await host.standing()
  for (const mended of [0, 12]) {
    await page.keyboard.type('5555555555554444')
    for (let key = 0; key < mended; key += 1) await page.keyboard.press(key % 2 === 0 ? 'Backspace' : '4')
    await expect(host.form.locator('#number')).toHaveValue('5555 5555 5555 4444')
    expect(await host.standing()).toEqual(before)
    await host.form.locator('#number').fill('')
  }
  // The control: a key that goes into the page itself is counted by the browser.
  await page.locator('#composer').focus()
  await page.keyboard.type('4')
  expect(await host.standing()).not.toEqual(before)
  await doors.close()
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
    const before = await host.standing()
    expect(holdsPieceOf(piecesOf(await host.everything()), number), place).toBe(false)
    await page.evaluate(plant, number.slice(2, 12))
    expect(holdsPieceOf(piecesOf(await host.everything()), number), place).toBe(true)
    expect(await host.standing(), place).not.toEqual(before)
  }
  await doors.close()
})

test('a message a key, or one with the code, would be found (control)', () => {
  const random = randomFrom(9)
  const told = Array.from({ length: 200 }, (): Told => {
    const card = randomCard(random)
    const keys = card.number.length + Math.floor(random() * 12)
    return { card, keys, messages: Array.from({ length: keys }, () => '{}') }
  })
  expect(keysAgainstMessages(told, 'unionpay')).toBeGreaterThan(0.9)
  expect(valuesOf(['{"sp":1,"seq":123,"t":"progress","code":"737"}'])).toContain('737')
})
