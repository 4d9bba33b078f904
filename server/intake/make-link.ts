/**
 * collect, elsewhere: an agent asks for a link to the form of a capture. In: a hash of the link's secret and its phrase,
 * which the gateway derives. The phrase is mixed with three others here; the newest link is the one that opens.
 */
import { randomBytes } from 'node:crypto'
import { SallyportError } from '../../protocol/errors.ts'
import type { InnerLink, innerLinkAnswer } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import type pg from 'pg'
import type { z } from 'zod/mini'
import { mixedIn } from '../phrases.ts'
import type { Intake } from './context.ts'
import { linkWordsIn } from './languages.ts'
import { ownCapture, toAnswer } from './own-capture.ts'
import { isConflict, plan, type StoredCapture } from './store.ts'
import { type Tenant, tenantById } from './tenants.ts'

type Answer = z.infer<typeof innerLinkAnswer>

const triesMax = 5

export async function makeLink(intake: Intake, id: string, input: InnerLink): Promise<Answer> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const stored = await ownCapture(intake, input.tenant, id)
    const capture = toAnswer(stored.capture, stored.metadata)
    const words = linkWordsIn(intake.languages, stored.capture.locale)
    const known = await linkOfKey(intake, input)
    if (known !== null) return { capture, words, ...known, made: 'before' }
    const newest = await newestLink(intake, id)
    if (newest.version > input.after) {
      // The same request twice at once: the newest one may be its twin's.
      const twins = await linkOfKey(intake, input)
      return twins === null
        ? { capture, words, ...newest, made: 'by_another' }
        : { capture, words, ...twins, made: 'before' }
    }
    if (input.after >= limits.linksPerCaptureMax) throw new SallyportError('input.too_many_attempts')
    const tenant = await tenantById(intake.db, input.tenant)
    if (tenant === null || stored.expired) throw new SallyportError('system.conflict')
    judgeChannel(tenant, stored.capture.mandate)
    const ends = await write(intake, stored, input)
    if (ends !== null)
      return { capture: ends.capture, words, version: input.after + 1, expires_at: ends.at, made: 'now' }
  }
  throw new SallyportError('system.conflict')
}

/**
 * A link can be sent on to somebody who is talked into it, phrase and all; what they sign then should be one payment of
 * an amount that they see, unless an admin has decided otherwise.
 */
export function judgeChannel(tenant: Tenant, mandate: { uses?: number | undefined } | undefined): void {
  if ((mandate?.uses ?? 1) > 1 && !tenant.linkManyUses) throw new SallyportError('policy.channel_not_allowed')
}

/** Null when somebody was quicker, with the capture or with a link. */
async function write(intake: Intake, stored: StoredCapture, input: InnerLink) {
  const planned = plan(stored.capture, [{ kind: 'offer_link' }])
  if (planned === null) throw new SallyportError('system.internal')
  const { choices, answer } = mixedIn(input.phrase, randomBytes)
  try {
    const { rows } = await intake.db.query<{ ends: Date }>({
      name: 'link_make',
      text: 'select link_make($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as ends',
      values: [
        stored.capture.id,
        planned.expected,
        JSON.stringify(planned.next),
        JSON.stringify(planned.events),
        input.after,
        Buffer.from(input.link_secret_hash, 'base64url'),
        choices,
        answer,
        limits.linkTtlMs,
        input.idempotency === undefined ? null : JSON.stringify(input.idempotency),
      ],
    })
    const at = rows[0]?.ends.toISOString() ?? ''
    return { at, capture: toAnswer(planned.next, stored.metadata) }
  } catch (error) {
    if (!isConflict(error)) throw error
    return null
  }
}

async function linkOfKey(intake: Intake, { tenant, idempotency }: InnerLink) {
  if (idempotency === undefined) return null
  const { rows } = await intake.db.query<{ version: number; expires_at: Date; same: boolean }>({
    name: 'link_known',
    text: 'select * from link_known($1, $2)',
    values: [tenant, JSON.stringify(idempotency)],
  })
  const row = rows[0]
  if (row === undefined) return null
  if (!row.same) throw new SallyportError('request.idempotency_conflict')
  return { version: row.version, expires_at: row.expires_at.toISOString() }
}

/** Whether a link holds the form, against every client secret that was made before. */
export async function isMoved(db: pg.Pool, capture: string): Promise<boolean> {
  const { rows } = await db.query<{ moved: boolean }>({
    name: 'link_moved',
    text: 'select moved from link_newest($1)',
    values: [capture],
  })
  return rows[0]?.moved === true
}

async function newestLink(intake: Intake, capture: string) {
  const { rows } = await intake.db.query<{ version: number; expires_at: Date | null }>({
    name: 'link_newest',
    text: 'select version, expires_at from link_newest($1)',
    values: [capture],
  })
  return { version: rows[0]?.version ?? 0, expires_at: rows[0]?.expires_at?.toISOString() ?? '' }
}
