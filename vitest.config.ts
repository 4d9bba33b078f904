import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      '{protocol,detect,crypto,widget,frame,server,agent,demo,architecture,testing,bench,scripts}/**/*.test.ts',
    ],
    globalSetup: ['server/testing/global-setup.ts'],
    pool: 'forks',
    // Two a core, since a test of processes and time-outs mostly waits; one server takes the connections of six.
    maxWorkers: Math.min(6, 2 * availableParallelism()),
    // A process a worker, not a process a file, whose start cost more than many a file's tests. A test leaves nothing behind.
    isolate: false,
    // Two shared cores and a real Postgres: slow is not wrong, hanging is.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
