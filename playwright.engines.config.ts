import { defineConfig } from '@playwright/test'
import { type Engine, engines, everyEngine } from './e2e/engines/browser.ts'
import base from './playwright.config.ts'

// Workers inherit it.
process.env[everyEngine] = '1'

/** `npm run test:engines`: the road, the hostile table and what is each engine's own, on every engine. */
export default defineConfig<object, { engine: Engine }>({
  ...base,
  outputDir: 'test-results/engines',
  testMatch: ['road.spec.ts', 'hostile-pages.spec.ts', 'engines/*.engine.ts'],
  projects: engines.map((engine) => ({ name: engine, use: { engine } })),
  workers: 2,
  // A driver hangs now and then, WebKit's above all, and says nothing of the page: once more, and the list says "flaky".
  retries: 1,
  timeout: 90_000,
  // Each step of a driver crosses two programs.
  expect: { timeout: 20_000 },
})
