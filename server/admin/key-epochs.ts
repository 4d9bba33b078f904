/**
 * The life of keyd's keys as an operator moves it: made, taken out of use, emptied, destroyed. The private halves are the
 * key store's, states and counts the vault's; a step that was cut short between the two is typed again and goes on.
 */
import type { Epoch, EpochPurpose, KeyStore } from '../keys/store.ts'
import { progressOf, type RewrapProgress, type RewrapRow, rewrapRows } from '../records/rewrap-progress.ts'
import { type Admin, AdminError, changeVault } from './deployment.ts'
import { type EpochRow, type EpochState, listEpochs, putActive } from './epochs.ts'

type Store = Pick<KeyStore, 'create' | 'destroy' | 'list' | 'epoch'>

export interface KeyRow {
  epoch: string
  purpose: string
  suite: string
  /** `unpublished`: in the store, and nothing is sealed to it. `lost`: the store has not what records may need. */
  state: EpochState | 'unpublished' | 'lost'
  /** Cards and credentials that open with it alone. */
  records: number
  created_at: string
  /** For an erasure that was promised to be irrevocable by then; null while nobody was promised anything of it. */
  end_by: string | null
  /** How far its emptying is, once it was begun. */
  rewrap: RewrapProgress | null
}

export async function listKeys(admin: Admin, store: Store): Promise<KeyRow[]> {
  const [published, held, records] = [await listEpochs(admin), await store.list(), await countRecords(admin)]
  const [rewraps, promises] = [await rewrapsOf(admin), await promisesOf(admin)]
  const ids = new Set(held.map(({ kekId }) => kekId.toString('hex')))
  const rows = published.map((row): KeyRow => {
    const lost = row.state !== 'destroyed' && !ids.has(row.kek_id)
    const { kek_id: epoch, purpose, suite, created_at: createdAt } = row
    return {
      epoch,
      purpose,
      suite,
      state: lost ? 'lost' : row.state,
      records: records.get(epoch) ?? 0,
      created_at: createdAt,
      end_by: promises.get(epoch) ?? null,
      rewrap: rewraps.get(epoch) ?? null,
    }
  })
  const unpublished = held.filter(({ kekId }) => !published.some((row) => row.kek_id === kekId.toString('hex')))
  return [...rows, ...unpublished.map(unpublishedRow)]
}

const unpublishedRow = ({ kekId, purpose, suite, createdMs }: Epoch): KeyRow => ({
  epoch: kekId.toString('hex'),
  purpose,
  suite,
  state: 'unpublished',
  records: 0,
  created_at: new Date(createdMs).toISOString(),
  end_by: null,
  rewrap: null,
})

async function promisesOf(admin: Admin): Promise<Map<string, string>> {
  const { rows } = await admin.vault.query<{ kek_id: string; end_by: Date }>(
    "select encode(kek_id, 'hex') as kek_id, end_by from epoch_promises()",
  )
  return new Map(rows.map((row) => [row.kek_id, row.end_by.toISOString()]))
}

async function rewrapsOf(admin: Admin): Promise<Map<string, RewrapProgress>> {
  const { rows } = await admin.vault.query<RewrapRow & { epoch: string }>(rewrapRows)
  return new Map(rows.map((row) => [row.epoch, progressOf(row)]))
}

async function countRecords(admin: Admin): Promise<Map<string, number>> {
  const { rows } = await admin.vault.query<{ kek_id: string; records: string }>(
    "select encode(kek_id, 'hex') as kek_id, records from epoch_records()",
  )
  return new Map(rows.map((row) => [row.kek_id, Number(row.records)]))
}

export interface Made {
  epoch: string
  /** The one whose place it took. */
  before: string | null
}

/** What is sealed from now on is sealed to the new key. `then` is what becomes of the one before. */
export async function makeKey(
  admin: Admin,
  store: Store,
  wanted: Pick<Epoch, 'suite' | 'purpose'>,
  then: 'open' | 'rotated',
): Promise<Made> {
  const action = then === 'rotated' ? 'epoch.rotate' : 'epoch.create'
  // The key is in the store before the vault knows of it: nothing is ever sealed to one that is not there.
  await admin.audit({ action }, 'intent')
  const made = await store.create(wanted)
  const epoch = made.kekId.toString('hex')
  const before = await changeVault(admin, { action, object: epoch }, (vault) => putActive(vault, made, then))
  return { epoch, before }
}

/** The suite that the store's keys of this purpose have: an HSM has P-256 alone. */
export async function suiteOf(store: Store, purpose: EpochPurpose): Promise<Epoch['suite']> {
  const held = await store.list()
  return held.findLast((one) => one.purpose === purpose)?.suite ?? held.at(-1)?.suite ?? 'x25519'
}

async function requireEpoch(admin: Admin, epoch: string): Promise<EpochRow> {
  const row = (await listEpochs(admin)).find(({ kek_id: id }) => id === epoch)
  if (row === undefined)
    throw new AdminError('not_found', 'there is no such key; `sallyport keys list` shows those there are')
  return row
}

/** Refused while a record needs it: the vault counts in the same transaction, whoever asks. */
export async function retireKey(admin: Admin, epoch: string): Promise<void> {
  const { state } = await requireEpoch(admin, epoch)
  if (state === 'retired' || state === 'destroyed')
    throw new AdminError('already', `this key is ${state} already; nothing was changed`)
  if (state === 'active')
    throw new AdminError('not_now', 'cards are sealed to this key now; `sallyport keys rotate` makes one in its place')
  await changeVault(admin, { action: 'epoch.retire', object: epoch }, (vault) =>
    vault.query("update kek_epochs set state = 'retired' where kek_id = decode($1, 'hex')", [epoch]),
  )
}

/** `again` is the id typed a second time. After this no backup of the vault gives a card that was wrapped to it. */
export async function destroyKey(admin: Admin, store: Store, epoch: string, again: string | undefined): Promise<void> {
  const { state, kek_id: id } = await requireEpoch(admin, epoch)
  const kekId = Buffer.from(id, 'hex')
  const held = (await store.epoch(kekId)) !== null
  if (state === 'destroyed' && !held)
    throw new AdminError('already', 'this key is destroyed already; nothing was changed')
  if (state !== 'retired' && state !== 'destroyed')
    throw new AdminError(
      'not_now',
      `this key is ${state}; \`sallyport keys retire\` comes before, and asks for no record to be left`,
    )
  if (again !== epoch)
    throw new AdminError(
      'malformed',
      'what is destroyed is gone from every backup of the vault too; to do it, type the id of the key again behind --again',
    )
  await admin.audit({ action: 'epoch.destroy', object: epoch }, 'intent')
  // The vault counts once more, the key goes, and only then is it said: cut short before that, it is typed again.
  await changeVault(admin, { action: 'epoch.destroy', object: epoch }, async (vault) => {
    await vault.query("update kek_epochs set state = 'destroyed' where kek_id = decode($1, 'hex')", [epoch])
    if (held) await store.destroy(kekId)
  })
}
