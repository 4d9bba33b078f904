import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      '{protocol,detect,crypto,widget,frame,server,agent,demo,architecture,testing,bench,scripts}/**/*.test.ts',
    ],
    globalSetup: ['server/testing/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 3,
    // A process a worker, not a process a file, whose start cost more than many a file's tests. A test leaves nothing behind.
    isolate: false,
    // Two shared cores and a real Postgres: slow is not wrong, hanging is.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
