#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runWithoutCore } from './run.mjs'
import { giveUp } from './say.mjs'

try {
  // What the last build made; the source where there was none.
  const built = join(root, 'dist', 'processes', 'sallyport.js')
  const program = existsSync(built) ? built : join(root, 'server', 'cli.ts')
  process.exitCode = await runWithoutCore(pinnedNode, [program, ...process.argv.slice(2)])
} catch (error) {
  giveUp(error)
}
