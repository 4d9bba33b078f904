/** collect: hints of how far the fields are. No digits but the number's last four, once it is complete. */
import type { StateAnswer } from '../../protocol/capture-http.ts'
import type { CaptureCommand } from '../../protocol/capture.ts'
import { hasEnded } from '../../protocol/capture-states.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Intake } from './context.ts'
import { requireAttachSecret, requireSession } from './secrets.ts'
import type { ParsedCancel, ParsedProgress } from './shapes.ts'
import { change, readCapture } from './store.ts'

export async function progress(intake: Intake, request: ParsedProgress, secret: string): Promise<StateAnswer> {
  const capture = await change(intake.db, request.capture_id, (stored) => {
    requireSession(stored, secret)
    if (stored.expired) throw new SallyportError('customer.abandoned')
    return request.items.map((item) => command(item, request.epoch))
  })
  intake.recent.moved(capture)
  return { state: capture.state, sequence: capture.sequence }
}

function command(item: ParsedProgress['items'][number], epoch: number): CaptureCommand {
  switch (item.kind) {
    case 'started':
      return { kind: 'field_started', epoch, field: item.field }
    case 'progress':
      return { kind: 'field_progress', epoch, field: item.field, level: item.level }
    case 'completed':
      return {
        kind: 'field_completed',
        epoch,
        field: item.field,
        ...(item.brand === undefined ? {} : { brand: item.brand }),
        ...(item.last4 === undefined ? {} : { last4: item.last4 }),
      }
    case 'rejected':
      return { kind: 'field_rejected', epoch, field: item.field, code: item.code }
    case 'shield_failed':
      return { kind: 'shield_failed', epoch, code: item.code }
    case 'detached':
      return { kind: 'detach', epoch, reason: item.reason }
  }
}

/**
 * The person says "not now", perhaps before the form was open: the client secret serves as well. A frame of an older
 * epoch cannot, for another one holds the form.
 */
export async function cancel(intake: Intake, request: ParsedCancel, secret: string): Promise<StateAnswer> {
  const capture = await change(intake.db, request.capture_id, (stored) => {
    requireAttachSecret(stored, secret)
    if (hasEnded(stored.capture.state)) return []
    return [{ kind: 'cancel', by: 'customer' }]
  })
  return { state: capture.state, sequence: capture.sequence }
}

const watchMs = 20_000
/** Nobody waits on this but a form that should close when the agent cancels: half a second is soon enough. */
const watchEveryMs = 500

export interface Waiting {
  /** Aborted when the frame has gone, or this process ends. */
  signal: AbortSignal
  onAnswered(told: (whole: boolean) => void): void
}

/** Waits for a change and tells the state alone: the frame may not read more. That it asks at all is its sign of life. */
export async function watch(
  intake: Intake,
  request: { capture_id: string; epoch: number; after: number },
  secret: string,
  { signal, onAnswered }: Waiting,
): Promise<StateAnswer> {
  const until = intake.now() + watchMs
  for (let first = true; ; first = false) {
    const stored = await readCapture(intake.db, request.capture_id)
    requireSession(stored, secret)
    const { state, sequence, epoch, attached } = stored.capture
    if (epoch !== request.epoch) throw new SallyportError('channel.epoch_stale')
    if (hasEnded(state)) return { state, sequence }
    // Taken for gone while it slept: it may attach again with the secret of this session.
    if (!attached) throw new SallyportError('channel.lost')
    if (first) onAnswered(await intake.presence.enter(request.capture_id, epoch))
    if (sequence > request.after || intake.now() >= until || signal.aborted) return { state, sequence }
    await new Promise((resolve) => setTimeout(resolve, watchEveryMs))
  }
}
