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
  /** It takes longer than a moment; and so long that the host is told. Neither once somebody was asked. */
  slow(): void
  late(): void
  wait(ms: number): Promise<void>
}
export type Attached = { attached: AttachAnswer } | { ended: EndState } | { code: ErrorCode }

/** So many tries in a row before somebody is asked. */
const triesInARow = 3
/** A person notices waiting after about a second; before, a notice would only flicker. */
const slowAfterMs = 1_500
/** A host is told what is wrong within eight seconds, also where intake takes a request and never answers. */
const lateAfterMs = 7_000

/** Null where it is not wanted any more. */
export async function attachPatiently({
  ask,
  isWanted,
  pause,
  wait,
  slow,
  late,
}: AttachDeps): Promise<Attached | null> {
  const timers = [setTimeout(slow, slowAfterMs), setTimeout(late, lateAfterMs)]
  const quiet = (): void => timers.forEach(clearTimeout)
  try {
    for (let tries = 1; isWanted(); tries += 1) {
      try {
        return { attached: await ask() }
      } catch (error) {
        if (!isWanted()) return null
        if (error instanceof Refusal && error.ended) return { ended: error.ended }
        const { code, final } = verdictOf(error)
        if (final) return { code }
        if (tries % triesInARow !== 0) await wait(300 * tries)
        else {
          quiet()
          await pause(code)
        }
      }
    }
    return null
  } finally {
    quiet()
  }
}
