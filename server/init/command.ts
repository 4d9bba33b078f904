import { parseArgs } from 'node:util'
import { type Command, UsageError } from '../command.ts'
import type { Mode } from '../config.ts'
import { defaultMode, readSettings } from '../settings.ts'
import { initHome } from './init.ts'
import { passphraseOf } from './key-store.ts'
import { assertLiveSettings } from './live.ts'

const isMode = (value: string): value is Mode => value === 'sandbox' || value === 'live'

export const init: Command = {
  usage: [['init [--mode sandbox|live]', 'make the home (SALLYPORT_HOME, .sallyport) with all its secrets, once']],
  async run(args) {
    const { values } = parseArgs({ args, options: { mode: { type: 'string', default: defaultMode } } })
    if (!isMode(values.mode)) throw new UsageError('--mode must be sandbox or live')
    const settings = readSettings()
    if (values.mode === 'live') assertLiveSettings(settings)
    const home = await initHome(settings.home, values.mode, settings.keys, passphraseOf(settings))
    const how = home.made ? 'was made' : 'is there already, and is left as it is'
    process.stdout.write(`${home.folder} ${how} (${home.deployment.mode} mode)\n`)
    if (home.made && values.mode === 'live')
      process.stdout.write('Next: `sallyport start`, then `sallyport tenant add` and `sallyport admin account add`.\n')
  },
}
