import type { SealingKey, SubmitAnswer } from '../protocol/capture-http.ts'
import { Refusal, Unreachable } from './intake.ts'

/**
 * **mint**, as the frame sees it: sealed bytes go to intake until it answers. Sends the same bytes once more when the
 * answer was lost (they make one token, however often they arrive), and seals anew for the key that intake names when
 * the key has expired. Rejects with `Refusal` or `Unreachable`; then the person decides.
 */
export interface SubmitDeps {
  /** Seals the form's values; without a key, for the one that attach gave, or the same bytes as before. */
  seal(key?: SealingKey): Promise<string>
  send(body: string): Promise<SubmitAnswer>
  wait(ms: number): Promise<void>
}

const resendAfterMs = 700
/** An hour's key expires once during a form; twice would be a clock gone wrong. */
const resealsMax = 2

export async function submitSealed({ seal, send, wait }: SubmitDeps): Promise<SubmitAnswer> {
  let body = await seal()
  let resends = 1
  let reseals = resealsMax
  for (;;) {
    try {
      return await send(body)
    } catch (error) {
      if (error instanceof Refusal && error.code === 'channel.key_expired' && error.key && reseals > 0) {
        reseals -= 1
        body = await seal(error.key)
      } else if ((error instanceof Unreachable || isRestarting(error)) && resends > 0) {
        resends -= 1
        await wait(resendAfterMs)
      } else throw error
    }
  }
}

const isRestarting = (error: unknown): boolean => error instanceof Refusal && error.status === 503
