/**
 * seal → mint: a sealed submission comes from the frame, is opened here for the length of one call, judged, sealed
 * again with keyd's public key and written. Holds digits: in `Card`, wiped before the answer leaves.
 */
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { captureAad, captureInfo, shownBytes } from '../../crypto/capture-binding.ts'
import { type Card, decodeCard } from '../../crypto/card-bytes.ts'
import { type HpkeKeyPair, open, prepareSchedule, privateDh, type Schedule } from '../../crypto/hpke-node.ts'
import type { SealingKey as OfferedKey, SubmitAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import type { Capture, CaptureCommand } from '../../protocol/capture.ts'
import { type FieldName, hasEnded } from '../../protocol/capture-states.ts'
import { type ErrorCode, type RejectionReason, SallyportError } from '../../protocol/errors.ts'
import { SallyportProblem } from '../problem.ts'
import type { FingerprintAnswer } from '../records/keyd-calls.ts'
import { orderedFields, shownOf } from './attach.ts'
import type { Intake } from './context.ts'
import { judge } from './judge.ts'
import { mandateOf } from './mandate.ts'
import { activeEpoch, mint } from './mint.ts'
import { requireSession } from './secrets.ts'
import { change, isConflict, plan, readCapture, type StoredCapture } from './store.ts'
import { type Tenant, tenantById } from './tenants.ts'

/** A refusal that the form shows beside a field, or that hands it a fresh key. */
const refusal = (code: ErrorCode, beside: { field: FieldName } | { key: OfferedKey }): SallyportProblem =>
  new SallyportProblem(code, beside)

export async function submit(intake: Intake, request: SubmitRequest, secret: string): Promise<SubmitAnswer> {
  const stored = await readCapture(intake.db, request.capture_id)
  requireSession(stored, secret)
  const submission = createHash('sha256').update(request.enc).update(request.ciphertext).digest()
  if (isRepeat(stored, submission)) return answer(stored.capture)
  if (hasEnded(stored.capture.state) || stored.expired) throw new SallyportError('system.conflict')

  const tenant = await tenantById(intake.db, stored.capture.tenant)
  if (tenant === null) throw new SallyportError('auth.unauthenticated')
  const pair = await intake.hourKeys.find(request.key_id)
  if (pair === null) throw refusal('channel.key_expired', { key: await intake.hourKeys.current() })

  const card = openSubmission(request, stored, tenant, pair, intake.config.cvc_canary === true)
  try {
    const verdict = judge(card, {
      fields: orderedFields(stored.capture.fields),
      testNumbersOnly: intake.config.mode === 'sandbox' && !intake.config.any_pan,
      refuseTestNumbers: intake.config.mode === 'live',
      anyCvcLength: intake.config.cvc_canary === true,
      now: new Date(intake.now()),
    })
    if (!verdict.ok) return await refuse(intake, request, verdict.field, verdict.reason)
    const done = await mintAndComplete(intake, {
      request,
      stored,
      tenant,
      card,
      brand: verdict.brand,
      last4: verdict.last4,
      submission,
    })
    return answer(done)
  } finally {
    card.number.wipe()
    card.cvc?.wipe()
    intake.forget()
  }
}

/** The same bytes again after a lost answer: the same token. */
const isRepeat = (stored: StoredCapture, submission: Buffer): boolean =>
  stored.capture.state === 'completed' && stored.submission !== null && timingSafeEqual(stored.submission, submission)

const answer = (capture: Capture): SubmitAnswer => ({
  status: 'completed',
  ...(capture.token && { token: capture.token.id }),
  ...(capture.card && { brand: capture.card.brand, last4: capture.card.last4 }),
})

const schedules = new Map<string, Schedule>()
const schedulesMax = 1_000

/** The hash of `info` is the same for every capture of a tenant's page. */
function scheduleFor(tenant: string, origin: string): Schedule {
  const key = `${tenant} ${origin}`
  const known = schedules.get(key)
  if (known !== undefined) return known
  if (schedules.size >= schedulesMax) schedules.clear()
  const schedule = prepareSchedule('x25519', captureInfo(tenant, origin))
  schedules.set(key, schedule)
  return schedule
}

/** Opens under what attach told the frame; another origin, epoch, key or amount does not open. */
function openSubmission(
  request: SubmitRequest,
  stored: StoredCapture,
  tenant: Tenant,
  pair: HpkeKeyPair,
  cvcCanary: boolean,
): Card {
  const shown = createHash('sha256')
    .update(shownBytes(shownOf(tenant, stored.capture)))
    .digest('base64url')
  // What the person saw is not what the server would show now: the consent is not for this.
  if (shown !== request.shown) throw new SallyportError('system.conflict')
  const aad = captureAad({
    capture: request.capture_id,
    epoch: request.epoch,
    keyId: request.key_id,
    build: request.build,
    shownHash: shown,
  })
  const malformed = () => new SallyportError('request.malformed', { param: 'ciphertext' })
  let plaintext: Buffer
  try {
    plaintext = open({
      kem: 'x25519',
      publicKey: pair.publicKey,
      dh: privateDh('x25519', pair.privateKey),
      aad,
      info: scheduleFor(tenant.id, stored.sessionOrigin ?? ''),
      enc: Buffer.from(request.enc, 'base64url'),
      ciphertext: Buffer.from(request.ciphertext, 'base64url'),
    })
  } catch {
    throw malformed()
  }
  try {
    return decodeCard(plaintext, { cvcCanary })
  } catch {
    throw malformed()
  } finally {
    plaintext.fill(0)
  }
}

/** The person is told beside the field, the agent by an event. */
async function refuse(
  intake: Intake,
  request: SubmitRequest,
  field: FieldName,
  reason: RejectionReason,
): Promise<never> {
  await change(intake.db, request.capture_id, () => [
    { kind: 'field_rejected', epoch: request.epoch, field, code: reason },
  ])
  throw refusal(`input.${reason}`, { field })
}

interface MintJob {
  request: SubmitRequest
  stored: StoredCapture
  tenant: Tenant
  card: Card
  brand: string
  last4: string
  submission: Buffer
}

async function mintAndComplete(intake: Intake, job: MintJob): Promise<Capture> {
  const { request, tenant, card, brand, last4 } = job
  const { capture } = job.stored
  if (tenant.account === null) throw new SallyportError('policy.account_not_allowed')
  const [kek, fingerprint] = await Promise.all([activeEpoch(intake.db), fingerprintOf(intake, job)])
  const minted = mint(
    {
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
    },
    kek,
  )
  const audit = await intake.audit({ action: 'mint', result: 'done', token: minted.token.id, capture: capture.id })
  const commands: CaptureCommand[] = [
    { kind: 'submit', epoch: request.epoch },
    { kind: 'complete', token: minted.token, card: { brand, last4, exp_month: card.expMonth, exp_year: card.expYear } },
  ]
  return write(intake, job, (stored) => {
    const planned = plan(stored.capture, commands)
    if (planned === null) throw new SallyportError('system.conflict')
    return { planned, query: minted.statement(planned, { submission: job.submission.toString('hex') }, audit) }
  })
}

type Written = {
  planned: NonNullable<ReturnType<typeof plan>>
  query: { name: string; text: string; values: unknown[] }
}

/** Tries again when a progress event came in between; a twin of the same submission that was quicker has our answer. */
async function write(intake: Intake, job: MintJob, make: (stored: StoredCapture) => Written): Promise<Capture> {
  let { stored } = job
  for (let tries = 0; tries < 5; tries += 1) {
    const { planned, query } = make(stored)
    try {
      await intake.db.query(query)
      return planned.next
    } catch (error) {
      if (!isConflict(error)) throw error
    }
    const again = await readCapture(intake.db, job.request.capture_id)
    if (again === null) break
    if (isRepeat(again, job.submission)) return again.capture
    stored = again
  }
  throw new SallyportError('system.conflict')
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
  const answered = await intake.keyd('POST', '/fingerprint', {
    ticket: job.stored.ticket,
    inner,
    cvc: job.card.cvc !== undefined,
  })
  return answered as FingerprintAnswer // sound: keyd answers in this shape, and its socket's other end is checked by what follows
}
