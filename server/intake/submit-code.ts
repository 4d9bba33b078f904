/**
 * seal → mint for the security code of a stored card (DESIGN §5): the code comes opened from `submit.ts`, is judged by the
 * card's scheme, sealed under a one-time key of keyd, and put beside the token in the statement that completes the capture.
 * Holds the code's digits for this call; no token is made, and the card's own record is not touched.
 */
import { decodeCvc } from '../../crypto/card-bytes.ts'
import type { SubmitRequest } from '../../protocol/capture-http.ts'
import type { Capture, CaptureCommand } from '../../protocol/capture.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import type { CvcKeyAnswer } from '../records/keyd-calls.ts'
import { sealRecord } from '../records/seal.ts'
import type { Intake } from './context.ts'
import { againstTicket } from './end-capture.ts'
import { refuseField } from './refuse-field.ts'
import { applyText, applyValues, complete, type Completing } from './store.ts'
import { codeLength, type StoredCard } from './stored-card.ts'
import { malformedSubmission } from './submission.ts'

export interface CodeJob extends Completing {
  request: SubmitRequest
  token: string
  card: StoredCard
  plaintext: Buffer
}

export async function submitCode(intake: Intake, job: CodeJob): Promise<Capture> {
  const { request, stored, token, card } = job
  const code = codeIn(job.plaintext, intake.config.cvc_canary === true)
  try {
    const wrong = intake.config.cvc_canary === true ? null : judgeCode(code.length, card.brand)
    if (wrong !== null) return await refuseField(intake, request, 'cvc', wrong)
    const asked = intake.keyd('POST', '/cvc/key', { ticket: stored.ticket })
    const answered = await againstTicket(intake, stored.capture.id, asked)
    const { cvc_key: key } = answered as CvcKeyAnswer // sound: a key that is none does not seal
    const createdMs = Date.now()
    const { mandate } = card
    const context: RecordContext = {
      version: recordVersion,
      suite: recordSuite,
      mode: intake.config.mode,
      tenant: stored.capture.tenant,
      token,
      class: 'cvc',
      createdMs,
      mandate,
    }
    const publicKey = Buffer.from(key.public_key, 'base64url')
    const sealingKey = { kekId: Buffer.from(key.id, 'base64url'), suite: 'x25519' as const, publicKey }
    const record = code.use((digits) => sealRecord(digits, context, sealingKey))
    const put = JSON.stringify({
      tenant: stored.capture.tenant,
      token,
      capture_id: stored.capture.id,
      version: recordVersion,
      suite: recordSuite,
      created_ms: createdMs,
      cvc_key: key.id,
      instance: key.instance,
      wrapped_dek: record.wrappedDek.toString('hex'),
      body: record.body.toString('hex'),
      ttl_ms: limits.cvcTtlMs,
    })
    const audit = await intake.audit({ action: 'code', result: 'done', token, capture: stored.capture.id })
    return await complete(intake.db, job, commandsOf(job), (change, secrets) =>
      intake.db.query({
        name: 'code_put',
        text: codeText,
        values: [...applyValues(stored.capture.id, change, secrets), put, audit],
      }),
    )
  } finally {
    code.wipe()
  }
}

function commandsOf({ request, token, card }: CodeJob): CaptureCommand[] {
  const { brand, last4, expMonth, expYear, network, mandate } = card
  const terms = {
    id: token,
    uses: mandate.uses,
    amount_max_minor: mandate.amountMax,
    currency: mandate.currency,
    not_after: new Date(mandate.notAfterMs).toISOString(),
  }
  return [
    { kind: 'submit', epoch: request.epoch, visibility: request.visibility ?? 'unverified' },
    {
      kind: 'complete',
      token: terms,
      card: { brand, last4, exp_month: expMonth, exp_year: expYear, ...(network && { network }) },
    },
  ]
}

function codeIn(plaintext: Buffer, cvcCanary: boolean) {
  try {
    return decodeCvc(plaintext, { cvcCanary })
  } catch {
    throw malformedSubmission()
  }
}

function judgeCode(length: number, brand: string): RejectionReason | null {
  const wanted = codeLength(brand) ?? length
  if (length === wanted) return null
  return length < wanted ? 'incomplete' : 'too_long'
}

const codeText = `
  with applied as (select ${applyText} as sequence),
  code as (select code_put($6)),
  entry as (insert into audit (entry) values ($7))
  select sequence from applied, code`
