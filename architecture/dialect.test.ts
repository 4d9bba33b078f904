/** Every SQL statement through Postgres' own parser: what some Postgres-compatible clusters lack is nowhere, and the rest is on the page. */
import { describe, expect, test } from 'vitest'
import { clusters } from './dialect/clusters.ts'
import { type Feature, featuresOf, forbidden, knownKinds, narrowing, uses } from './dialect/features.ts'
import { clusterPart, page, withPart } from './dialect/page.ts'
import { collect, parseFilled, parseSql, schemaFiles, sqlIn } from './dialect/statements.ts'
import { read } from './graph.ts'

const { statements, unread } = collect()
const bans = (sql: string): string[] =>
  parseSql(sql, 'a control', 'running')
    .flatMap(featuresOf)
    .flatMap(({ feature }) => (feature in forbidden ? [feature] : []))

describe('the statements', () => {
  test('are all read: what begins like SQL and is none is on this list', () => {
    expect(statements.length).toBeGreaterThan(900)
    const noSql = [
      /^server\/auditor\/command\.ts: grant …$/,
      /^server\/init\/key-store\.ts: set SALLYPORT_KEYS_PASSPHRASE_FROM to/,
    ]
    expect(unread.filter((text) => !noSql.some((pattern) => pattern.test(text)))).toEqual([])
    expect(noSql.filter((pattern) => !unread.some((text) => pattern.test(text)))).toEqual([])
  })

  test('one in a template is found, with what is put into it, and one that is no SQL is not taken for it (control)', () => {
    const [found] = sqlIn(
      'export const a = (n: number) => db.query(`select pg_advisory_lock($' + '{n}) limit $' + '{n}`)',
    )
    expect(
      parseFilled(found?.text ?? '', 'a file')
        ?.flatMap(featuresOf)
        .map(({ feature }) => feature),
    ).toEqual(['advisory lock'])
    expect(parseFilled('select from where', 'a file')).toBeNull()
  })

  test('use nothing that some clusters lack', () => {
    const found = statements.flatMap(featuresOf).filter(({ feature }) => feature in forbidden)
    expect(found.map(({ feature, statement }) => `${statement.at}: ${feature}`)).toEqual([])
  })

  test.each([
    ['advisory lock', 'select pg_advisory_xact_lock(1)'],
    [
      'advisory lock',
      'create function f() returns void language plpgsql as $$ begin perform pg_try_advisory_lock(1); end $$',
    ],
    ['advisory lock', 'create function f() returns void language sql as $$ select pg_advisory_unlock(1) $$'],
    ['LISTEN or NOTIFY', "notify events, 'x'"],
    ['LISTEN or NOTIFY', "select pg_notify('events', 'x')"],
    ['snapshot or transaction number', 'select n from events where xid < pg_snapshot_xmin(pg_current_snapshot())'],
    ['temporary table', 'create temp table t (a int)'],
    ['serializable', 'begin isolation level serializable'],
    ['extension', 'create extension pgcrypto'],
  ])('%s is seen in `%s` (control)', (feature, sql) => {
    expect(bans(sql)).toContain(feature)
  })

  test('are made of text nowhere but in these functions, where the parser cannot look', () => {
    const dynamic = statements.filter(({ kind }) => kind === 'Dynamic').map(({ at }) => at.replace(/^.*\//, ''))
    expect([...new Set(dynamic)]).toEqual([
      '9980-events-bound.sql do()',
      '9981-audit-bound.sql do()',
      '9986-parts-ahead.sql parts_ahead()',
      '9986-parts-ahead.sql part_off()',
    ])
  })

  test('are of kinds that were looked at', () => {
    expect([...new Set(statements.map(({ kind }) => kind))].filter((kind) => !knownKinds.has(kind))).toEqual([])
  })
})

describe('the page', () => {
  test('says of each cluster what the statements use', () => {
    expect(read(page), 'run `node architecture/dialect/page.ts`').toBe(withPart(read(page), clusterPart(statements)))
  })

  test('names no feature that nobody uses any more', () => {
    const used = new Set<string>(statements.flatMap(featuresOf).map(({ feature }) => feature))
    expect((Object.keys(uses) as Feature[]).filter((feature) => !used.has(feature))).toEqual([])
    expect(clusters.flatMap(({ differs }) => Object.keys(differs)).filter((feature) => !used.has(feature))).toEqual([])
  })
})

describe('a file of the schema that takes something away', () => {
  /** Ran everywhere before there was a rule: a version that does not know them is not in use. */
  const before = (file: string): boolean => (file.split('/').at(-1) ?? '') <= '9945-card-budgets.sql'

  test('is named so, that it runs when nobody needs that any more', () => {
    const wrong = schemaFiles()
      .filter((file) => !before(file) && !file.endsWith('.narrow.sql'))
      .flatMap((file) => narrowing(parseSql(read(file), file, 'schema')).map((what) => `${file} ${what}`))
    expect(wrong).toEqual([])
  })

  test.each([
    ['drops tokens', 'drop table tokens'],
    ['revokes on accounts', 'revoke select on accounts from sallyport_keeper'],
    ['renames', 'alter table mandates rename column account to merchant'],
    ['DropColumn', 'alter table tokens drop column state'],
    ['SetNotNull', 'alter table tokens alter column tenant set not null'],
  ])('%s is seen (control)', (what, sql) => {
    expect(narrowing(parseSql(sql, 'a control', 'schema'))).toEqual([what])
  })

  test('is not one that closes what it made itself', () => {
    const sql =
      'create function f(a int) returns int language sql as $$ select a $$; revoke all on function f(int) from public'
    expect(narrowing(parseSql(sql, 'a control', 'schema'))).toEqual([])
  })
})
