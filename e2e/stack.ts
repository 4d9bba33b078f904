/** The base of every e2e test: `import { expect, test } from './stack.ts'` gives the deployment of the run as `stack`. */
import { test as base } from '@playwright/test'
import type { Stack } from '../server/testing/stack.ts'
import { stackVariable } from './global-setup.ts'

export interface RunningStack extends Pick<Stack, 'home' | 'urls' | 'direct' | 'tenant'> {
  /** By `parallelIndex`: where this worker may serve `shop.localhost` and `portal.localhost`, which the tenant allows. */
  hostPorts: number[]
}

export const test = base.extend<Record<never, never>, { stack: RunningStack }>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
    async ({}, use) => {
      const told = process.env[stackVariable]
      if (told === undefined) throw new Error(`${stackVariable} is not set; run the tests with \`npm test\``)
      await use(JSON.parse(told))
    },
    { scope: 'worker' },
  ],
})

export { expect } from '@playwright/test'
