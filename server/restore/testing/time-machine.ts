/**
 * A backup and a restore of one database, in the time of a test: its rows are copied into another and back. What a restore
 * does besides (`mark.ts`) is the test's to call.
 */
import pg from 'pg'
import { testDatabases } from '../../testing/postgres.ts'
import { carryTables } from '../carry-tables.ts'

export interface TimeMachine {
  /** The database is as it was when this was made. */
  goBack(): Promise<void>
  close(): Promise<void>
}

/** @param url as the superuser */
export async function rememberVault(url: string): Promise<TimeMachine> {
  const kept = await testDatabases(['vault'])
  const copy = async (fromUrl: string, toUrl: string): Promise<void> => {
    const [from, to] = [fromUrl, toUrl].map((connectionString) => new pg.Client({ connectionString })) as [
      pg.Client,
      pg.Client,
    ] // sound: two of two
    await Promise.all([from.connect(), to.connect()])
    // The rows keep each other's rules; only their order is not that of these.
    await to.query('set session_replication_role = replica')
    await carryTables(from, to, () => undefined)
    await Promise.all([from.end(), to.end()])
  }
  await copy(url, kept.superUrl('vault'))
  return {
    goBack: () => copy(kept.superUrl('vault'), url),
    close: () => kept.drop(),
  }
}
