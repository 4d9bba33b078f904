/**
 * mint: a judged card becomes a token. The card comes from `submit.ts` in memory, leaves as two sealed records, in a row
 * for the one statement of `mint-statement.ts`; nothing here outlives the call.
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
import type { MintRow } from './mint-statement.ts'
import type { CaptureSecrets, Change } from './store.ts'

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
  /** Where it is sealed a second time, to another key. */
  token?: string
}

/** A token that is sealed and not yet written. */
export interface Minted {
  token: TokenTerms
  createdMs: number
  /** The rest of its row in the statement that writes it, for `mint-statement.ts`. */
  row: (change: Change, secrets: CaptureSecrets, audit: string) => MintRow
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
  const token = input.token ?? makeId(mode === 'live' ? 'tok_live_' : 'tok_test_')
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
    row: (change, secrets, audit) => ({
      capture: captureId,
      expected: change.expected,
      next: JSON.stringify(change.next),
      events: JSON.stringify(change.events),
      secrets: JSON.stringify(secrets),
      token,
      tenant,
      mode,
      conversation,
      brand,
      last4,
      exp_month: card.expMonth,
      exp_year: card.expYear,
      created_ms: createdMs,
      uses: mandate.uses,
      amount_max: mandate.amountMax,
      currency: mandate.currency,
      account: mandate.account,
      not_after_ms: mandate.notAfterMs,
      max_opens: mandate.maxOpens,
      version: recordVersion,
      suite: recordSuite,
      kek_id: record.kekId,
      wrapped_dek: record.wrappedDek,
      body: record.body,
      fingerprint: input.fingerprint,
      entry: audit,
      cvc_key: cvcRecord === null ? null : (input.cvcKey?.id ?? null),
      cvc_instance: input.cvcKey?.instance ?? null,
      cvc_wrapped_dek: cvcRecord?.wrappedDek ?? null,
      cvc_body: cvcRecord?.body ?? null,
      cvc_ttl_ms: limits.cvcTtlMs,
      network: card.network ?? null,
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
