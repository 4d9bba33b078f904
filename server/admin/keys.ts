/**
 * API keys: made here, shown once, kept as SHA-256 alone. Rotation makes a new key and gives the others an end, so that an
 * agent can change over while it works; the gateway looks at that end with every request.
 */
import { createHash, randomBytes } from 'node:crypto'
import { lettersFrom } from '../../protocol/ids.ts'
import type { Mode } from '../config.ts'
import { type Admin, AdminError, changeGateway, requireTenant } from './deployment.ts'
import { overlapDefaultMs } from './names.ts'

export type KeyState = 'live' | 'ending' | 'ended' | 'revoked'

export interface KeyRow {
  id: string
  /** Enough to find the key again: `sk_live_…wxyz`. */
  hint: string
  state: KeyState
  created_at: string
  expires_at: string | null
  revoked_at: string | null
}

/** The only moment at which the key itself is known. */
export interface MadeKey {
  id: string
  hint: string
  secret_key: string
}

const kindOf = (mode: Mode): string => (mode === 'live' ? 'live' : 'test')
export const makeSecretKey = (mode: Mode): string => `sk_${kindOf(mode)}_${lettersFrom(randomBytes(64))}`
export const makePublishableKey = (mode: Mode): string => `pk_${kindOf(mode)}_${lettersFrom(randomBytes(64))}`

const hash = (key: string): Buffer => createHash('sha256').update(key).digest()
const hint = (mode: Mode, ending: string | null): string => `sk_${kindOf(mode)}_…${ending ?? ''}`

export async function listKeys(admin: Admin, tenant: string): Promise<KeyRow[]> {
  await requireTenant(admin, tenant)
  const { rows } = await admin.gateway.query<{
    id: string
    ending: string | null
    state: KeyState
    created_at: Date
    expires_at: Date | null
    revoked_at: Date | null
  }>(
    `select id, ending, created_at, expires_at, revoked_at,
       case when revoked_at is not null then 'revoked' when expires_at is null then 'live'
         when expires_at > clock_timestamp() then 'ending' else 'ended' end as state
     from api_keys where tenant = $1 order by created_at, id`,
    [tenant],
  )
  return rows.map(({ ending, created_at, expires_at, revoked_at, ...row }) => ({
    ...row,
    hint: hint(admin.mode, ending),
    created_at: created_at.toISOString(),
    expires_at: expires_at?.toISOString() ?? null,
    revoked_at: revoked_at?.toISOString() ?? null,
  }))
}

/** A further key beside those there are. */
export async function addKey(admin: Admin, tenant: string): Promise<MadeKey> {
  await requireTenant(admin, tenant)
  return makeKey(admin, tenant, 'key.add', null)
}

/** A new key; the others end after the overlap, zero meaning now. One that ends sooner already keeps its end. */
export async function rotateKeys(admin: Admin, tenant: string, overlapMs: number = overlapDefaultMs): Promise<MadeKey> {
  await requireTenant(admin, tenant)
  return makeKey(admin, tenant, 'key.rotate', overlapMs)
}

async function makeKey(admin: Admin, tenant: string, action: string, overlapMs: number | null): Promise<MadeKey> {
  const secretKey = makeSecretKey(admin.mode)
  const id = await changeGateway(admin, { action, tenant }, async () => {
    // Two rotations at once would else leave two keys without an end.
    await admin.gateway.query('select from tenants where id = $1 for update', [tenant])
    if (overlapMs !== null)
      await admin.gateway.query(
        `update api_keys set expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $2::double precision / 1000))
         where tenant = $1 and revoked_at is null`,
        [tenant, overlapMs],
      )
    return insertKey(admin, tenant, secretKey)
  })
  return { id, hint: hint(admin.mode, secretKey.slice(-4)), secret_key: secretKey }
}

export async function insertKey(admin: Admin, tenant: string, secretKey: string): Promise<string> {
  const { rows } = await admin.gateway.query<{ id: string }>(
    'insert into api_keys (tenant, key_hash, ending) values ($1, $2, $3) returning id',
    [tenant, hash(secretKey), secretKey.slice(-4)],
  )
  return rows[0]?.id ?? ''
}

/** Whether the gateway has this very key, in whatever state: one that was revoked is never made live again. */
export async function knowsKey(admin: Admin, secretKey: string): Promise<boolean> {
  const { rowCount } = await admin.gateway.query('select from api_keys where key_hash = $1', [hash(secretKey)])
  return rowCount === 1
}

/** At once and for good. */
export async function revokeKey(admin: Admin, tenant: string, key: string): Promise<void> {
  const known = (await listKeys(admin, tenant)).find(({ id }) => id === key)
  if (known === undefined)
    throw new AdminError('not_found', 'this tenant has no such key; `sallyport tenant keys list` shows its keys')
  if (known.state === 'revoked') throw new AdminError('already', 'this key was revoked before; there is nothing to do')
  await changeGateway(admin, { action: 'key.revoke', tenant, object: key }, (gateway) =>
    gateway.query(
      'update api_keys set revoked_at = clock_timestamp() where tenant = $1 and id = $2 and revoked_at is null',
      [tenant, key],
    ),
  )
}
