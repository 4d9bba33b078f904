/** The text of one speaker that has not left yet, and what findings have crossed out in it. Offsets as in `ledger.ts`. */
export interface Hold {
  /** Place of the first character of `text`. */
  from: number
  text: string
  edits: Edit[]
}

export interface Edit {
  start: number
  end: number
  with: string
}

/** The place of what is not there: behind all others. */
export const nowhere = Number.POSITIVE_INFINITY

export const newHold = (): Hold => ({ from: 0, text: '', edits: [] })

/** One block per digit: says that something was there, and no reader takes it for a digit or a letter. */
export const masked = '█'

export function cross(hold: Hold, edits: readonly Edit[]): void {
  for (const edit of edits) {
    // They come in order but for a few: one push of a megabyte may cross out ten thousand numbers.
    let at = hold.edits.length
    while (at > 0 && (hold.edits[at - 1]?.start ?? 0) > edit.start) at -= 1
    if (at === hold.edits.length) hold.edits.push(edit)
    else hold.edits.splice(at, 0, edit)
  }
}

/** Text up to `to`, crossed out where it must be; what has left once is gone from here. */
export function release(hold: Hold, to: number): string {
  if (to <= hold.from) return ''
  let text = ''
  let at = hold.from
  const later: Edit[] = []
  for (const edit of hold.edits) {
    if (edit.start >= to) later.push(edit)
    else if (edit.end > at) {
      if (edit.start > at) text += hold.text.slice(at - hold.from, edit.start - hold.from)
      if (edit.start >= at) text += edit.with
      at = Math.max(at, edit.end)
    }
  }
  const end = Math.max(to, at)
  text += hold.text.slice(at - hold.from, end - hold.from)
  hold.text = hold.text.slice(end - hold.from)
  hold.from = end
  hold.edits = later
  return text
}
