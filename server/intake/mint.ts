/**
 * mint: a judged card becomes a token. The card comes from `submit.ts` in memory, leaves as two sealed records in one
 * statement with the token, its mandate, its allowance, the audit entry and the events; nothing here outlives the call.
 */
import type pg from 'pg'
import { encodeCard, type Card } from '../../crypto/card-bytes.ts'
import type { Kem } from '../../crypto/hpke-node.ts'
import type { TokenTerms } from '../../protocol/capture.ts'
import { makeId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Mode } from '../../protocol/capture-states.ts'
import { type Mandate, type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import { sealRecord, type SealingKey } from '../records/seal.ts'
import { applyValues, type CaptureSecrets, type Change, type Statement } from './store.ts'

export interface CvcKey {
  id: string
  instance: string
  public_key: string
}

export interface MintInput {
  mode: Mode
  tenant: string
  captureId: string
  conversation: string
  card: Card
  brand: string
  last4: string
  mandate: Mandate
  fingerprint: Buffer
  cvcKey: CvcKey | undefined
}

/** A token that is sealed and not yet written. */
export interface Minted {
  token: TokenTerms
  createdMs: number
  statement: (change: Change, secrets: CaptureSecrets, audit: string) => Statement
}

/** The public key that cards are sealed to: written by the admin command alone, so nobody on keyd's socket can offer another. */
export async function activeEpoch(db: pg.Pool): Promise<SealingKey> {
  const { rows } = await db.query<{ kek_id: Buffer; suite: Kem; public_key: Buffer }>({
    name: 'active_epoch',
    text: "select kek_id, suite, public_key from kek_epochs where purpose = 'card' and state = 'active'",
  })
  const row = rows[0]
  if (row === undefined) throw new Error('there is no active key epoch for cards; run `sallyport init`')
  return { kekId: row.kek_id, suite: row.suite, publicKey: row.public_key }
}

export function mint(input: MintInput, kek: SealingKey): Minted {
  const { mode, tenant, captureId, conversation, card, brand, last4, mandate } = input
  const token = makeId(mode === 'live' ? 'tok_live_' : 'tok_test_')
  const createdMs = Date.now()
  const context: RecordContext = {
    version: recordVersion,
    suite: recordSuite,
    mode,
    tenant,
    token,
    class: 'card',
    createdMs,
    mandate,
  }
  const { cvc, ...kept } = card
  const plaintext = encodeCard(kept)
  const record = sealRecord(plaintext, context, kek)
  plaintext.fill(0)
  const cvcRecord =
    cvc === undefined || input.cvcKey === undefined
      ? null
      : sealCvc(
          cvc.use((digits) => Uint8Array.from(digits)),
          context,
          input.cvcKey,
        )
  return {
    createdMs,
    token: {
      id: token,
      uses: mandate.uses,
      amount_max_minor: mandate.amountMax,
      currency: mandate.currency,
      not_after: new Date(mandate.notAfterMs).toISOString(),
    },
    statement: (change, secrets, audit) => ({
      name: 'mint',
      text: mintText,
      values: [
        ...applyValues(captureId, change, secrets),
        token,
        tenant,
        mode,
        conversation,
        brand,
        last4,
        card.expMonth,
        card.expYear,
        createdMs,
        mandate.uses,
        mandate.amountMax,
        mandate.currency,
        mandate.account,
        mandate.notAfterMs,
        mandate.maxOpens,
        recordVersion,
        recordSuite,
        record.kekId,
        record.wrappedDek,
        record.body,
        input.fingerprint,
        audit,
        cvcRecord === null ? null : input.cvcKey?.id,
        input.cvcKey?.instance ?? null,
        cvcRecord?.wrappedDek ?? null,
        cvcRecord?.body ?? null,
        limits.cvcTtlMs,
        card.network ?? null,
      ],
    }),
  }
}

function sealCvc(digits: Uint8Array, context: RecordContext, key: CvcKey): { wrappedDek: Buffer; body: Buffer } {
  const record = sealRecord(
    digits,
    { ...context, class: 'cvc' },
    {
      kekId: Buffer.from(key.id, 'base64url'),
      suite: 'x25519',
      publicKey: Buffer.from(key.public_key, 'base64url'),
    },
  )
  digits.fill(0)
  return record
}

// One statement, one round trip, all or nothing: capture_apply raises when the capture changed meanwhile.
const mintText = `
  with applied as (select capture_apply($1, $2, $3, $4, $5) as sequence),
  token as (
    insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms,
      cvc_taken_at, cvc_until, network)
    select $6, $7, $8, $1, $9, $10, $11, $12, $13, $14, case when $28::text is not null then clock_timestamp() end,
      case when $28::text is not null then clock_timestamp() + $32 * interval '1 ms' end, $33),
  mandate as (
    insert into mandates (token, uses, amount_max, currency, account, not_after_ms, max_opens)
    values ($6, $15, $16, $17, $18, $19, $20)),
  allowance as (insert into allowances (token, uses_left) values ($6, $15)),
  record as (
    insert into records (token, class, version, suite, kek_id, wrapped_dek, body) values ($6, 'card', $21, $22, $23, $24, $25)),
  seen as (insert into fingerprints (tenant, fingerprint, token) values ($7, $26, $6)),
  entry as (insert into audit (entry) values ($27)),
  code as (
    insert into cvc (token, capture_id, version, suite, created_ms, cvc_key, instance, wrapped_dek, body, expires_at)
    select $6, $1, $21, $22, $14, $28, $29, $30, $31, clock_timestamp() + $32 * interval '1 ms' where $28::text is not null)
  select sequence from applied`
