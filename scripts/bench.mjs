import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { giveUp, SetupError } from './say.mjs'
import { setUp } from './setup.mjs'
import { findChromium } from './chromium.mjs'

try {
  await setUp()
  const entry = join(root, 'bench', 'main.ts')
  if (!existsSync(entry)) throw new SetupError('There is no bench/main.ts yet, so there is nothing to measure.')
  const environment = { ...process.env, SALLYPORT_CHROMIUM: await findChromium() }
  process.exitCode = await runForeground(pinnedNode, [entry, ...process.argv.slice(2)], { cwd: root, env: environment })
} catch (error) {
  giveUp(error)
}
