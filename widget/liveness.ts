import type { ErrorCode } from '../protocol/errors.ts'
import type { Frame } from './frame.ts'

/** Often enough to notice within half a minute, seldom enough to cost nothing. */
const pingEveryMs = 10_000
const missesMax = 2

/**
 * Asks the frame whether it is there, while the page is visible: timers of hidden pages and of frames that were scrolled
 * away stop, so it is the host that asks and the message that answers.
 */
export function keepAlive(frame: Frame, isCurrent: () => boolean, onLost: (code: ErrorCode) => void): void {
  let misses = 0
  const timer = setInterval(async () => {
    if (!isCurrent()) return clearInterval(timer)
    if (document.visibilityState !== 'visible') return
    try {
      await frame.call('ping')
      misses = 0
    } catch {
      if (document.visibilityState === 'visible') misses += 1
      if (misses >= missesMax && isCurrent()) onLost('channel.lost')
    }
  }, pingEveryMs)
}
