import { build } from './build.mjs'
import { install } from './install.mjs'
import { giveUp, say } from './say.mjs'
import { fileURLToPath } from 'node:url'

/** Everything that has to be there before a command runs; what is there already is left alone. */
export async function setUp() {
  await install()
  await build()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp().catch(giveUp)
  say('Installed and built.')
}
