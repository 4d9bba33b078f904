import type { TokenAnswer } from '../protocol/agent-http.ts'
import * as answers from './answers.ts'
import { safeId } from './captures.ts'
import type { Wire } from './wire.ts'

export interface Tokens {
  /** What the token may still be used for. Never the card. */
  get(id: string): Promise<TokenAnswer>
  /** Stops the token at once; the card behind it is beyond recovery at `irrevocable_by`. */
  erase(id: string): Promise<{ id: string; state: 'erased'; irrevocable_by: string }>
}

export const makeTokens = (wire: Wire): Tokens => ({
  get: async (id) => wire.call({ method: 'GET', path: `/v1/tokens/${safeId(id)}`, read: answers.token }),
  erase: async (id) => wire.call({ method: 'DELETE', path: `/v1/tokens/${safeId(id)}`, read: answers.erasure }),
})
