/**
 * What an administrator would type for the test tenant, done by the supervisor at each start in development: tenant,
 * origins, merchant account with its sealed credential, the public halves of keyd's epochs. Idempotent.
 */
import pg from 'pg'
import type { Mode } from '../config.ts'
import { makeId } from '../../protocol/ids.ts'
import type { Epoch } from '../keys/store.ts'
import { sealCredential } from './credential.ts'
import { createHash } from 'node:crypto'

export interface Seed {
  mode: Mode
  /** URLs with the role sallyport_admin. */
  vaultUrl: string
  gatewayUrl: string
  tenant: { id: string; name: string; publishableKey: string; secretKey: string }
  /** Exactly these may embed the frame. */
  origins: readonly string[]
  /** The sandbox processor, where there is one. */
  processor: { baseUrl: string; secret: string } | null
  epochs: readonly Epoch[]
}

export async function seedDeployment(seed: Seed): Promise<void> {
  await withClient(seed.vaultUrl, async (vault) => {
    await vault.query('insert into deployment (mode) values ($1) on conflict (one) do nothing', [seed.mode])
    const { rows } = await vault.query<{ mode: string }>('select mode from deployment')
    if (rows[0]?.mode !== seed.mode)
      throw new Error(`the vault database belongs to a deployment of another mode than ${seed.mode}`)
    await seedTenant(vault, seed)
    await seedEpochs(vault, seed.epochs)
    if (seed.processor !== null) await seedAccount(vault, seed, seed.processor)
  })
  await withClient(seed.gatewayUrl, async (gateway) => {
    await gateway.query('insert into tenants (id, name) values ($1, $2) on conflict (id) do nothing', [
      seed.tenant.id,
      seed.tenant.name,
    ])
    await gateway.query('insert into api_keys (tenant, key_hash) values ($1, $2) on conflict (key_hash) do nothing', [
      seed.tenant.id,
      createHash('sha256').update(seed.tenant.secretKey).digest(),
    ])
  })
}

async function withClient(url: string, run: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    await run(client)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

async function seedTenant(vault: pg.Client, { tenant, origins }: Seed): Promise<void> {
  await vault.query(
    `insert into tenants (id, name, publishable_key) values ($1, $2, $3)
     on conflict (id) do update set name = excluded.name, publishable_key = excluded.publishable_key`,
    [tenant.id, tenant.name, tenant.publishableKey],
  )
  await vault.query('delete from origins where tenant = $1 and not (origin = any($2))', [tenant.id, origins])
  await vault.query('insert into origins (tenant, origin) select $1, unnest($2::text[]) on conflict do nothing', [
    tenant.id,
    origins,
  ])
}

async function seedEpochs(vault: pg.Client, epochs: readonly Epoch[]): Promise<void> {
  for (const { kekId, suite, purpose, publicKey } of epochs) {
    const { rowCount } = await vault.query('select from kek_epochs where kek_id = $1', [kekId])
    if (rowCount === 1) continue
    // The newest epoch takes what is sealed from now on.
    await vault.query("update kek_epochs set state = 'retired' where purpose = $1 and state = 'active'", [purpose])
    await vault.query('insert into kek_epochs (kek_id, suite, purpose, public_key) values ($1, $2, $3, $4)', [
      kekId,
      suite,
      purpose,
      publicKey,
    ])
  }
}

async function seedAccount(
  vault: pg.Client,
  seed: Seed,
  processor: { baseUrl: string; secret: string },
): Promise<void> {
  const known = await vault.query<{ id: string }>(
    "select id from accounts where tenant = $1 and processor = 'sandbox'",
    [seed.tenant.id],
  )
  const account = known.rows[0]?.id ?? makeId('acct_')
  await vault.query(
    `insert into accounts (id, tenant, processor, base_url, is_default) values ($1, $2, 'sandbox', $3, true)
     on conflict (id) do update set base_url = excluded.base_url`,
    [account, seed.tenant.id, processor.baseUrl],
  )
  const { rows } = await vault.query<{ has: boolean }>('select credential_exists($1) as has', [account])
  if (rows[0]?.has === true) return
  await sealCredential(vault, { mode: seed.mode, tenant: seed.tenant.id, account, secret: processor.secret })
}
