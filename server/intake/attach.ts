/**
 * collect: a frame takes up its capture. In: the client secret and the frame's ancestors. Out: what the form shows, the
 * key to seal with, and a session secret for this epoch. No digits are here yet.
 */
import type { AttachAnswer } from '../../protocol/capture-http.ts'
import { type EndState, type FieldName, fieldNames, hasEnded } from '../../protocol/capture-states.ts'
import { cobadges } from '../../detect/cobadges.ts'
import { postalHint, regionOf } from '../../protocol/postal-codes.ts'
import type { Capture } from '../../protocol/capture.ts'
import { type ErrorCode, SallyportError } from '../../protocol/errors.ts'
import { SallyportProblem } from '../problem.ts'
import type { Intake } from './context.ts'
import { inOtherWords } from './languages.ts'
import { isMoved } from './make-link.ts'
import { hashSecret, isSession, makeSessionSecret, requireAttachSecret } from './secrets.ts'
import type { ParsedAttach } from './shapes.ts'
import { change, readCapture, type StoredCapture } from './store.ts'
import { cardAskedAbout, shownOf } from './shown.ts'
import type { StoredCard } from './stored-card.ts'
import { judgeAncestors, type Tenant, tenantById } from './tenants.ts'

export async function attach(intake: Intake, request: ParsedAttach, secret: string): Promise<AttachAnswer> {
  const stored = await readCapture(intake.db, request.capture_id)
  // A conversation is read again long after the secret's quarter of an hour; then it hears that this is over.
  requireAttachSecret(stored, secret, stored !== null && endOf(stored) !== null)
  if (!isSession(stored, secret)) {
    // A link's page comes by its tap and its pick; here it may only come back.
    if (request.channel === 'link') throw new SallyportError('auth.unauthenticated')
    // The person goes on with the link in their hand: a page that is loaded again must not take the form away from them.
    const { channel, attached } = stored.capture
    if (channel === 'link' && attached && (await isMoved(intake.db, stored.capture.id)))
      throw new SallyportError('channel.epoch_stale')
  } else if (request.channel !== stored.capture.channel) throw new SallyportError('auth.unauthenticated')
  return takeUp(intake, stored, request)
}

/** A new epoch for whoever has shown that it may: the frame above, or the sandbox's test route. */
export async function takeUp(intake: Intake, stored: StoredCapture, request: ParsedAttach): Promise<AttachAnswer> {
  const ended = endOf(stored)
  if (ended !== null) throw new SallyportProblem(endCode[ended], { state: ended })
  const tenant = await tenantById(intake.db, stored.capture.tenant)
  if (tenant === null) throw new SallyportError('auth.unauthenticated')
  const origin = judgePlace(intake, stored, tenant, request)
  if (origin === null) throw new SallyportError('channel.origin')
  const card = await cardAskedAbout(intake, stored.capture)

  const sessionSecret = makeSessionSecret()
  const sessionHash = hashSecret(sessionSecret)
  const capture = await change(intake.db, request.capture_id, () => [{ kind: 'attach', channel: request.channel }], {
    session_hash: sessionHash.toString('hex'),
    session_origin: origin,
  })
  intake.recent.remember({ ...stored, capture, sessionHash, sessionOrigin: origin })
  return attachedAnswer(intake, capture, tenant, { origin, card, sessionSecret, lang: request.lang })
}

/** A frame stands where the tenant lets it; the page of a link on our own origin, and in no other page. */
function judgePlace(intake: Intake, stored: StoredCapture, tenant: Tenant, request: ParsedAttach): string | null {
  if (request.channel === 'web') return judgeAncestors(tenant, request.ancestors, stored.topOrigin)
  return request.ancestors.length === 0 ? ownOrigin(intake) : null
}

export const ownOrigin = ({ config }: Intake): string => new URL(config.public_url).origin

interface Held {
  origin: string
  /** The stored one that the form is about. */
  card: StoredCard | null
  sessionSecret: string
  lang: string | undefined
}

/** What the form shows, and what it seals with and speaks by from here on. */
export async function attachedAnswer(
  intake: Intake,
  capture: Capture,
  tenant: Tenant,
  { origin, card, sessionSecret, lang }: Held,
): Promise<AttachAnswer> {
  const postal = postalHint(countryOf(capture))
  return {
    epoch: capture.epoch,
    session_secret: sessionSecret,
    state: capture.state,
    ...shownOf(tenant, capture, card),
    purpose: capture.purpose,
    fields: orderedFields(capture.fields),
    tenant: capture.tenant,
    origin,
    ...(postal && { postal }),
    ...(capture.fields.number && { cobadges }),
    ...(capture.retry_of && { retry_of: capture.retry_of }),
    ...(capture.locale && { locale: capture.locale, ...inOtherWords(intake.languages, capture.locale, lang) }),
    mode: intake.config.mode,
    expires_at: capture.expires_at,
    key: await intake.hourKeys.current(),
  }
}

/** The end as a form is told of it; keeper writes the event of an expiry a moment after the time itself. */
const endOf = ({ capture: { state }, expired }: StoredCapture): EndState | null => {
  if (hasEnded(state)) return state
  return expired ? 'expired' : null
}

/**
 * What a form that comes too late is told, beside the end itself: a page that is loaded again shows that this is done.
 * No more than that, for the client secret is no power to read.
 */
export const endCode = {
  completed: 'system.conflict',
  failed: 'input.too_many_attempts',
  canceled: 'customer.canceled',
  expired: 'customer.abandoned',
} as const satisfies Record<EndState, ErrorCode>

/** Whose postal codes are meant; undefined where nobody said, and then any short code will do. */
export const countryOf = ({ country, locale }: Capture): string | undefined => country ?? regionOf(locale)

/** A database's JSON keeps no order of members; people expect this one. */
export const orderedFields = (fields: Partial<Record<FieldName, unknown>>): FieldName[] =>
  fieldNames.filter((name) => fields[name] !== undefined)
