import type { StateAnswer } from '../protocol/capture-http.ts'
import type { CaptureState } from '../protocol/capture-states.ts'
import { Refusal } from './intake.ts'

/**
 * Follows the capture's state while the form is open: the agent may take it back, and time may. Runs until `signal`
 * aborts or intake refuses; a lost connection is asked again, ever more slowly. Never rejects.
 */
export interface WatchDeps {
  ask(after: number, signal: AbortSignal): Promise<StateAnswer>
  onState(state: CaptureState): void
  onRefused(refusal: Refusal): void
  wait(ms: number): Promise<void>
  signal: AbortSignal
}

const firstWaitMs = 1_000
/** Intake misses a frame that is away for longer than a moment (`server/intake/presence.ts`). */
const soonMs = 200
const longestWaitMs = 15_000

export async function follow({ ask, onState, onRefused, wait, signal }: WatchDeps): Promise<void> {
  let after = 0
  let state: CaptureState | null = null
  let waitMs = soonMs
  while (!signal.aborted) {
    try {
      const asked = Date.now()
      const answer = await ask(after, signal)
      waitMs = soonMs
      if (answer.state !== state && !signal.aborted) onState(answer.state)
      // An answer that comes at once and says nothing new would make this a busy loop.
      if (answer.sequence === after && Date.now() - asked < firstWaitMs) await wait(firstWaitMs)
      after = Math.max(after, answer.sequence)
      state = answer.state
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) return onRefused(error)
      await wait(error instanceof Refusal ? Math.max(waitMs, firstWaitMs) : waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }
}
