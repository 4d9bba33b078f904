#!/usr/bin/env node
import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runWithoutCore } from './run.mjs'
import { giveUp } from './say.mjs'

try {
  process.exitCode = await runWithoutCore(pinnedNode, [join(root, 'server', 'cli.ts'), ...process.argv.slice(2)])
} catch (error) {
  giveUp(error)
}
