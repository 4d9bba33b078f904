/** `sallyport backup` and `sallyport restore` as commands of the command line. */
import { join, resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { operatorName } from '../admin/operator.ts'
import { type Command, UsageError, usageText } from '../command.ts'
import { initHome, modeOf } from '../init/init.ts'
import { openKeys, passphraseOf } from '../init/key-store.ts'
import { readSettings, type Settings } from '../settings.ts'
import { backUp } from './backup.ts'
import { BackupError } from './manifest.ts'
import { markOwn } from './mark-own.ts'
import { progressLine } from './progress-line.ts'
import type { Marked } from './mark.ts'
import { restore } from './restore.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function read<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T, command: Command) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch {
    throw new UsageError(`an option is unknown, or lacks its value:\n\n${usageText([command])}`)
  }
}

/** Of a deployment that was made before; nothing is made here. */
async function openHome(settings: Settings) {
  const mode = modeOf(settings.home)
  if (mode === null)
    throw new BackupError(
      `there is no deployment in ${settings.home}: set SALLYPORT_HOME to its home; of one that is lost, put deployment.json, secrets.json and the folder keys back first`,
    )
  return initHome(settings.home, mode, settings.keys, passphraseOf(settings))
}

/** 2026-11-29T15-30-00Z: sorts by time, and is a name everywhere. */
const stamp = (): string => `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z`

export const backupCommand: Command = {
  usage: [
    [
      'backup [<folder>]',
      'the databases as they are now, into a folder of its own, while everything runs; without keys',
    ],
  ],
  async run(args) {
    const { positionals } = read(args, {}, backupCommand)
    if (positionals.length > 1) throw new UsageError(usageText([backupCommand]))
    const settings = readSettings()
    const home = await openHome(settings)
    const to = resolve(positionals[0] ?? join(settings.home, 'backups', stamp()))
    const progress = progressLine()
    const manifest = await backUp({
      home,
      settings,
      to,
      say,
      progress: (done, of) => progress.show('copied', done, of),
    })
    progress.end()
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    say(`${to}: ${(bytes / 1e6).toFixed(1)} MB, the databases as of ${manifest.ended_at}`)
    say(
      'Not in it, on purpose: secrets.json, deployment.json and the key store. Without them nobody opens a card from it, and nobody restores it; keep them in another place.',
    )
  },
}

const options = {
  'keyd-lost': { type: 'boolean', default: false },
  mark: { type: 'string' },
  'keyd-rolled-back': { type: 'boolean', default: false },
} as const

export const restoreCommand: Command = {
  usage: [
    [
      'restore <folder> [--keyd-lost]',
      'put a backup back, while nothing runs; charges with cards of before then wait for `reconcile`',
    ],
    [
      'restore --mark <time of the backup> [--keyd-rolled-back]',
      'after a Postgres of your own was restored by its own tools: what makes it safe to start',
    ],
  ],
  async run(args) {
    const { values, positionals } = read(args, options, restoreCommand)
    const settings = readSettings()
    if (values.mark !== undefined) {
      if (positionals.length > 0) throw new UsageError(usageText([restoreCommand]))
      const home = await openHome(settings)
      const marked = await markOwn({
        home,
        databases: settings.databases,
        backupAt: values.mark,
        keydRolledBack: values['keyd-rolled-back'],
        operator: operatorName(),
      })
      return sayMarked(marked)
    }
    const [from] = positionals
    if (from === undefined || positionals.length > 1) throw new UsageError(usageText([restoreCommand]))
    const home = await openHome(settings)
    const store = await openKeys(home.keyStore, { passphrase: passphraseOf(settings) })
    const keys = (await store.list()).map(({ kekId }) => kekId.toString('hex'))
    const progress = progressLine()
    const done = await restore({
      home,
      settings,
      from: resolve(from),
      keys,
      keydLost: values['keyd-lost'],
      operator: operatorName(),
      say: (line) => {
        progress.end()
        say(line)
      },
      progress: progress.show,
    }).finally(progress.end)
    say(`The databases stand where they stood at ${done.manifest.ended_at}.`)
    say(
      done.keyd === 'carried'
        ? 'keyd kept its own newest database: used grants, opening counts and tombstones did not go back.'
        : 'keyd’s database went back too: grants of before are refused, and its audit log goes on under a new name.',
    )
    if (done.before !== null)
      say(`What was there before is in ${done.before}. It holds sealed cards; remove it when you no longer need it.`)
    for (const key of done.keysGone)
      say(`The key ${key} is not in the key store any more: what was sealed to it alone opens never again.`)
    sayMarked(done)
  },
}

function sayMarked({ accounts, erased, earlier, folder }: Marked): void {
  for (const { name, signed, entries } of earlier)
    say(
      `${folder}/${name}: the audit log of before, ${entries} of its ${signed} entries; \`sallyport audit verify ${folder} --key ${folder}/keys\``,
    )
  if (erased > 0) say(`${erased} tokens that were erased since the backup are erased again.`)
  say(
    `Next: \`sallyport start\`, and then \`sallyport reconcile\`: until then charges with cards of before wait, at ${accounts} accounts.`,
  )
}
