import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { catchSignals, runWithoutCore, wasSignalled } from './run.mjs'
import { giveUp } from './say.mjs'
import { setUp } from './setup.mjs'

catchSignals()
try {
  await setUp()
  const supervisor = join(root, 'dist', 'processes', 'supervisor.js')
  if (!wasSignalled()) process.exitCode = await runWithoutCore(pinnedNode, [supervisor], { cwd: root })
} catch (error) {
  // Ended while it built: that is no failure, and the next start begins again.
  if (wasSignalled()) process.exit(0)
  giveUp(error)
}
