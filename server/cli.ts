/** `sallyport <command>`: a table of commands. Each lives in a file beside what it does. */
import { admin, keys, tenant } from './admin/command.ts'
import { reconcile } from './admin/reconcile-command.ts'
import { audit } from './auditor/command.ts'
import { type Command, UsageError, usageText } from './command.ts'
import { doctor } from './doctor/command.ts'
import { init } from './init/command.ts'
import { backupCommand, restoreCommand } from './restore/command.ts'
import { scan } from './scan/command.ts'
import { detectCommand } from './scan/explain-command.ts'
import { start } from './supervisor/command.ts'
import { migrateCommand } from './supervisor/migrate-command.ts'
import { screen } from './supervisor/screen-command.ts'

/** A command that takes no words of its own answers `--help` with its line, whatever else was typed, and does nothing. */
const withHelp = (command: Command): Command => ({
  ...command,
  async run(args) {
    if (args.includes('--help') || args.includes('-h')) process.stdout.write(usageText([command]))
    else await command.run(args)
  },
})

const help: Command = {
  usage: [['help', 'this text']],
  run: async () => void process.stdout.write(usageText(Object.values(commands))),
}

const commands: Record<string, Command> = {
  init: withHelp(init),
  start: withHelp(start),
  migrate: withHelp(migrateCommand),
  screen: withHelp(screen),
  doctor: withHelp(doctor),
  tenant,
  admin,
  keys,
  audit,
  backup: withHelp(backupCommand),
  restore: withHelp(restoreCommand),
  reconcile: withHelp(reconcile),
  scan: withHelp(scan),
  detect: withHelp(detectCommand),
  help,
}

const [name = 'help', ...args] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : ['--help', '-h'].includes(name) ? help : undefined
if (command === undefined) {
  // Not the word itself: what was typed by mistake may be anything.
  process.stderr.write(`There is no such command. These are:\n\n${usageText(Object.values(commands))}`)
  process.exit(2)
}
try {
  await command.run(args)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
}
