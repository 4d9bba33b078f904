/** The short form of `npm run test:engines`, in CI's `npm test`, which installs the engines where it may: one payment in each. */
import { findEngines } from '../scripts/engines.mjs'
import { inCI } from '../scripts/signatures.mjs'
import { cards, fillCard } from '../testing/index.ts'
import { startEngine } from './engines/start.ts'
import { expect } from './engines/test.ts'
import { Shop } from './shop.ts'
import { test } from './stack.ts'

// On a busy machine WebKit's driver now and then clicks where a button was a moment ago; the list then says "flaky".
test.describe.configure({ retries: 1 })

for (const engine of ['firefox', 'webkit'] as const) {
  test(`a payment in ${engine}, in CI`, async ({ stack }) => {
    test.skip(
      !inCI(),
      'another browser costs seconds of CPU: in CI alone, or by `CI=1`; `npm run test:engines` runs all of it',
    )
    const { missing, environment } = await findEngines({ install: false, names: [engine] })
    const [absent] = missing
    // The list of the run says which payment it did not make, and why.
    test.skip(absent !== undefined, `${absent?.words} \`npm run test:engines\` installs it where it may.`)
    test.setTimeout(90_000)
    const browser = await startEngine[engine](environment)
    try {
      const { page, leave } = await browser.customer()
      const shop = await new Shop(page, stack).open()
      await shop.toForm()
      await fillCard(page, cards.visa, { timeoutMs: 30_000 })
      await expect(page.locator('.receipt')).toContainText('Visa ••4242')
      await leave()
    } finally {
      await browser.close()
    }
  })
}
