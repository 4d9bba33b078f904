/** **collect**, as the frame begins it: intake is asked until it answers, or refuses for good. Never rejects. */
import type { AttachAnswer } from '../protocol/capture-http.ts'
import type { EndState } from '../protocol/capture-states.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import { Refusal } from './intake.ts'
import { verdictOf } from './refusals.ts'

export interface AttachDeps {
  ask(): Promise<AttachAnswer>
  /** False once the form has ended otherwise. */
  isWanted(): boolean
  /** Resolves when another try is worth it: the person or the network says so. */
  pause(code: ErrorCode): Promise<void>
  wait(ms: number): Promise<void>
}
export type Attached = { attached: AttachAnswer } | { ended: EndState } | { code: ErrorCode }

/** So many tries in a row before somebody is asked. */
const triesInARow = 3

/** Null where it is not wanted any more. */
export async function attachPatiently({ ask, isWanted, pause, wait }: AttachDeps): Promise<Attached | null> {
  for (let tries = 1; isWanted(); tries += 1) {
    try {
      return { attached: await ask() }
    } catch (error) {
      if (!isWanted()) return null
      if (error instanceof Refusal && error.ended) return { ended: error.ended }
      const { code, final } = verdictOf(error)
      if (final) return { code }
      if (tries % triesInARow !== 0) await wait(300 * tries)
      else await pause(code)
    }
  }
  return null
}
