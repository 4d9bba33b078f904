import type { CaptureAnswer, testCompleteRequest, testRejectRequest } from '../protocol/agent-http.ts'
import type * as z from 'zod/mini'
import * as answers from './answers.ts'
import { safeId } from './captures.ts'
import type { Wire } from './wire.ts'

/** As the API spells them. */
type WireCard = NonNullable<z.infer<typeof testCompleteRequest>['card']>
type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name

/** As `cards` of `sallyport/testing` are named, or as the API spells the same. */
export type TestCardName = Camel<WireCard> | WireCard

/** Plays the customer in sandbox mode, so that an agent is tested without a browser. A live gateway has no such routes. */
export interface TestCaptures {
  /**
   * The customer fills the form with a published test card; `visa` by default. @param request.network the one that they
   * choose, of a card that two serve; refused with `input.not_accepted` where the card is not served by it.
   */
  complete(id: string, request?: { card?: TestCardName; network?: string }): Promise<CaptureAnswer>
  /** The customer mistypes a field; `number` and `incomplete` by default. */
  reject(id: string, request?: z.infer<typeof testRejectRequest>): Promise<CaptureAnswer>
  /** The hour is over. */
  expire(id: string): Promise<CaptureAnswer>
}

/** The wire knows one spelling. A name that is no card's goes as it is: the gateway says what it takes. */
const onTheWire = (card: string): string => card.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const makeTestCaptures = (wire: Wire): TestCaptures => {
  const post = async (id: string, what: string, body: object): Promise<CaptureAnswer> =>
    wire.call({ method: 'POST', path: `/v1/test/captures/${safeId(id)}/${what}`, body, read: answers.capture })
  return {
    complete: (id, { card, network } = {}) =>
      post(id, 'complete', { ...(card && { card: onTheWire(card) }), ...(network && { network }) }),
    reject: (id, request = {}) => post(id, 'reject', request),
    expire: (id) => post(id, 'expire', {}),
  }
}
