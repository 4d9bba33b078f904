/** The link page's part, spoken from a test: a session secret of its own, the tap, the pick. */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import type { LinkOpenAnswer, LinkPickAnswer } from '../../protocol/capture-http.ts'
import { type Answer, TestFrame } from './frame.ts'

export interface Refused {
  code?: string
}

export class TestLink {
  readonly session: string
  readonly #door: TestFrame
  readonly #from: { 'x-forwarded-for': string }

  /** @param from an address of its own, where the door believes a proxy: refusals are counted by address. */
  constructor(base: string, session = newSession(), from = `198.18.${randomInt(256)}.${randomInt(256)}`) {
    this.#door = new TestFrame(base, '')
    this.session = session
    this.#from = { 'x-forwarded-for': from }
  }

  get claim(): string {
    return createHash('sha256').update(this.session).digest('base64url')
  }

  open(secret: string, claim = this.claim): Promise<Answer<LinkOpenAnswer & Refused>> {
    return this.#door.post('/v1/link/open', secret, { v: 1, claim }, this.#from)
  }

  pick(choice: number | null): Promise<Answer<LinkPickAnswer & Refused>> {
    return this.#door.post('/v1/link/pick', this.session, { v: 1, choice }, this.#from)
  }
}

const newSession = (): string => `ss_${randomBytes(32).toString('base64url')}`

/** What stands behind the `#` of a link's address. */
export const secretOf = ({ url }: { url: string }): string => url.split('#')[1] ?? ''
