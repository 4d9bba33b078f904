/** What an attacker does with a keyd: it has the private keys, and nothing that they open. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KeydConfig } from '../../config.ts'
import { openFileStore } from '../../keys/file.ts'
import { unwrap } from '../../keyd/unwrap.ts'
import { asOther, borrowedRoles, entered, statements } from './database.ts'
import { type Door, knock } from './door.ts'
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

export async function loot(config: KeydConfig, { doors }: { doors: Door[] }) {
  const url = config.database_url
  const tables = ['audit', 'audit_log', 'checkpoints']
  const own = await statements(
    url,
    tables.map((table) => `select * from ${table}`),
  )
  const wanted = [
    'delete from grants_used',
    'update openings set count = 0',
    'delete from tombstones',
    'delete from audit',
    "update audit set entry = ''",
  ]
  const outcomes = await statements(url, wanted)
  const elsewhere = [asOther(url, 'keyd', 'vault'), asOther(url, 'keyd', 'gateway')]
  return {
    own: own.map(({ rows }) => rows).join('\n'),
    got: wanted.filter((_text, index) => outcomes[index]?.code === null),
    inside: await entered(config, [...elsewhere, ...borrowedRoles(url)]),
    told: await knock(config.request_key, doors, [
      ['/captures', {}],
      ['/charges', {}],
    ]),
  }
}
