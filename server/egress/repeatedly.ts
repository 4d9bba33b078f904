/** Work that is looked for again and again, one turn at a time, with a rest between. */
export interface Repeated {
  /** No further turn begins; waits for the one that is under way. */
  close(): Promise<void>
}

/** @param turn is told whether it should end soon; must not reject */
export function repeatedly(restMs: number, turn: (isClosed: () => boolean) => Promise<void>): Repeated {
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const next = (): void => {
    if (closed) return
    timer = setTimeout(() => {
      running = turn(() => closed).then(next)
    }, restMs)
  }
  next()
  return {
    close: async () => {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
