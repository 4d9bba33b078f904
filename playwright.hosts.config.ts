import { defineConfig } from '@playwright/test'
import base from './playwright.config.ts'

const { launchOptions } = base.use ?? {}

/** The pages of examples/ on a deployment of their own: `npm run test:hosts`, which builds them first. */
export default defineConfig({
  ...base,
  testDir: 'e2e/hosts',
  testMatch: '**/*.hosts.ts',
  projects: [{ name: 'hosts' }],
  outputDir: 'test-results/hosts',
  globalSetup: './e2e/hosts/deployment.ts',
  // A frame of another site is a process of its own, as in the browsers that customers have; one test at a time, for the
  // widget waits eight seconds for it, not longer.
  use: {
    ...base.use,
    launchOptions: { ...launchOptions, args: [...(launchOptions?.args ?? []), '--site-per-process'] },
  },
  workers: 1,
  timeout: 60_000,
})
