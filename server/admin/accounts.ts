/**
 * Merchant accounts at processors. Host and credential of every charge come from here, never from a request, so that a
 * gateway that is taken over can send no money elsewhere.
 */
import { makeId } from '../../protocol/ids.ts'
import { sealCredential } from './credential.ts'
import { type Admin, AdminError, changeVault, requireTenant } from './deployment.ts'
import { processorName, processorUrl } from './names.ts'

export interface AccountRow {
  account: string
  tenant: string
  processor: string
  host: string
  default: boolean
  credential: boolean
}

export interface NewAccount {
  tenant: string
  processor: string
  host: string
  /** The first account of a tenant is its default anyway. */
  isDefault?: boolean
}

export async function addAccount(admin: Admin, wanted: NewAccount): Promise<string> {
  const processor = processorName(wanted.processor, admin.mode)
  const host = processorUrl(wanted.host, admin.mode)
  const { tenant } = wanted
  await requireTenant(admin, tenant)
  const account = makeId('acct_')
  await changeVault(admin, { action: 'account.add', tenant, object: account }, async (vault) => {
    const known = await vault.query('select from accounts where tenant = $1 and is_default', [tenant])
    const isDefault = wanted.isDefault === true || known.rowCount === 0
    if (isDefault)
      await vault.query('update accounts set is_default = false where tenant = $1 and is_default', [tenant])
    await vault.query(
      'insert into accounts (id, tenant, processor, base_url, is_default) values ($1, $2, $3, $4, $5)',
      [account, tenant, processor, host, isDefault],
    )
  })
  return account
}

export async function listAccounts(admin: Admin, tenant: string | null = null): Promise<AccountRow[]> {
  if (tenant !== null) await requireTenant(admin, tenant)
  const { rows } = await admin.vault.query<AccountRow>(
    `select id as account, tenant, processor, base_url as host, is_default as "default", credential_exists(id) as credential
     from accounts where $1::text is null or tenant = $1 order by created_at, id`,
    [tenant],
  )
  return rows
}

async function requireAccount(admin: Admin, account: string): Promise<AccountRow> {
  const row = (await listAccounts(admin)).find((one) => one.account === account)
  if (row === undefined)
    throw new AdminError('not_found', 'there is no such account; `sallyport admin account list` shows those there are')
  return row
}

/** The account that new tokens are bound to where the agent names none; tokens keep the one they were made for. */
export async function setDefaultAccount(admin: Admin, account: string): Promise<void> {
  const { tenant } = await requireAccount(admin, account)
  await changeVault(admin, { action: 'account.default', tenant, object: account }, async (vault) => {
    await vault.query('update accounts set is_default = false where tenant = $1 and is_default', [tenant])
    await vault.query('update accounts set is_default = true where id = $1', [account])
  })
}

/** Every charge from now on goes there, also of tokens that are stored already. */
export async function setAccountHost(admin: Admin, account: string, text: string): Promise<string> {
  const host = processorUrl(text, admin.mode)
  const { tenant } = await requireAccount(admin, account)
  await changeVault(admin, { action: 'account.host', tenant, object: account }, (vault) =>
    vault.query('update accounts set base_url = $2 where id = $1', [account, host]),
  )
  return host
}

/** Sealed before it is written: the database never has it. Wipes `secret`. */
export async function setCredential(admin: Admin, account: string, secret: Buffer): Promise<void> {
  const { tenant } = await requireAccount(admin, account)
  await changeVault(admin, { action: 'account.credential', tenant, object: account }, (vault) =>
    sealCredential(vault, { mode: admin.mode, tenant, account, secret }),
  )
}
