/** The base of every e2e test: `import { expect, test } from './stack.ts'` gives the deployment of the run as `stack`. */
import { test as base } from '@playwright/test'
import type { Stack } from '../server/testing/stack.ts'
import { stackVariable } from './global-setup.ts'

export interface RunningStack extends Pick<Stack, 'home' | 'urls' | 'direct' | 'tenant'> {
  /** By `parallelIndex`: where this worker may serve `shop.localhost` and `portal.localhost`, which the tenant allows. */
  hostPorts: number[]
}

// Of each test, though it is the same for all: a fixture of a worker's own would begin a new worker, with a new browser.
export const test = base.extend<{ stack: RunningStack }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
  stack: async ({}, use) => {
    await use(runningStack())
  },
})

/** The deployment of the run. */
function runningStack(): RunningStack {
  const told = process.env[stackVariable]
  if (told === undefined) throw new Error(`${stackVariable} is not set; run the tests with \`npm test\``)
  return JSON.parse(told)
}

export { expect } from '@playwright/test'
