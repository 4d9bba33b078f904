import { parseArgs } from 'node:util'
import type { Mode } from './config.ts'
import { initHome } from './init/init.ts'
import { defaultMode, readSettings } from './settings.ts'
import { runSupervisor } from './supervisor/run.ts'

const usage = `sallyport <command>

  init [--mode sandbox|live]   make the home (SALLYPORT_HOME, .sallyport) with all its secrets, once
  start                        start everything, as npm start does
  help                         this text
`

const isMode = (value: string): value is Mode => value === 'sandbox' || value === 'live'

async function init(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { mode: { type: 'string', default: defaultMode } } })
  if (!isMode(values.mode)) throw new Error('--mode must be sandbox or live')
  const settings = readSettings()
  const home = await initHome(settings.home, values.mode, settings.keys)
  const how = home.made ? 'was made' : 'is there already, and is left as it is'
  process.stdout.write(`${home.folder} ${how} (${home.deployment.mode} mode)\n`)
}

const commands: Record<string, (args: string[]) => Promise<void>> = {
  init,
  start: () => runSupervisor(readSettings),
  help: async () => void process.stdout.write(usage),
}

const [name = 'help', ...args] = process.argv.slice(2)
const command = commands[name]
if (command === undefined) {
  process.stderr.write(usage)
  process.exit(2)
}
try {
  await command(args)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exit(1)
}
