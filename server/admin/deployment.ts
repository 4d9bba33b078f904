/**
 * What an administrator's commands work on: the configuration tables, as the database role sallyport_admin. Every change
 * stands in the vault's audit log with who typed it; a secret never does.
 */
import pg from 'pg'
import { entryText } from '../audit/entries.ts'
import type { Mode } from '../config.ts'

export interface AdminOptions {
  mode: Mode
  /** URLs with the role sallyport_admin. */
  vaultUrl: string
  gatewayUrl: string
  /** The name of the operating system's user who typed the command. */
  operator: string
}

export interface Admin {
  mode: Mode
  /** The operating system's user who typed the command. */
  operator: string
  vault: pg.Client
  gateway: pg.Client
  /** Writes one line into the vault's audit log, in the transaction that is open there, if one is. */
  audit(fact: AdminFact, result: 'intent' | 'done' | 'failed'): Promise<void>
  close(): Promise<void>
}

/** What was changed: whose, and which origin, account or key by its name. */
export interface AdminFact {
  action: string
  tenant?: string
  object?: string
}

export type AdminRefusal = 'not_found' | 'already' | 'malformed' | 'not_in_live' | 'other_mode' | 'not_now'

/** A sentence that says what to do; it repeats nothing of what was typed. */
export class AdminError extends Error {
  readonly code: AdminRefusal
  constructor(code: AdminRefusal, sentence: string) {
    super(sentence)
    this.name = 'AdminError'
    this.code = code
  }
}

export async function openAdmin({ mode, vaultUrl, gatewayUrl, operator }: AdminOptions): Promise<Admin> {
  const vault = new pg.Client({ connectionString: vaultUrl })
  const gateway = new pg.Client({ connectionString: gatewayUrl })
  const close = async (): Promise<void> => {
    await Promise.all([vault.end(), gateway.end()])
  }
  try {
    await Promise.all([vault.connect(), gateway.connect()])
    await claim(vault, 'vault', mode)
    await claim(gateway, 'gateway', mode)
    const { rows } = await vault.query<{ id: string }>('select vault_log_id() as id')
    const logId = rows[0]?.id ?? ''
    return {
      mode,
      operator,
      vault,
      gateway,
      audit: async (fact, result) => {
        const entry = entryText(logId, Date.now(), { actor: 'admin', operator, ...fact, result })
        await vault.query('insert into audit (entry) values ($1)', [entry])
      },
      close,
    }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

/** A database that is new takes the deployment's mode; one of the other mode is refused. */
async function claim(client: pg.Client, name: string, mode: Mode): Promise<void> {
  await client.query('insert into deployment (mode) values ($1) on conflict (one) do nothing', [mode])
  const { rows } = await client.query<{ mode: string }>('select mode from deployment')
  if (rows[0]?.mode === mode) return
  throw new AdminError(
    'other_mode',
    `the ${name} database belongs to a deployment of another mode than ${mode}; a mode is fixed when a deployment is made, so give this one a database of its own`,
  )
}

/** A change of the vault's configuration and its line in the audit log: both, or neither. */
export async function changeVault<T>(
  admin: Admin,
  fact: AdminFact,
  work: (vault: pg.Client) => Promise<T>,
): Promise<T> {
  return transaction(admin.vault, async () => {
    const result = await work(admin.vault)
    await admin.audit(fact, 'done')
    return result
  })
}

/**
 * A change in the gateway's database: the log is in another one, so the intent is written first, and whoever reads it
 * without an outcome knows that the change may have been made.
 */
export async function changeGateway<T>(
  admin: Admin,
  fact: AdminFact,
  work: (gateway: pg.Client) => Promise<T>,
): Promise<T> {
  await admin.audit(fact, 'intent')
  try {
    const result = await transaction(admin.gateway, () => work(admin.gateway))
    await admin.audit(fact, 'done')
    return result
  } catch (error) {
    await admin.audit(fact, 'failed')
    throw error
  }
}

async function transaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw translated(error)
  }
}

export async function requireTenant(admin: Admin, tenant: string): Promise<void> {
  const { rowCount } = await admin.vault.query('select from tenants where id = $1', [tenant])
  if (rowCount !== 1)
    throw new AdminError('not_found', 'there is no such tenant; `sallyport tenant list` shows those there are')
}

/** The vault's own rules (60-admin.sql, 96-epochs.sql) speak in sentences; their code tells that they are ours. */
function translated(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (error.code === 'SPADM') return new AdminError('not_in_live', error.message)
  return error.code === 'SPEPO' ? new AdminError('not_now', error.message) : error
}
