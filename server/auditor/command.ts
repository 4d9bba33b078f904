/** `sallyport audit`: what an auditor does with the two logs. Verifying needs a public key and files, nothing of ours that runs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type LogName, logNames } from '../audit/checkpoint.ts'
import { exportLog } from '../audit/export-log.ts'
import { folderSource } from '../audit/log-folder.ts'
import type { LogSource } from '../audit/log-source.ts'
import { keyLine, publicKeyOf } from '../audit/note.ts'
import { checkConsistency, checkInclusion, consistencyText, inclusionText } from '../audit/proof-text.ts'
import { decodeBundle, Prover, tileWidth, widthAt } from '../audit/tiles.ts'
import { checkpointFile } from '../audit/tree-folder.ts'
import { verifyLog } from '../audit/verify-log.ts'
import { type Command, UsageError, usageText } from '../command.ts'
import { ownSocket } from '../database/run-folder.ts'
import { readSettings } from '../settings.ts'
import { ask, httpSource, type Keeper, namedLogs } from './http-source.ts'
import { keyFor, readKeys, readText } from './key-file.ts'
import { matchLogs } from './match.ts'
import { readPayments } from './processor-file.ts'
import { readEntries } from './read-entries.ts'
import { cosign } from './witness.ts'
import { makeWitnessKey, readWitnessKey } from './witness-key.ts'

const options = {
  key: { type: 'string', multiple: true },
  witness: { type: 'string', multiple: true },
  seen: { type: 'string', multiple: true },
  proof: { type: 'string' },
  since: { type: 'string' },
  processor: { type: 'string' },
  at: { type: 'string' },
  in: { type: 'string' },
  as: { type: 'string' },
  folder: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

type Values = ReturnType<typeof parse>['values']
const parse = (args: string[]) => parseArgs({ args, options, allowPositionals: true, strict: true })

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (values: Values, text: string, json: unknown): void =>
  print(values.json === true ? JSON.stringify(json, null, 2) : text)

/** The deployment of this home, or whoever shows its logs at an address. */
const keeperOf = (values: Values): Keeper =>
  values.at === undefined ? { socket: ownSocket(readSettings().home, 'keeper') } : { url: values.at }

const keysOf = (values: Values) => {
  const keys = (values.key ?? []).flatMap(readKeys)
  if (keys.length === 0)
    throw new UsageError('--key says which key must have signed: a file of lines as `sallyport audit key` prints them')
  return keys
}

interface Log {
  name: LogName
  source: LogSource
}

/** Both logs of an export, one of them, or those of a deployment that runs. */
async function logsOf(folder: string | undefined, values: Values): Promise<Log[]> {
  if (folder === undefined) {
    const keeper = keeperOf(values)
    return (await namedLogs(keeper)).map(({ name }) => ({ name, source: httpSource(keeper, name) }))
  }
  const inside = logNames.filter((name) => existsSync(join(folder, name, checkpointFile)))
  if (inside.length > 0) return inside.map((name) => ({ name, source: folderSource(join(folder, name)) }))
  const source = folderSource(folder)
  const [, name] = /^sallyport\/tree\/(vault|keyd)\//.exec((await source.checkpoint()) ?? '') ?? []
  const known = logNames.find((one) => one === name)
  if (known === undefined)
    throw new Error('there is no log in this folder: a file `checkpoint`, or folders `vault` and `keyd` with one')
  return [{ name: known, source }]
}

async function keys(values: Values): Promise<void> {
  const logs = await namedLogs(keeperOf(values))
  say(values, logs.map(({ key }) => key).join('\n'), logs)
}

async function exported(folder: string, values: Values): Promise<void> {
  needsEntries(undefined, values)
  const keeper = keeperOf(values)
  for (const { name, key } of await namedLogs(keeper)) {
    const [known] = readKeys(key)
    if (known === undefined) continue
    const size = await exportLog(httpSource(keeper, name), known, join(folder, name))
    print(`${join(folder, name)}: ${size} entries`)
  }
}

/** At a port there are hashes alone. */
function needsEntries(folder: string | undefined, values: Values): void {
  if (folder === undefined && values.at !== undefined)
    throw new UsageError(
      'entries are shown at keeper’s own socket alone: leave --at away on its machine, or take an export there',
    )
}

async function verified(logs: readonly Log[], values: Values): Promise<{ ok: boolean; sizes: Map<LogName, number> }> {
  const known = keysOf(values)
  const witnesses = (values.witness ?? []).flatMap(readKeys)
  const seen = (values.seen ?? []).map(readText)
  const sizes = new Map<LogName, number>()
  let ok = true
  for (const { name, source } of logs) {
    const key = keyFor(known, (await source.checkpoint()) ?? '')
    const own = seen.filter((note) => note.startsWith(`${key.name}\n`))
    const verdict = await verifyLog(source, { key, witnesses, seen: own })
    if (verdict.ok) {
      sizes.set(name, verdict.size)
      const root = verdict.root.toString('base64')
      const by = verdict.cosigned.map(({ witness, size }) => `; ${witness} has cosigned ${size}`).join('')
      say(values, `${name}: whole, ${verdict.size} entries, root ${root}${by}`, { log: name, ...verdict, root })
    } else {
      ok = false
      const where = verdict.index === null ? '' : ` at entry ${verdict.index}`
      say(values, `${name}: ${verdict.fault}${where}: ${verdict.says}`, { log: name, ...verdict })
    }
  }
  if (!ok) process.exitCode = 1
  return { ok, sizes }
}

async function verify(folder: string | undefined, values: Values): Promise<void> {
  needsEntries(folder, values)
  if (values.proof === undefined) return void (await verified(await logsOf(folder, values), values))
  const text = readText(values.proof)
  const key = keyFor(keysOf(values), text.slice(text.indexOf('\n\n') + 2))
  const verdict =
    values.since === undefined ? checkInclusion(text, key) : checkConsistency(text, readText(values.since), key)
  if (!verdict.ok) process.exitCode = 1
  const holds = values.since === undefined ? 'the entry is in it' : 'it begins with what was signed before'
  say(
    values,
    verdict.ok
      ? `the proof holds: of a log of ${verdict.size} entries, ${holds}`
      : `the proof does not hold: ${verdict.says}`,
    verdict,
  )
}

async function prove(name: string | undefined, index: string | undefined, values: Values): Promise<void> {
  const log = (await logsOf(values.in, values)).find((one) => one.name === name)
  if (log === undefined) throw new UsageError('say which log, `vault` or `keyd`')
  const checkpoint = (await log.source.checkpoint()) ?? ''
  const size = sizeOf(checkpoint)
  const prover = new Prover(log.source, size)
  if (values.since !== undefined) {
    const oldSize = sizeOf(readText(values.since))
    const hashes = oldSize > size ? [] : await prover.consistency(oldSize)
    return void process.stdout.write(consistencyText({ oldSize, hashes, checkpoint }))
  }
  const at = /^\d{1,15}$/.test(index ?? '') ? Number(index) : Number.NaN
  if (!(at < size)) throw new UsageError(`the log has the entries 0 to ${size - 1}; say the index of one`)
  const tile = Math.floor(at / tileWidth)
  const bundle = await log.source.entries(tile, widthAt(size, 0, tile))
  const entry = decodeBundle(bundle ?? Buffer.alloc(0))[at % tileWidth]?.toString('utf8')
  if (entry === undefined) throw new Error('the entry itself is not there; `sallyport audit verify` says more')
  process.stdout.write(inclusionText({ index: at, entry, hashes: await prover.inclusion(at), checkpoint }))
}

/** What the note says by itself; whoever checks the proof checks the signature. */
const sizeOf = (note: string): number => {
  const [, size = ''] = /^[^\n]+\n(\d{1,15})\n/.exec(note) ?? []
  if (size === '') throw new Error('this is no checkpoint')
  return Number(size)
}

async function match(folder: string | undefined, values: Values): Promise<void> {
  needsEntries(folder, values)
  const logs = await logsOf(folder, values)
  const { ok, sizes } = await verified(logs, { ...values, json: false })
  if (!ok) throw new Error('what is not whole is not compared')
  const read = async (name: LogName) => {
    const log = logs.find((one) => one.name === name)
    if (log === undefined) throw new Error(`both logs are needed; ${name} is not there`)
    return readEntries(log.source, sizes.get(name) ?? 0)
  }
  const payments = values.processor === undefined ? null : readPayments(readFileSync(values.processor, 'utf8'))
  const report = matchLogs({ keyd: await read('keyd'), vault: await read('vault'), payments })
  const { openings, charges, unsent, young, findings } = report
  const beside =
    report.payments === null ? 'without the processor (--processor gives its payments)' : `${report.payments} payments`
  const lines = findings.map(({ kind, charge, grant, payment, log, index }) =>
    [kind, charge, grant && `grant ${grant}`, payment && `payment ${payment}`, log && `${log} entry ${index}`]
      .filter(Boolean)
      .join('  '),
  )
  if (findings.length > 0) process.exitCode = 1
  const head = `${openings} openings, ${charges} charges, ${beside}; nothing sent with ${unsent} openings; ${young} too young to tell; ${findings.length} that do not match`
  say(values, [head, ...lines].join('\n'), report)
}

async function witness(values: Values): Promise<void> {
  const { as, folder } = values
  if (as === undefined || folder === undefined)
    throw new UsageError('a witness needs its own key (--as <file>) and a folder to remember in (--folder <folder>)')
  const known = keysOf(values)
  const keeper = keeperOf(values)
  const self = readWitnessKey(as)
  for (const { name, origin } of await namedLogs(keeper)) {
    const log = known.find((key) => key.type === 'note' && key.name === origin)
    if (log === undefined) continue
    const { size, note } = await cosign(httpSource(keeper, name), log, { ...self, folder }, Date.now())
    const { status } = await ask(keeper, 'POST', '/audit/cosignature', note)
    if (status !== 200)
      throw new Error(
        `${name}: signed ${size} entries, and keeper did not take it (${status}): is this witness in SALLYPORT_AUDIT_WITNESSES?`,
      )
    print(`${name}: ${size} entries cosigned`)
  }
}

export const audit: Command = {
  usage: [
    ['audit key', 'the public keys of the two audit logs, a line each'],
    ['audit export <folder>', 'both logs with their hashes and checkpoints, to take home'],
    [
      'audit verify [<folder>] --key <file>',
      'whether an export, or the deployment itself, is what was signed; names the first wrong entry',
    ],
    [
      'audit verify --key <file> --proof <file> [--since <file>]',
      'one proof: of an entry, or from an earlier checkpoint on',
    ],
    ['audit prove vault|keyd <index> | --since <file>', 'makes such a proof'],
    [
      'audit match [<folder>] --key <file> --processor <file>',
      'openings, charges and payments that have no counterpart',
    ],
    [
      'audit witness --at <url> --key <file> --as <file> --folder <folder>',
      'cosigns, from outside, what continues what it saw',
    ],
    ['audit witness-key <name> <file>', 'makes the key of a witness'],
  ],
  async run(args) {
    const [what = '', ...rest] = args
    if (what === '' || args.includes('--help') || args.includes('-h')) return print(usageText([audit]).trimEnd())
    let parsed: ReturnType<typeof parse>
    try {
      parsed = parse(rest)
    } catch {
      throw new UsageError(`an option is unknown, or lacks its value\n\n${usageText([audit])}`)
    }
    const { values, positionals } = parsed
    const [first, second] = positionals
    if (what === 'key') return keys(values)
    if (what === 'export' && first !== undefined) return exported(first, values)
    if (what === 'verify') return verify(first, values)
    if (what === 'prove') return prove(first, second, values)
    if (what === 'match') return match(first, values)
    if (what === 'witness') return witness(values)
    if (what === 'witness-key' && first !== undefined && second !== undefined) {
      const { key } = makeWitnessKey(first, second)
      return print(keyLine({ type: 'cosignature', name: first, publicKey: publicKeyOf(key) }))
    }
    throw new UsageError(usageText([audit]))
  },
}
