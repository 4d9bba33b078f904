/** One wall as the doctor found it: it stands, it is missing, or it was not to be seen (nothing runs, no right to look). */
export interface Finding {
  wall: string
  state: 'up' | 'missing' | 'unseen'
  /** One sentence; never a secret, never the content of a file. */
  says: string
  /** With `missing`: what to do about it. */
  todo?: string
}

export const up = (wall: string, says: string): Finding => ({ wall, state: 'up', says })
export const missing = (wall: string, says: string, todo: string): Finding => ({ wall, state: 'missing', says, todo })
export const unseen = (wall: string, says: string): Finding => ({ wall, state: 'unseen', says })

/** Up when nothing is wrong; else all that is, in one sentence. */
export const judge = (wall: string, wrong: readonly string[], good: string, todo: string): Finding =>
  wrong.length === 0 ? up(wall, good) : missing(wall, wrong.join('; '), todo)
