/** intake's words to keyd against a ticket: calls that come while one is under way are signed, counted and flushed as one. */
import { isErrorCode, SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import { gather } from '../gather.ts'
import {
  type FingerprintAnswer,
  type FingerprintCall,
  type FingerprintsAnswer,
  fingerprintsMax,
} from '../records/keyd-calls.ts'
import { currentRequestId } from '../request-id.ts'

/** @param worthWaiting how many cards are worth a moment's wait; see `gather.ts` */
export function askFingerprints(
  keyd: InnerCall,
  worthWaiting: () => number,
): (call: FingerprintCall) => Promise<FingerprintAnswer> {
  const ask = gather<FingerprintCall & { request_id: string }, FingerprintAnswer>(
    async (calls) => {
      // Sound: keyd answers in this shape, and its socket's other end is checked by what follows.
      const { answers } = (await keyd('POST', '/fingerprints', { calls })) as FingerprintsAnswer
      return answers.map((one) =>
        'code' in one ? new SallyportError(isErrorCode(one.code) ? one.code : 'system.unavailable') : one,
      )
    },
    { piecesMax: fingerprintsMax, worthWaiting },
  )
  return (call) => ask({ ...call, request_id: currentRequestId() ?? makeId('req_') })
}
