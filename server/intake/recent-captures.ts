/**
 * Captures as this process has just seen them: whoever attaches here submits here, so that a card needs no look into the
 * database before the statement that writes it. What is remembered may be old: that statement holds for the capture as
 * it was remembered and for no other, and is followed by a look where it does not hold.
 */
import type { Capture } from '../../protocol/capture.ts'
import { hasEnded } from '../../protocol/capture-states.ts'
import type { StoredCapture } from './store.ts'

/** A few kilobytes each; the oldest is forgotten first, and costs one look more. */
const rememberedMax = 5_000

export class RecentCaptures {
  private readonly known = new Map<string, StoredCapture>()
  /** How many cards are being taken now. */
  submitting = 0

  remember(stored: StoredCapture): void {
    const { id, state } = stored.capture
    this.known.delete(id)
    if (hasEnded(state) || stored.expired) return
    if (this.known.size >= rememberedMax) {
      const [oldest = ''] = this.known.keys()
      this.known.delete(oldest)
    }
    this.known.set(id, stored)
  }

  /** The same session, a step further. Of another epoch it is another session, which another process knows. */
  moved(capture: Capture): void {
    const stored = this.known.get(capture.id)
    if (stored === undefined) return
    if (stored.capture.epoch === capture.epoch) this.remember({ ...stored, capture })
    else this.forget(capture.id)
  }

  recall(id: string): StoredCapture | null {
    return this.known.get(id) ?? null
  }

  forget(id: string): void {
    this.known.delete(id)
  }
}
