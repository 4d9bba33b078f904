import type { ServerResponse } from 'node:http'

/** For work that waits: aborted when the caller has gone away without an answer, and when the process ends. */
export type WhileOpen = (response: ServerResponse) => AbortSignal

/** One listener on `closing` for all answers: one for each, as AbortSignal.any would hang there, is a leak to Node. */
export function whileOpen(closing: AbortSignal): WhileOpen {
  const open = new Set<AbortController>()
  closing.addEventListener('abort', () => {
    for (const controller of open) controller.abort()
  })
  return (response) => {
    const controller = new AbortController()
    if (closing.aborted) controller.abort()
    open.add(controller)
    response.once('close', () => {
      open.delete(controller)
      // Where the answer has left nothing waits any more, and an abort is an exception with a stack: dearer than most answers.
      if (!response.writableFinished) controller.abort()
    })
    return controller.signal
  }
}
