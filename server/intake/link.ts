/**
 * collect, elsewhere: somebody has opened a link. The tap uses it up and shows who asks, and four phrases; the one pick
 * of the right one attaches the form as a frame does, and fences out what was open before. A wrong pick ends the link.
 *
 * What is no good (never made, over, used, replaced) is refused in one way, by one statement, with one code.
 */
import type { LinkOpenAnswer, LinkPickAnswer } from '../../protocol/capture-http.ts'
import type { CaptureCommand } from '../../protocol/capture.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { attachedAnswer, ownOrigin } from './attach.ts'
import type { Intake } from './context.ts'
import { judgeChannel } from './make-link.ts'
import { hashSecret, isSession } from './secrets.ts'
import type { ParsedLinkOpen, ParsedLinkPick } from './shapes.ts'
import { cardAskedAbout } from './shown.ts'
import { applyText, applyValues, change, readCapture, type StoredCapture } from './store.ts'
import { type Tenant, tenantById } from './tenants.ts'

/** As it stands in the row of a link. */
const noneOfThese = -1

interface Claim {
  capture: string
  answer: number
  picked: number | null
  /** The newest link of a capture that goes on, opened a moment ago. */
  live: boolean
}

const over = (): SallyportError => new SallyportError('channel.link_expired')

/** `secret` is the link's; `claim` a hash of the session secret that the page has made. The same again answers the same. */
export async function openLink(intake: Intake, { claim }: ParsedLinkOpen, secret: string): Promise<LinkOpenAnswer> {
  const { rows } = await intake.db.query<{ capture: string; choices: string[] }>({
    name: 'link_open',
    text: 'select * from link_open($1, $2)',
    values: [hashSecret(secret), Buffer.from(claim, 'base64url')],
  })
  const row = rows[0]
  if (row === undefined) throw over()
  const { stored, tenant } = await captureOf(intake, row.capture)
  const { business } = tenant
  return { business, purpose: stored.capture.purpose, mode: intake.config.mode, choices: row.choices }
}

/** `secret` is the session secret whose hash claimed the link. The same pick again, after a lost answer, answers the same. */
export async function pickPhrase(intake: Intake, request: ParsedLinkPick, secret: string): Promise<LinkPickAnswer> {
  const session = hashSecret(secret)
  const picked = request.choice ?? noneOfThese
  const claim = await claimOf(intake, session)
  if (claim === null || (claim.picked === null && !claim.live)) throw over()
  if (claim.picked === null) await spend(intake, claim, picked, session)
  else if (claim.picked !== picked) throw over()
  if (picked !== claim.answer) throw new SallyportError('channel.wrong_person')

  const { stored, tenant } = await captureOf(intake, claim.capture)
  // Somebody has taken the form up elsewhere since.
  if (!isSession(stored, secret)) throw over()
  const card = await cardAskedAbout(intake, stored.capture)
  const held = { origin: stored.sessionOrigin ?? '', card, sessionSecret: secret, lang: request.lang }
  return { capture_id: claim.capture, ...(await attachedAnswer(intake, stored.capture, tenant, held)) }
}

/** The one try, and what it means for the capture, in one transaction. */
async function spend(intake: Intake, claim: Claim, picked: number, session: Buffer): Promise<void> {
  const { stored, tenant } = await captureOf(intake, claim.capture)
  judgeChannel(tenant, stored.capture.mandate)
  await cardAskedAbout(intake, stored.capture)
  const isRight = picked === claim.answer
  const commands: CaptureCommand[] = [isRight ? { kind: 'attach', channel: 'link' } : { kind: 'refuse_link' }]
  const secrets = isRight ? { session_hash: session.toString('hex'), session_origin: ownOrigin(intake) } : {}
  try {
    await change(
      intake.db,
      claim.capture,
      () => commands,
      secrets,
      (id, planned) => ({
        name: 'link_pick',
        text: `select ${applyText} from link_pick($6, $7)`,
        values: [...applyValues(id, planned, secrets), session, picked],
      }),
    )
  } catch (error) {
    // Sent twice at once: the other was quicker, and both get its answer.
    if ((await claimOf(intake, session))?.picked !== picked) throw error
  }
}

async function claimOf(intake: Intake, session: Buffer): Promise<Claim | null> {
  const { rows } = await intake.db.query<Claim>({
    name: 'link_claimed',
    text: 'select * from link_claimed($1, $2)',
    values: [session, limits.linkPickMs],
  })
  return rows[0] ?? null
}

async function captureOf(intake: Intake, id: string): Promise<{ stored: StoredCapture; tenant: Tenant }> {
  const stored = await readCapture(intake.db, id)
  const tenant = stored === null ? null : await tenantById(intake.db, stored.capture.tenant)
  if (stored === null || tenant === null) throw over()
  return { stored, tenant }
}
