import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** What takes minutes: `npm run soak`. Those of e2e/ are Playwright's (playwright.soak.config.ts). */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['{server,detect}/**/*.soak.ts'],
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
})
