import { defineConfig } from '@playwright/test'
import base from './playwright.config.ts'

/** What takes minutes in a browser: `npm run soak`, after the files of vitest.soak.config.ts. */
export default defineConfig({
  ...base,
  testMatch: '**/*.soak.ts',
  projects: [{ name: 'soak' }],
  outputDir: 'test-results/soak',
  workers: 2,
  timeout: 600_000,
})
