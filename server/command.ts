/** One command of `sallyport`: a line for the help, and what it does. It throws one sentence that says what to do. */
export interface Command {
  /** How it is written, and what it is for: two columns of the help. */
  usage: readonly (readonly [how: string, what: string])[]
  run(args: string[]): Promise<void>
}

/** What was typed is not a command that exists: answered with exit code 2, everything else with 1. */
export class UsageError extends Error {}

export function usageText(commands: readonly Command[]): string {
  const rows = commands.flatMap(({ usage }) => usage)
  const width = Math.max(...rows.map(([how]) => how.length))
  const lines = rows.map(([how, what]) => `  ${how.padEnd(width)}   ${what}`)
  return `sallyport <command>\n\n${lines.join('\n')}\n`
}
