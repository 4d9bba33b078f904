/** Chromium, driven by Playwright, whose pages are what the other drivers' pages are made to be like. */
import type { Browser as Chromium } from '@playwright/test'
import type { Browser } from './driver.ts'

export async function startChromium(launch: () => Promise<Chromium>): Promise<Browser> {
  const browser = await launch()
  return {
    version: `Chromium ${browser.version()}`,
    async customer() {
      const context = await browser.newContext()
      const page = await context.newPage()
      return { page, screenshot: () => page.screenshot(), leave: () => context.close() }
    },
    close: () => browser.close(),
  }
}
