/**
 * Work that is dear by the call and cheap by the piece: a flush of the disk, a signature. One piece alone goes at once; what
 * comes while a call is under way goes with the next. In a crowd, a call waits a few milliseconds for those who are on their way.
 */

/** A tenth of what a person would notice, and about what a flush of the disk takes. */
const momentMs = 5

export interface GatherOptions {
  /** Of one call. */
  piecesMax: number
  /** So many pieces are worth a moment's wait; 0 or 1 where nobody else is about. Never waited for without it. */
  worthWaiting?: () => number
}

/**
 * `run` answers in the order of its pieces, with an Error in the place of one that failed alone; where it rejects, all of
 * its pieces do. Nothing is tried again.
 */
export function gather<P, R>(
  run: (pieces: readonly P[]) => Promise<readonly (R | Error)[]>,
  { piecesMax, worthWaiting = () => 0 }: GatherOptions,
): (piece: P) => Promise<R> {
  interface Waiting {
    piece: P
    resolve: (answer: R) => void
    reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  let under = false
  let moment: NodeJS.Timeout | null = null

  const call = async (those: readonly Waiting[]): Promise<void> => {
    try {
      const answers = await run(those.map(({ piece }) => piece))
      if (answers.length !== those.length) throw new Error('a call answered for other pieces than it was given')
      for (const [index, { resolve, reject }] of those.entries()) {
        const answer = answers[index]
        if (answer instanceof Error) reject(answer)
        else resolve(answer as R) // sound: as many answers as pieces, and this one is no Error
      }
    } catch (error) {
      for (const { reject } of those) reject(error)
    }
  }
  const go = (): void => {
    if (under || waiting.length === 0) return
    if (waiting.length >= Math.min(piecesMax, worthWaiting())) return leave()
    moment ??= setTimeout(leave, momentMs)
  }
  const leave = (): void => {
    if (moment !== null) clearTimeout(moment)
    moment = null
    const those = waiting.slice(0, piecesMax)
    waiting = waiting.slice(those.length)
    under = true
    void call(those).then(() => {
      under = false
      go()
    })
  }
  return (piece) =>
    new Promise((resolve, reject) => {
      waiting.push({ piece, resolve, reject })
      go()
    })
}
