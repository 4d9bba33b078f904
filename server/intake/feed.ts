/** announce: the log, as the gateway follows it. Answers at once when there is something, else waits for it. */
import { SallyportError } from '../../protocol/errors.ts'
import type { FeedAnswer } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { Intake } from './context.ts'

/**
 * One look-up on a primary key: cheap enough to poll, so that nothing hangs on a notification that was lost. Often while
 * a talk is on, which brings the next event soon; less so where nothing has come for a while.
 */
const pollMs = { first: 10, last: 50, growth: 1.1 }

export async function feed(intake: Intake, query: URLSearchParams, signal: AbortSignal): Promise<FeedAnswer> {
  const after = integer(query.get('after') ?? '0', Number.MAX_SAFE_INTEGER)
  const limit = integer(query.get('limit') ?? String(limits.eventsPageMax), limits.eventsPageMax)
  const until = intake.now() + integer(query.get('wait_ms') ?? '0', limits.longPollMsMax)
  for (let pauseMs = pollMs.first; ; pauseMs = Math.min(pauseMs * pollMs.growth, pollMs.last)) {
    const answer = await read(intake, after, limit)
    // A cursor beyond the head is another log's: the follower sees it by the log's id.
    if (answer.events.length > 0 || after > answer.head || intake.now() >= until || signal.aborted) return answer
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

async function read(intake: Intake, after: number, limit: number): Promise<FeedAnswer> {
  const { rows } = await intake.db.query({
    name: 'feed_read',
    text: 'select * from feed_read($1, $2)',
    values: [after, limit],
  })
  const first = rows[0]
  if (first === undefined) throw new SallyportError('system.internal')
  return {
    log_id: first.log_id,
    head: first.head,
    events: rows
      .filter((row) => row.position !== null)
      .map((row) => ({ position: row.position, tenant: row.tenant, event: row.envelope })),
  }
}

function integer(text: string, max: number): number {
  if (!/^\d{1,16}$/.test(text)) throw new SallyportError('request.malformed')
  return Math.min(Number(text), max)
}
