/** A processor's secret becomes a record of class `credential`: only egress's signed request to keyd opens it again. */
import type pg from 'pg'
import type { Kem } from '../../crypto/hpke-node.ts'
import type { Mode } from '../config.ts'
import { recordSuite, recordVersion } from '../records/format.ts'
import { sealRecord } from '../records/seal.ts'
import { AdminError } from './deployment.ts'

export interface Credential {
  mode: Mode
  tenant: string
  account: string
  /** Wiped here. */
  secret: Buffer
}

/** In the record's context the account's id stands where a card's has the token. */
export async function sealCredential(
  vault: pg.ClientBase,
  { mode, tenant, account, secret }: Credential,
): Promise<void> {
  const { rows } = await vault.query<{ kek_id: Buffer; suite: Kem; public_key: Buffer }>(
    "select kek_id, suite, public_key from kek_epochs where purpose = 'credential' and state = 'active'",
  )
  const epoch = rows[0]
  if (epoch === undefined)
    throw new AdminError(
      'not_now',
      'there is no key to seal credentials with; run `sallyport admin epochs publish` first',
    )
  const createdMs = Date.now()
  const record = sealRecord(
    secret,
    {
      version: recordVersion,
      suite: recordSuite,
      mode,
      tenant,
      token: account,
      class: 'credential',
      createdMs,
      mandate: null,
    },
    { kekId: epoch.kek_id, suite: epoch.suite, publicKey: epoch.public_key },
  )
  secret.fill(0)
  await vault.query('select credential_set($1, $2, $3, $4, $5, $6, $7)', [
    account,
    recordVersion,
    recordSuite,
    createdMs,
    record.kekId,
    record.wrappedDek,
    record.body,
  ])
}
