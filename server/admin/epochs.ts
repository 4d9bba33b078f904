/**
 * The public halves of keyd's epochs. They are published by hand, as configuration, so that intake never takes a key from
 * whoever happens to listen where keyd should.
 */
import type pg from 'pg'
import type { Epoch } from '../keys/store.ts'
import { type Admin, changeVault } from './deployment.ts'

export const epochStates = ['active', 'open', 'rotated', 'retired', 'destroyed'] as const
export type EpochState = (typeof epochStates)[number]

export interface EpochRow {
  kek_id: string
  purpose: string
  suite: string
  state: EpochState
  created_at: string
}

/** Oldest first, so that the newest of each purpose takes what is sealed from now on. Gives the ids that were new. */
export async function publishEpochs(admin: Admin, epochs: readonly Epoch[]): Promise<string[]> {
  const published: string[] = []
  for (const { kekId, suite, purpose, publicKey } of epochs) {
    const known = await admin.vault.query('select from kek_epochs where kek_id = $1', [kekId])
    if (known.rowCount === 1) continue
    const object = kekId.toString('hex')
    await changeVault(admin, { action: 'epoch.publish', object }, (vault) =>
      putActive(vault, { kekId, suite, purpose, publicKey }, 'open'),
    )
    published.push(object)
  }
  return published
}

/** What is sealed from now on is sealed to this one; the one before becomes `then`. Gives that one's id, if there was one. */
export async function putActive(
  vault: pg.ClientBase,
  { kekId, suite, purpose, publicKey }: Omit<Epoch, 'createdMs'>,
  then: 'open' | 'rotated',
): Promise<string | null> {
  const { rows } = await vault.query<{ kek_id: string }>(
    "update kek_epochs set state = $2 where purpose = $1 and state = 'active' returning encode(kek_id, 'hex') as kek_id",
    [purpose, then],
  )
  await vault.query('insert into kek_epochs (kek_id, suite, purpose, public_key) values ($1, $2, $3, $4)', [
    kekId,
    suite,
    purpose,
    publicKey,
  ])
  return rows[0]?.kek_id ?? null
}

export async function listEpochs(admin: Admin): Promise<EpochRow[]> {
  const { rows } = await admin.vault.query<Omit<EpochRow, 'created_at'> & { created_at: Date }>(
    `select encode(kek_id, 'hex') as kek_id, purpose, suite, state, created_at from kek_epochs order by purpose, created_at`,
  )
  return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString() }))
}
