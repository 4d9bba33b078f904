/**
 * Postgres alone, with the statement that mints a token: what the database gives when nothing is before it. `pgbench` is the
 * database's own measure; where it is not there, and cannot be installed, nothing stands in its place.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type { Statement } from '../../server/intake/store.ts'

const debians = '/usr/lib/postgresql'

export function findPgbench(): string | null {
  const folders = existsSync(debians)
    ? readdirSync(debians)
        .sort((one, other) => Number(other) - Number(one))
        .map((version) => join(debians, version, 'bin'))
    : []
  const found = [...folders, ...(process.env['PATH'] ?? '').split(':')].map((folder) => join(folder, 'pgbench'))
  return found.find((path) => existsSync(path)) ?? null
}

/** Of pgbench's own numbers: this client's letters and this transaction's, in the place of an id's 26 letters. */
const letters = "translate(lpad((:client_id * 1000000 + :i)::text, 26, '0'), '0123456789', 'abcdefghij')"

/** Ids of captures as the script meets them, so that they can be there before. */
export const captureOf = (number: string): string =>
  `'cap_' || translate(lpad((${number})::text, 26, '0'), '0123456789', 'abcdefghij')`

/** The statement with its values written into it, but for ids, which are new each time. */
export function scriptOf({ text, values }: Statement, ids: ReadonlyMap<unknown, string>): string {
  const literal = (value: unknown): string => {
    const id = ids.get(value)
    if (id !== undefined) return `('${id}' || ${letters})`
    if (value === null) return 'null'
    if (Array.isArray(value)) return `array[${value.map(literal).join(', ')}]`
    if (typeof value === 'number') return String(value)
    if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'::bytea`
    // A colon and a word would be a variable of pgbench's, in a literal too.
    return `E'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', '\\x3a')}'`
  }
  const filled = text.replace(/\$(\d+)/g, (_whole, number: string) => literal(values[Number(number) - 1]))
  return `\\set i :i + 1\n${filled.trim()};\n`
}

export interface PgbenchRun {
  perSecond: number
  done: number
}

/** So many clients for so many seconds; `from` is where each client's numbers begin. */
export function pgbench(
  program: string,
  {
    url,
    script,
    clients,
    seconds,
    from,
  }: { url: string; script: string; clients: number; seconds: number; from: number },
): PgbenchRun {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pgbench-'))
  try {
    const file = join(folder, 'mint.sql')
    writeFileSync(file, script)
    const { status, stdout, stderr } = spawnSync(
      program,
      [
        ...['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=1', `--time=${seconds}`],
        ...[`--file=${file}`, `--define=i=${from}`, url],
      ],
      { encoding: 'utf8' },
    )
    const perSecond = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1])
    const done = Number(/^number of transactions actually processed: (\d+)/m.exec(stdout)?.[1])
    if (status !== 0 || !(perSecond > 0)) throw new Error(`pgbench did not run: ${stderr || stdout}`)
    return { perSecond, done }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Captures that wait for their card, as copies of one that does: `clients` times `each` of them, numbered from `from`. */
export async function copyCaptures(
  db: pg.ClientBase,
  { of, clients, from, each }: { of: string; clients: number; from: number; each: number },
): Promise<void> {
  const columns = await db.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = 'captures'::regclass and attnum > 0 and not attisdropped and attname <> 'id' and attgenerated = ''`,
  )
  const names = columns.rows.map(({ name }) => db.escapeIdentifier(name)).join(', ')
  await db.query(
    `insert into captures (id, ${names})
     select ${captureOf('c * 1000000 + i')}, ${names} from captures, generate_series(0, $2 - 1) c, generate_series($3 + 1, $3 + $4) i
     where id = $1`,
    [of, clients, from, each],
  )
}
