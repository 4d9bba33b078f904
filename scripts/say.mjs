import { wasSignalled } from './run.mjs'

/** Prints what a step does and how long it took. */
export const say = (line) => process.stdout.write(`${line}\n`)

/** An error whose message is the one sentence to show; it says what to do next. */
export class SetupError extends Error {}

export const seconds = (began) => `${((Date.now() - began) / 1_000).toFixed(1)} s`

/** Ends with one sentence; a bug of our own keeps its stack, and who has ended us needs none. */
export function giveUp(error) {
  if (wasSignalled()) process.exit(130)
  if (error instanceof SetupError) process.stderr.write(`\n${error.message}\n`)
  else console.error(error)
  process.exit(1)
}
