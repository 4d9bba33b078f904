/** What any of them would do without walls: read the secrets of all, and open every card that is stored. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { decodeCard } from '../../../crypto/card-bytes.ts'
import { openFileStore } from '../../keys/file.ts'
import { unwrap } from '../../keyd/unwrap.ts'
import { openRecord } from '../../records/open.ts'
import { asOther } from './database.ts'
import { contextOf, everyRecord, type SealedToken } from './records.ts'

/** Throws the code of what stood in the way. */
export async function steal(config: { database_url: string }, { home }: { home: string }): Promise<string[]> {
  const secrets = JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8'))
  const url = new URL(asOther(config.database_url, { role: 'super', database: 'vault' }))
  url.password = secrets.database.superuser
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    return await openAll(await everyRecord(client), join(home, 'keys'))
  } finally {
    await client.end()
  }
}

/** Every card's number, with nothing but the key store's files and the rows of the vault. */
export async function openAll(rows: readonly SealedToken[], keys: string): Promise<string[]> {
  const store = await openFileStore(`file:${keys}`)
  const numbers: string[] = []
  for (const row of rows) {
    const context = contextOf(row)
    const wrapped = Buffer.from(row.wrapped_dek, 'base64url')
    const dek = await unwrap(store, Buffer.from(row.kek_id, 'base64url'), context, wrapped)
    const card = decodeCard(openRecord(Buffer.from(row.body, 'base64url'), context, dek))
    numbers.push(card.number.use((digits) => Buffer.from(digits).toString()))
  }
  return numbers
}
