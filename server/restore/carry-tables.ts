/**
 * The rows of one database in the place of those of another with the same tables. keyd's own does not go back with a restore
 * where a newer one is there: which grants were used, how often each token was opened, and what must never open again.
 */
import type pg from 'pg'

const batch = 2_000

/** Gives how many rows came over. Rejects where the two do not have the same tables; the target is then as it was. */
export async function carryTables(from: pg.Client, to: pg.Client, progress: (rows: number) => void): Promise<number> {
  const there = new Set(await tablesOf(to))
  // A part that was taken off since, to be kept elsewhere, is the operator's.
  const tables = (await tablesOf(from)).filter((table) => there.has(table) || !/^(audit|events)_\d+$/.test(table))
  const lacking = tables.filter((table) => !there.has(table))
  if (lacking.length > 0)
    throw new Error(
      'the newer database of keyd has tables that this version of Sallyport does not know; restore with the version that ran last',
    )
  let rows = 0
  await from.query('begin isolation level repeatable read read only')
  await to.query('begin')
  try {
    await to.query(`truncate ${tables.map(quoted).join(', ')}`)
    for (const table of tables) {
      rows += await carryTable(from, to, table, (more) => progress(rows + more))
    }
    await to.query('commit')
  } catch (error) {
    await to.query('rollback').catch(() => undefined)
    throw error
  } finally {
    await from.query('rollback').catch(() => undefined)
  }
  return rows
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Parts of a partitioned table come and go with it. */
async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and c.relname not in ('migrations', 'migrations_lock') order by 1`,
  )
  return rows.map(({ name }) => name)
}

async function carryTable(
  from: pg.Client,
  to: pg.Client,
  table: string,
  progress: (rows: number) => void,
): Promise<number> {
  const name = quoted(table)
  await from.query(`declare carried no scroll cursor for select to_jsonb(t)::text as row from ${name} t`)
  let count = 0
  for (;;) {
    const { rows } = await from.query<{ row: string }>(`fetch ${batch} from carried`)
    if (rows.length === 0) break
    // The numbers of rows are what they were, also where the table would give new ones.
    await to.query(
      `insert into ${name} overriding system value select (jsonb_populate_record(null::${name}, one::jsonb)).*
         from unnest($1::text[]) as one`,
      [rows.map(({ row }) => row)],
    )
    count += rows.length
    progress(count)
  }
  await from.query('close carried')
  const { rows: identities } = await to.query<{ column: string }>(
    `select attname as column from pg_attribute where attrelid = $1::regclass and attidentity <> '' and not attisdropped`,
    [name],
  )
  for (const { column } of identities) {
    await to.query(
      `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max(${quoted(column)}), 0) + 1 from ${name}), false)`,
      [name, column],
    )
  }
  return count
}
