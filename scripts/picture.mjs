/**
 * Makes the README's picture of the demo from the real thing: a deployment of its own, a browser, a card typed into the
 * form. Run it after the page has changed: `node_modules/.bin/node scripts/picture.mjs`.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { startStack } from '../server/testing/stack.ts'
import { cardFrame, cards, fillCard } from '../testing/index.ts'
import { build } from './build.mjs'
import { findChromium } from './chromium.mjs'
import { root } from './root.mjs'
import { say } from './say.mjs'

const folder = join(root, 'docs', 'images')
const picture = join(folder, 'demo.png')

await build()
const stack = await startStack()
const browser = await chromium.launch({
  executablePath: await findChromium(),
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
try {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 880 },
    deviceScaleFactor: 2,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  await page.goto(stack.urls.demo)
  const replies = page.locator('.replies')
  await replies.getByRole('button', { name: 'Lantern Room' }).click()
  await replies.getByRole('button', { name: 'Yes, pay by card' }).click()
  await fillCard(page, cards.visa, { submit: false })
  const frame = await cardFrame(page)
  await frame.locator('input[autocomplete="cc-name"]').click()
  await page.locator('.seen-entry').filter({ hasText: 'capture.field.completed' }).nth(2).waitFor()
  await page.locator('[data-known-number].known-now').waitFor()
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: picture })
  say(`The picture is ${picture.slice(root.length + 1)}`)
} finally {
  await browser.close()
  await stack.stop()
}
