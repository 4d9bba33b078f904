/** Ten thousand random cards of every scheme, typed key by key. */
import { expect, test } from '@playwright/test'
import { hostLearnsNothing, keysAgainstMessages } from './typed-cards-check.ts'

const cards = 10_000
const halves = 2

test.describe.configure({ mode: 'parallel' })

for (let half = 1; half <= halves; half += 1) {
  test(`of ten thousand cards the page learns no digits, no code and no count of keys (part ${half})`, async ({
    page,
  }) => {
    test.setTimeout(3_600_000)
    const told = await hostLearnsNothing(page, cards / halves, Date.now() + half)
    for (const brand of ['visa', 'unionpay', 'discover', 'mastercard']) {
      const r = keysAgainstMessages(told, brand)
      console.log(`${brand}: keys against messages, r = ${r.toFixed(3)}`)
      expect(Math.abs(r), brand).toBeLessThan(0.25)
    }
  })
}
