import type { ErrorCode } from '../protocol/errors.ts'

/** As much of `Frame` as is asked. */
interface Asked {
  readonly bound: Promise<void>
  readonly element: Pick<HTMLIFrameElement, 'isConnected' | 'getClientRects'>
  call(name: 'ping'): Promise<unknown>
}

const everyMs = 1_000
/** A frame on a machine that is merely busy answers within that. Intake misses one that is gone much sooner, by itself. */
const unansweredMax = 8

/**
 * Asks the frame whether it is there, while it is shown: timers of hidden pages and of frames that were scrolled away stop,
 * so it is the host that asks and the message that answers. In a chat that is put away (`display: none`) the frame's
 * process is one that the system lets wait as long as it likes. One that was taken out of the page is not asked.
 */
export function keepAlive(frame: Asked, isCurrent: () => boolean, onLost: (code: ErrorCode) => void): void {
  let unanswered = 0
  const look = (): void => {
    if (!isCurrent()) return clearInterval(timer)
    if (!frame.element.isConnected) return onLost('channel.lost')
    if (document.visibilityState !== 'visible' || frame.element.getClientRects().length === 0) {
      unanswered = 0
      return
    }
    if (unanswered >= unansweredMax) return onLost('channel.lost')
    unanswered += 1
    frame.call('ping').then(
      () => {
        unanswered = 0
      },
      () => {},
    )
  }
  let timer: ReturnType<typeof setInterval> | undefined
  // A frame that never came has a clock of its own (`handshake.ts`).
  frame.bound.then(
    () => {
      timer = setInterval(look, everyMs)
    },
    () => {},
  )
}
