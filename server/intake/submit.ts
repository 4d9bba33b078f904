/**
 * seal → mint: a sealed submission comes from the frame, is opened here for the length of one call, judged, sealed
 * again with keyd's public key and written. Holds digits: in `Card`, wiped before the answer leaves. The code of a stored
 * card goes on to `submit-code.ts`.
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { type Card, decodeCard } from '../../crypto/card-bytes.ts'
import type { SubmitAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import type { Capture, CaptureCommand } from '../../protocol/capture.ts'
import { hasEnded } from '../../protocol/capture-states.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { SallyportProblem } from '../problem.ts'
import type { FingerprintAnswer } from '../records/keyd-calls.ts'
import { countryOf, orderedFields } from './attach.ts'
import type { Intake } from './context.ts'
import { againstTicket, refuseCard } from './end-capture.ts'
import { judge } from './judge.ts'
import { mandateOf } from './mandate.ts'
import { mint, type MintInput } from './mint.ts'
import { refuseField } from './refuse-field.ts'
import { isSession, requireSession } from './secrets.ts'
import { cardAskedAbout, shownOf } from './shown.ts'
import { complete, type Completing, isConflict, isRepeat, readCapture } from './store.ts'
import { malformedSubmission, openSubmission } from './submission.ts'
import { submitCode } from './submit-code.ts'
import type { Tenant } from './tenants.ts'

/** @param address whence it came; undefined where the caller has gone */
export async function submit(
  intake: Intake,
  request: SubmitRequest,
  secret: string,
  address?: string,
): Promise<SubmitAnswer> {
  const recalled = intake.recent.recall(request.capture_id)
  const stored =
    recalled !== null && isSession(recalled, secret) ? recalled : await readCapture(intake.db, request.capture_id)
  requireSession(stored, secret)
  const submission = createHash('sha256').update(request.enc).update(request.ciphertext).digest()
  const { capture } = stored
  if (isRepeat(stored, submission)) return answer(capture)
  if (hasEnded(capture.state) || stored.expired) throw new SallyportError('system.conflict')

  const tenant = await intake.tenant(capture.tenant)
  if (tenant === null) throw new SallyportError('auth.unauthenticated')
  const pair = await intake.hourKeys.find(request.key_id)
  if (pair === null) throw new SallyportProblem('channel.key_expired', { key: await intake.hourKeys.current() })
  const about = await cardAskedAbout(intake, capture)
  const plaintext = openSubmission(request, {
    tenant: tenant.id,
    origin: stored.sessionOrigin ?? '',
    shown: shownOf(tenant, capture, about),
    pair,
  })
  intake.recent.submitting += 1
  try {
    const { token_in: token } = capture
    const job = { request, stored, plaintext, submission, isStillTheirs: theirs(secret) }
    const done =
      token !== undefined && about !== null
        ? await submitCode(intake, { ...job, token, card: about })
        : await submitCard(intake, { ...job, tenant, address })
    return answer(done)
  } finally {
    intake.recent.submitting -= 1
    intake.recent.forget(capture.id)
    plaintext.fill(0)
    intake.forget()
  }
}

const theirs =
  (secret: string): Completing['isStillTheirs'] =>
  (stored) =>
    requireSession(stored, secret)

const answer = (capture: Capture): SubmitAnswer => ({
  status: 'completed',
  ...(capture.token && { token: capture.token.id }),
  ...(capture.card && { brand: capture.card.brand, last4: capture.card.last4 }),
})

interface CardJob extends Completing {
  request: SubmitRequest
  tenant: Tenant
  plaintext: Buffer
  address: string | undefined
}

async function submitCard(intake: Intake, job: CardJob): Promise<Capture> {
  const { config } = intake
  const card = cardIn(job.plaintext, config.cvc_canary === true)
  try {
    const verdict = judge(card, {
      fields: orderedFields(job.stored.capture.fields),
      testNumbersOnly: config.mode === 'sandbox' && !config.any_pan,
      refuseTestNumbers: config.mode === 'live',
      anyCvcLength: config.cvc_canary === true,
      country: countryOf(job.stored.capture),
      now: new Date(intake.now()),
    })
    if (!verdict.ok) return await refuseField(intake, job.request, verdict.field, verdict.reason)
    const { brand, bin, last4 } = verdict
    return await mintAndComplete(intake, { ...job, card, brand, bin, last4 })
  } finally {
    card.number.wipe()
    card.cvc?.wipe()
  }
}

function cardIn(plaintext: Buffer, cvcCanary: boolean): Card {
  try {
    return decodeCard(plaintext, { cvcCanary })
  } catch {
    throw malformedSubmission()
  }
}

interface MintJob extends CardJob {
  card: Card
  brand: string
  last4: string
  /** Told only for a tenant who has it turned on. */
  bin: string
}

async function mintAndComplete(intake: Intake, job: MintJob): Promise<Capture> {
  const { request, tenant, card, brand, last4, bin } = job
  const { capture } = job.stored
  if (tenant.account === null) throw new SallyportError('policy.account_not_allowed')
  const [kek, fingerprint] = await Promise.all([intake.sealingKey(), fingerprintOf(intake, job)])
  const admitted = await intake.cards.admit({
    tenant: tenant.id,
    address: job.address,
    bin,
    fingerprint: fingerprint.fingerprint,
    pays: capture.purpose === 'pay',
  })
  if (!admitted) return await refuseCard(intake, capture.id)
  const input: MintInput = {
    mode: intake.config.mode,
    tenant: tenant.id,
    captureId: capture.id,
    conversation: capture.conversation,
    card,
    brand,
    last4,
    mandate: mandateOf(capture, tenant.account, intake.now()),
    fingerprint: Buffer.from(fingerprint.fingerprint, 'base64url'),
    cvcKey: fingerprint.cvc_key,
  }
  const minted = mint(input, kek)
  const [audit] = await Promise.all([
    intake.audit({ action: 'mint', result: 'done', token: minted.token.id, capture: capture.id }),
    intake.cards.made(minted.token.id),
  ])
  const face = {
    brand,
    last4,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    ...(card.network && { network: card.network }),
    ...(tenant.bin && { bin }),
  }
  const commands: CaptureCommand[] = [
    { kind: 'submit', epoch: request.epoch, visibility: request.visibility ?? 'unverified' },
    { kind: 'complete', token: minted.token, card: face },
  ]
  return complete(intake.db, job, commands, async (change, secrets) => {
    try {
      await intake.writeToken(minted.row(change, secrets, audit))
    } catch (error) {
      if (!isConflict(error)) throw error
      // Its key may have been rotated since it was read; then the same token once more, to the key of now.
      const now = await intake.sealingKey('anew')
      if (Buffer.from(kek.kekId).equals(now.kekId)) throw error
      await intake.writeToken(mint({ ...input, token: minted.token.id }, now).row(change, secrets, audit))
    }
  })
}

let innerKey: { source: string; key: KeyObject } | null = null

/** The inner of two keyed hashes; keyd adds the outer one against the capture's ticket, and a one-time key for the CVC. */
async function fingerprintOf(intake: Intake, job: MintJob): Promise<FingerprintAnswer> {
  if (innerKey?.source !== intake.config.fingerprint_key) {
    const source = intake.config.fingerprint_key
    innerKey = { source, key: createSecretKey(Buffer.from(source, 'base64url')) }
  }
  const { key } = innerKey
  const inner = job.card.number.use((digits) => createHmac('sha256', key).update(digits).digest('base64url'))
  const { ticket, capture } = job.stored
  return againstTicket(intake, capture.id, intake.fingerprint({ ticket, inner, cvc: job.card.cvc !== undefined }))
}
