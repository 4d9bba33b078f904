/** What it costs that events lie in parts: the same rows into a table of one piece with the same indexes, turn by turn. */
import type pg from 'pg'
import { percentile } from '../percentile.ts'

export interface PartsCost {
  pairs: number
  rows: number
  /** Microseconds of the server's time for a row, at the median; `ratio` is that of parts to the whole, pair by pair. */
  write: { whole: number; parts: number; ratio: number }
  number: { whole: number; parts: number; ratio: number }
}

const pairs = 7
const rows = 5_000

export async function measureParts(db: pg.Client): Promise<PartsCost> {
  await db.query(`create table events_whole (like events including defaults including constraints);
    alter table events_whole alter column n add generated always as identity;
    alter table events_whole add primary key (n), add unique (position), add unique (subject, sequence);
    create index on events_whole (n) where position is null`)
  const { rows: heads } = await db.query<{ head: string }>('select coalesce(max(position), 0) as head from events')
  const head = Number(heads[0]?.head)
  const seen = { write: [] as Pair[], number: [] as Pair[] }
  for (let pair = -1; pair < pairs; pair += 1) {
    const [whole, parts] = [await turn(db, 'events_whole', pair, head), await turn(db, 'events', pair, head)]
    if (pair < 0) continue
    seen.write.push({ whole: whole.write, parts: parts.write })
    seen.number.push({ whole: whole.number, parts: parts.number })
  }
  await db.query('drop table events_whole')
  return { pairs, rows, write: medians(seen.write), number: medians(seen.number) }
}

interface Pair {
  whole: number
  parts: number
}

const medians = (found: readonly Pair[]): PartsCost['write'] => ({
  whole: percentile(
    found.map(({ whole }) => whole),
    0.5,
  ),
  parts: percentile(
    found.map(({ parts }) => parts),
    0.5,
  ),
  ratio: percentile(
    found.map(({ whole, parts }) => parts / whole),
    0.5,
  ),
})

/** Microseconds a row. In one transaction that is taken back: the sequencer is not to find them. */
async function turn(
  db: pg.Client,
  table: string,
  pair: number,
  head: number,
): Promise<{ write: number; number: number }> {
  const timed = async (text: string): Promise<number> => {
    const began = performance.now()
    await db.query(text)
    return ((performance.now() - began) * 1_000) / rows
  }
  await db.query('begin')
  const write = await timed(`insert into ${table} (tenant, subject, sequence, type, conversation, envelope)
    select 'ten_bench', 'cap_bench${pair + 1}', n, 'capture.resumed', 'talk-1', jsonb_build_object('n', n, 'text', repeat('x', 300))
    from generate_series(1, ${rows}) n`)
  const number = await timed(`with batch as (
      select n, ${head} + row_number() over (order by n) as at
      from (select n from ${table} where position is null order by n limit ${rows}) open)
    update ${table} e set position = batch.at from batch where e.n = batch.n`)
  await db.query('rollback')
  return { write, number }
}
