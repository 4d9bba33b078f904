/**
 * The shape of the commands that change a deployment: words, options, and an answer as text or, with --json, as one JSON
 * document on stdout, errors too. What was typed is never repeated: somebody pastes a secret into the wrong place.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { type Command, UsageError } from '../command.ts'
import { type Admin, AdminError } from './deployment.ts'

export interface Answer {
  json: unknown
  text: string
}

export interface Input {
  /** What stands after the command's words, as many as `how` names. */
  words: readonly string[]
  option(name: string): string | undefined
  list(name: string): readonly string[]
  flag(name: string): boolean
}

export interface Action {
  /** The words after the command's name: 'origins add'. */
  name: string
  /** What follows them, for the help: '<tenant> <origin>'. Angle brackets are counted. */
  takes: string
  what: string
  options?: NonNullable<ParseArgsConfig['options']>
  run(input: Input, admin: Admin): Promise<Answer>
}

export interface Outside {
  connect(): Promise<Admin>
  print(text: string): void
}

/** Gives the exit code. */
export async function runAction(
  command: string,
  actions: readonly Action[],
  args: readonly string[],
  { connect, print }: Outside,
): Promise<number> {
  const wantsJson = args.includes('--json')
  let admin: Admin | null = null
  try {
    const found = findAction(actions, args)
    if (found === undefined) throw new UsageError(helpText(command, actions))
    if (args.includes('--help')) {
      print(helpText(command, [found]))
      return 0
    }
    const input = readInput(command, found, args.slice(found.name.split(' ').length))
    admin = await connect()
    const answer = await found.run(input, admin)
    print(wantsJson ? `${JSON.stringify(answer.json, null, 2)}\n` : `${answer.text}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof AdminError || error instanceof UsageError)) throw error
    if (!wantsJson) throw error
    const code = error instanceof AdminError ? error.code : 'usage'
    print(`${JSON.stringify({ error: { code, message: error.message } }, null, 2)}\n`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    await admin?.close()
  }
}

/** The longest name that the words begin with. */
const findAction = (actions: readonly Action[], args: readonly string[]): Action | undefined =>
  actions
    .filter(({ name }) => name.split(' ').every((word, index) => args[index] === word))
    .toSorted((a, b) => b.name.length - a.name.length)[0]

function readInput(command: string, action: Action, args: readonly string[]): Input {
  const options = { ...action.options, json: { type: 'boolean' } } as const satisfies ParseArgsConfig['options']
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch {
    throw new UsageError(`an option is unknown, or lacks its value:\n\n${helpText(command, [action])}`)
  }
  // What follows an option is its value and no word.
  const takes = action.takes.replace(/--[a-z]+ <[^>]+>/g, '')
  const wanted = takes.match(/<[^>]+>/g) ?? []
  const required = wanted.filter((one) => !takes.includes(`[${one}]`))
  if (parsed.positionals.length < required.length || parsed.positionals.length > wanted.length)
    throw new UsageError(`something is missing, or too much:\n\n${helpText(command, [action])}`)
  const value = (name: string): unknown => parsed.values[name]
  return {
    words: parsed.positionals,
    option: (name) => (typeof value(name) === 'string' ? String(value(name)) : undefined),
    list: (name) => (Array.isArray(value(name)) ? (value(name) as string[]) : []), // sound: `multiple` strings
    flag: (name) => value(name) === true,
  }
}

const usageOf = (command: string, { name, takes }: Action): string => [command, name, takes].filter(Boolean).join(' ')

function helpText(command: string, actions: readonly Action[]): string {
  const rows = actions.map((action) => [`sallyport ${usageOf(command, action)}`, action.what] as const)
  const width = Math.max(...rows.map(([how]) => how.length))
  const lines = rows.map(([how, what]) =>
    how.length > 70 ? `  ${how}\n${' '.repeat(6)}${what}` : `  ${how.padEnd(Math.min(width, 70))}   ${what}`,
  )
  return `${lines.join('\n')}\n\n  --json prints one JSON document, errors too.`
}

export function commandOf(name: string, what: string, actions: readonly Action[], outside: Outside): Command {
  return {
    usage: [[`${name} …`, what]],
    async run(args) {
      if (args.length === 0 || args[0] === '--help' || args[0] === 'help')
        return outside.print(`${helpText(name, actions)}\n`)
      process.exitCode = await runAction(name, actions, args, outside)
    },
  }
}

/** Columns of equal width, with a head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'none'
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
