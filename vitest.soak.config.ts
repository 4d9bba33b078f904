import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** What takes minutes: `npm run soak`. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['{server,e2e}/**/*.soak.ts'], fileParallelism: false, disableConsoleIntercept: true },
})
