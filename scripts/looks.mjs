/**
 * Makes the pictures of docs/theming.md from the real thing, each preset on a phone in the light and at
 * a desk in the dark: the built widget and frame in a page of another site. `node_modules/.bin/node scripts/looks.mjs`.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { FakeIntake, openDoors } from '../e2e/capture-door.ts'
import { cardFrame, cards, fillCard } from '../testing/index.ts'
import { build } from './build.mjs'
import { findChromium } from './chromium.mjs'
import { root } from './root.mjs'
import { say } from './say.mjs'

const folder = join(root, 'docs', 'images')
const places = [
  { name: 'phone', viewport: { width: 390, height: 720 }, colorScheme: 'light' },
  { name: 'desk', viewport: { width: 1000, height: 640 }, colorScheme: 'dark' },
]

await build()
mkdirSync(folder, { recursive: true })
const doors = await openDoors()
const browser = await chromium.launch({
  executablePath: await findChromium(),
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
try {
  for (const preset of ['bubble', 'sheet', 'page']) {
    for (const { name, viewport, colorScheme } of places) {
      // At a desk a sheet is a bubble.
      if (preset === 'sheet' && name === 'desk') continue
      const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 2, reducedMotion: 'reduce' })
      const intake = new FakeIntake()
      doors.intake = intake
      await page.goto(`${doors.host}/?preset=${preset}&scheme=light%20dark`)
      await page.evaluate(
        (wide) => {
          const main = document.querySelector('main')
          main?.style.setProperty('max-width', wide)
          document.documentElement.style.setProperty('color-scheme', 'light dark')
        },
        preset === 'page' ? '920px' : '460px',
      )
      const request = { captureId: intake.captureId, clientSecret: intake.clientSecret }
      page.evaluate((asked) => window.ask(asked), request).catch(() => {})
      await cardFrame(page, 20_000)
      await fillCard(page, cards.visa, { submit: false })
      await page.waitForTimeout(300)
      const path = join(folder, `preset-${preset}-${name}.png`)
      await page.screenshot({ path })
      say(`The picture is ${path.slice(root.length + 1)}`)
      await page.close()
    }
  }
} finally {
  await browser.close()
  await doors.close()
}
