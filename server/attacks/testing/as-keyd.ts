/** What an attacker does with a keyd: it has the private keys, and nothing that they open. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KeydConfig } from '../../config.ts'
import { openFileStore } from '../../keys/file.ts'
import { unwrap } from '../../keyd/unwrap.ts'
import { statements } from './database.ts'
import { contextOf, type SealedToken } from './records.ts'

export const ownKeys = (config: KeydConfig): string[] => {
  const folder = fileURLToPath(config.key_store)
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
}

/** What egress sends in its requests: context and wrapped key, never the ciphertext. */
export async function dataKey(config: KeydConfig, { row }: { row: Omit<SealedToken, 'body'> }): Promise<string> {
  const store = await openFileStore(config.key_store)
  const wrapped = Buffer.from(row.wrapped_dek, 'base64url')
  const dek = await unwrap(store, Buffer.from(row.kek_id, 'base64url'), contextOf({ ...row, body: '' }), wrapped)
  return dek.toString('base64url')
}

/** Every row of its own database that it may read. */
export async function loot(config: KeydConfig): Promise<string> {
  const tables = ['audit', 'audit_log', 'checkpoints']
  const rows = await statements(
    config.database_url,
    tables.map((table) => `select * from ${table}`),
  )
  return rows.map(({ rows: text }) => text).join('\n')
}
