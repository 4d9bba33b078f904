/**
 * `npm run soak`: what takes longer than `npm test` may. Runs every `*.soak.ts` of server/ in turn; `--minutes` says how
 * long each may go on (5 by default), any other argument is a filter.
 */
import { join } from 'node:path'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { giveUp, SetupError, say } from './say.mjs'
import { setUp } from './setup.mjs'

try {
  const { minutes, filters } = readArguments(process.argv.slice(2))
  await setUp()
  say(`Soaking: ${minutes} minutes a file, with seeds of this moment. Ctrl-C ends it.`)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const args = [vitest, 'run', '--config', 'vitest.soak.config.ts', ...filters]
  const env = { ...process.env, NODE_ENV: 'production', SALLYPORT_SOAK_MINUTES: String(minutes) }
  process.exitCode = await runForeground(pinnedNode, args, { cwd: root, env })
} catch (error) {
  giveUp(error)
}

function readArguments(args) {
  const at = args.indexOf('--minutes')
  const minutes = at === -1 ? 5 : Number(args[at + 1])
  if (!(minutes > 0)) throw new SetupError('--minutes takes a number, for instance 5')
  return { minutes, filters: at === -1 ? args : [...args.slice(0, at), ...args.slice(at + 2)] }
}
