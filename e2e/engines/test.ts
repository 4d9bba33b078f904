/**
 * The base of every test that runs on all engines. In `npm test` its page is Playwright's own; by playwright.engines.config.ts
 * each engine is a project, with a browser of its own behind the same page. The runner is Playwright's in any case.
 */
import type { Page, PlaywrightTestArgs, PlaywrightWorkerArgs, TestType } from '@playwright/test'
import { type RunningStack, test as onStack } from '../stack.ts'
import { type Engine, type EnginePage, everyEngine } from './browser.ts'
import { startChromium } from './chromium.ts'
import type { Browser } from './driver.ts'
import { startEngine } from './start.ts'

export { expect } from './expect.ts'

type EngineTest = TestType<
  Omit<PlaywrightTestArgs, 'page' | 'context' | 'request'> & { page: EnginePage; stack: RunningStack; engine: Engine },
  Omit<PlaywrightWorkerArgs, 'browser'>
>

// Of each test, as the deployment is: `npm test` needs no worker for these tests alone.
const inChromium = onStack.extend<{ engine: Engine }>({ engine: 'chromium' })

const withEngine = onStack.extend<Record<never, never>, { engine: Engine }>({
  engine: ['chromium', { option: true, scope: 'worker' }],
})

/** Playwright's fixture for a page is not asked for here, so nothing is started that is not driven. */
const driven = withEngine.extend<Record<never, never>, { driven: Browser }>({
  driven: [
    async ({ engine, playwright, launchOptions }, use) => {
      const start: Record<Engine, () => Promise<Browser>> = {
        chromium: () => startChromium(() => playwright.chromium.launch(launchOptions)),
        firefox: () => startEngine.firefox(process.env),
        webkit: () => startEngine.webkit(process.env),
      }
      const browser = await start[engine]()
      await use(browser)
      await browser.close()
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  page: async ({ driven, engine }, use, info) => {
    info.annotations.push({ type: 'browser', description: `${engine}: ${driven.version}` })
    const customer = await driven.customer()
    // Sound: the tests see what `EnginePage` has.
    await use(customer.page as Page)
    if (info.status !== info.expectedStatus) {
      const body = await customer.screenshot().catch(() => null)
      if (body !== null) await info.attach('screenshot', { body, contentType: 'image/png' })
    }
    await customer.leave()
  },
})

// Sound: the narrower page is what each of them has.
export const test = (process.env[everyEngine] === undefined ? inChromium : driven) as unknown as EngineTest
