/** A browser that gives a frame of another site a process of its own, as customers' do; Playwright's own need not. */
import type { LaunchOptions } from '@playwright/test'
import base from '../playwright.config.ts'

const { launchOptions } = base.use ?? {}
export const isolatedSites: LaunchOptions = {
  ...launchOptions,
  args: [...(launchOptions?.args ?? []), '--site-per-process'],
}
