import { defineConfig } from '@playwright/test'
import { isolatedSites } from './e2e/isolated-sites.ts'
import base from './playwright.config.ts'

/** The pages of examples/ on a deployment of their own: `npm run test:hosts`, which builds them first. */
export default defineConfig({
  ...base,
  testDir: 'e2e/hosts',
  testMatch: '**/*.hosts.ts',
  projects: [{ name: 'hosts' }],
  outputDir: 'test-results/hosts',
  globalSetup: './e2e/hosts/deployment.ts',
  use: { ...base.use, launchOptions: isolatedSites },
  // One at a time: a frame of another site is a process of its own, and the widget waits eight seconds for it, not longer.
  workers: 1,
  timeout: 60_000,
})
