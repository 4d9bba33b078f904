import type { CaptureAnswer, testCompleteRequest, testRejectRequest } from '../protocol/agent-http.ts'
import type * as z from 'zod/mini'
import * as answers from './answers.ts'
import { safeId } from './captures.ts'
import type { Wire } from './wire.ts'

/** Plays the customer in sandbox mode, so that an agent is tested without a browser. A live gateway has no such routes. */
export interface TestCaptures {
  /** The customer fills the form with a published test card; `visa` by default. */
  complete(id: string, request?: z.infer<typeof testCompleteRequest>): Promise<CaptureAnswer>
  /** The customer mistypes a field; `number` and `incomplete` by default. */
  reject(id: string, request?: z.infer<typeof testRejectRequest>): Promise<CaptureAnswer>
  /** The hour is over. */
  expire(id: string): Promise<CaptureAnswer>
}

export const makeTestCaptures = (wire: Wire): TestCaptures => {
  const post = async (id: string, what: string, body: object): Promise<CaptureAnswer> =>
    wire.call({ method: 'POST', path: `/v1/test/captures/${safeId(id)}/${what}`, body, read: answers.capture })
  return {
    complete: (id, request = {}) => post(id, 'complete', request),
    reject: (id, request = {}) => post(id, 'reject', request),
    expire: (id) => post(id, 'expire', {}),
  }
}
