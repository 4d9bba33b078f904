import * as z from 'zod/mini'
import { captureLink } from '../../protocol/agent-http.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { idPattern } from '../../protocol/ids.ts'
import type { Idempotency, innerLinkAnswer } from '../../protocol/inner-http.ts'
import type { CaptureLink } from '../../protocol/link.ts'
import { type Derive, secretHash } from './derive.ts'
import { bound } from './idempotency.ts'
import type { IntakeCalls } from './inner-calls.ts'
import { qrOf } from './qr.ts'
import { type Route, route } from './routes.ts'

/**
 * collect, elsewhere: a link to the same form on a page of its own. Secret and phrase are derived from the capture and
 * the link's number, so that a replay gives the same ones; intake keeps a hash of the secret, and the phrase.
 */
export interface LinkParts {
  intake: IntakeCalls
  derive: Derive
  captureOrigin: string
}

interface Wanted {
  tenant: string
  capture: string
  /** The newest link so far. */
  after: number
  idempotency?: Idempotency | undefined
  requestId: string
}
type Made = z.infer<typeof innerLinkAnswer>

/** The link after this one, or the one that there is meanwhile (`made` tells). */
export async function askForLink({ intake, derive }: LinkParts, wanted: Wanted): Promise<Made> {
  const { tenant, capture, after, idempotency, requestId } = wanted
  const { secret, phrase } = derive.link(capture, after + 1)
  const body = { tenant, after, link_secret_hash: secretHash(secret), phrase, ...(idempotency && { idempotency }) }
  return intake.link(capture, body, requestId)
}

export function linkOf({ derive, captureOrigin }: LinkParts, capture: string, made: Made): CaptureLink {
  const { secret, phrase } = derive.link(capture, made.version)
  const url = `${captureOrigin}/l#${secret}`
  return { url, phrase, qr: qrOf(url), words: made.words, expires_at: made.expires_at }
}

export function linkRoutes(parts: LinkParts): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/captures/:id/link',
      operation: 'createLink',
      tag: 'Captures',
      summary: 'The same form by link, for another device',
      description:
        'Give `url` (as text or as the QR code `qr`) and `phrase` to the customer in the chat, and to nobody else. The link ' +
        'opens once, within ten minutes; the customer picks the phrase out of four. `words` says so in the language of the ' +
        'capture’s locale. A new link ends the one before.',
      id: idPattern('cap_'),
      idempotency: 'optional',
      body: z.strictObject({}),
      answers: {
        201: { say: 'A new link.', shape: captureLink },
        200: { say: 'The link that this Idempotency-Key made before.', shape: captureLink, replayable: true },
      },
      refusals: [
        'request.idempotency_conflict',
        'request.not_found',
        'policy.channel_not_allowed',
        'input.too_many_attempts',
        'system.conflict',
      ],
      handle: async ({ tenant, id, body, idempotencyKey: key, requestId }) => {
        const path = `POST /v1/captures/${id}/link`
        const idempotency = key === undefined ? undefined : bound(parts.derive, tenant, path, key, body)
        // Somebody else may ask at the same moment: the next one is then another's, and ours comes after it.
        let after = 0
        for (let tries = 0; tries < 4; tries += 1) {
          const made = await askForLink(parts, { tenant, capture: id, after, idempotency, requestId })
          const replayed = made.made === 'before'
          if (made.made !== 'by_another')
            return { status: replayed ? 200 : 201, body: linkOf(parts, id, made), replayed } as const
          after = made.version
        }
        throw new SallyportError('system.conflict')
      },
    }),
  ]
}
