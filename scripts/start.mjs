import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runWithoutCore } from './run.mjs'
import { giveUp } from './say.mjs'
import { setUp } from './setup.mjs'

try {
  await setUp()
  process.exitCode = await runWithoutCore(pinnedNode, [join(root, 'dist', 'processes', 'supervisor.js')], { cwd: root })
} catch (error) {
  giveUp(error)
}
