/** What an attacker does with a keeper: it may write wrapped keys anew, and has no ciphertext. */
import pg from 'pg'
import type { KeeperConfig } from '../../config.ts'
import { tell, type Told } from './door.ts'
import type { SealedToken } from './records.ts'

/** Writes a wrapped key into a record: any that it has from elsewhere. How many records took it. */
export async function putKey(
  config: KeeperConfig,
  { token, kek_id, wrapped_dek }: Pick<SealedToken, 'kek_id' | 'wrapped_dek'> & { token: string },
): Promise<number | null> {
  const client = new pg.Client({ connectionString: config.database_url })
  await client.connect()
  try {
    const bytes = [kek_id, wrapped_dek].map((text) => Buffer.from(text, 'base64url'))
    const text = 'update records set kek_id = $2, wrapped_dek = $3 where token = $1'
    return (await client.query(text, [token, ...bytes])).rowCount
  } finally {
    await client.end()
  }
}

/** Ends a token for good. */
export const tombstone = (config: KeeperConfig, body: { token: string; tenant: string }): Promise<Told> =>
  tell({ ...config.keyd, callee: 'keyd', issuer: 'keeper', key: config.request_key }, 'POST', '/tombstone', body)
