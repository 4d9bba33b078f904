/** How far the emptying of a rotated key is, from what keeper wrote: for the command that shows it and for the metrics. */

/** A row of the vault's `rewraps`. */
export interface RewrapRow {
  after: string
  moved: number
  /** Of the present walk. */
  walk_moved: number
  refused: number
  per_second: number | null
  walking: boolean
  finished: boolean
}

export const rewrapRows = `select encode(kek_id, 'hex') as epoch, after, moved::float8 as moved, walk_moved::float8 as walk_moved, refused::float8 as refused,
  per_second, walk_began_at is not null as walking, finished_at is not null as finished from rewraps`

export interface RewrapProgress {
  /** `waiting`: a last walk follows, for cards that were on their way when the key was rotated. */
  state: 'walking' | 'waiting' | 'finished'
  /** Of the tokens, from 0 to 1. */
  done: number
  moved: number
  refused: number
  /** Estimates, null before there is anything to estimate from. */
  left: number | null
  seconds_left: number | null
}

const letters = 26

/** Names of tokens are random, so that a walk in their order is as far as the name it has come to: `tok_live_m…` is half way. */
function fractionOf(token: string): number {
  const name = token.slice(token.lastIndexOf('_') + 1, token.lastIndexOf('_') + 6)
  let fraction = 0
  for (const [index, letter] of [...name].entries()) fraction += (letter.charCodeAt(0) - 97) / letters ** (index + 1)
  return Math.min(1, Math.max(0, fraction))
}

export function progressOf(row: RewrapRow): RewrapProgress {
  const { after, moved, refused, per_second: perSecond } = row
  const state = row.finished ? 'finished' : row.walking ? 'walking' : 'waiting'
  const done = state === 'walking' ? fractionOf(after) : 1
  const left = done === 0 ? null : Math.round((row.walk_moved / done) * (1 - done))
  const seconds = left === null || perSecond === null || perSecond === 0 ? null : Math.ceil(left / perSecond)
  return { state, done, moved, refused, left, seconds_left: left === 0 ? 0 : seconds }
}
