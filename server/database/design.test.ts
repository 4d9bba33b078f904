/**
 * rights.ts beside the design: every right in the vault is one of DESIGN §2's table, copied here by hand, or an exception that
 * docs/decisions.md names; and each of these is used. rights.test.ts compares rights.ts with the live database.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../root.ts'
import { grantsIn } from './live-rights.ts'
import { rights } from './rights.ts'

type Role = 'intake' | 'egress' | 'keeper'
/** A cell of the table: its words, and what they give in rights.ts. */
type Cell = readonly [says: string, ...grants: string[]]
const none: Cell = ['–']
const config = ['select on tenants', 'select on origins', 'select on accounts'] as const

const table: Record<string, Record<Role, Cell>> = {
  'captures, events, idempotency': {
    intake: ['through `capture_apply()`', 'capture_apply()'],
    egress: ["charges' by function"],
    keeper: ['expire, sequence', 'captures_due()', 'capture_expire()', 'events_sequence()'],
  },
  'tokens, mandates': {
    intake: ['insert; `erase_request()`', 'insert on tokens', 'insert on mandates', 'erase_request()'],
    egress: ['select one by token', 'token_read()'],
    keeper: ['state', 'update(destroy_after,state,tombstoned) on tokens'],
  },
  records: {
    intake: ['insert', 'insert on records'],
    egress: ['`record_read(token, class)`', 'record_read()'],
    keeper: ['update of `kek_id`, `wrapped_dek` alone', 'update(kek_id,wrapped_dek) on records'],
  },
  'cvc (unlogged)': {
    intake: ['insert', 'insert on cvc'],
    egress: ['`cvc_read()`, `cvc_settle()` deletes', 'cvc_read()', 'cvc_settle()'],
    keeper: ['delete', 'delete on cvc'],
  },
  fingerprints: {
    intake: ['insert, no select; `seen_before()` answers a bucket', 'insert on fingerprints', 'seen_before()'],
    egress: none,
    keeper: ['delete', 'delete on fingerprints'],
  },
  allowances: {
    intake: ['insert', 'insert on allowances'],
    egress: ['`reserve()`, `settle()`, `release()`', 'reserve()', 'settle()', 'release()'],
    keeper: none,
  },
  'charges, attempts': {
    intake: none,
    egress: [
      'by function',
      ...['begin', 'start', 'claim', 'known', 'leave', 'read', 'recover', 'sending', 'settle'].map(
        (name) => `charge_${name}()`,
      ),
      ...['charges_due()', 'charges_stranded()', 'operation_begin()', 'operation_start()', 'operation_settle()'],
      ...['grant_begin()', 'grant_sending()', 'grant_ended()', 'grants_stranded()'],
    ],
    keeper: none,
  },
  audit: {
    intake: ['insert', 'insert(entry) on audit'],
    egress: ['insert', 'insert(entry) on audit'],
    keeper: ['sequence', 'select on audit', 'update(head,position) on audit'],
  },
  'config (origins, accounts, hosts, BIN, webhooks)': {
    intake: ['select', ...config],
    egress: ['select', ...config],
    keeper: none,
  },
}

const adminSays =
  '`config` is what widens power; only `sallyport admin`, a command with a database role of its own, writes it (and inserts sealed credentials).'
const writes = (name: string): string[] => ['insert', 'select', 'update'].map((may) => `admin: ${may} on ${name}`)
const admin = [
  ...[...writes('tenants'), ...writes('accounts')],
  ...['admin: insert on origins', 'admin: select on origins', 'admin: delete on origins'],
  ...['admin: insert on credentials', 'admin: credential_set()', 'admin: credential_exists()'],
]

/** What the product needs beyond the table, by the name under which docs/decisions.md says why. */
const beyond: Record<string, readonly string[]> = {
  deployment: [
    ...['intake', 'egress', 'keeper'].map((role) => `${role}: select on deployment`),
    ...writes('deployment'),
  ],
  kek_epochs: ['intake: select on kek_epochs', ...writes('kek_epochs')],
  hour_keys: [
    'intake: insert on hour_keys',
    'intake: select on hour_keys',
    'keeper: delete on hour_keys',
    'keeper: select(destroy_at) on hour_keys',
  ],
  'capture_create()': ['intake: capture_create()'],
  'capture_read()': ['intake: capture_read()'],
  'captures_of()': ['intake: captures_of()'],
  'capture_secret()': ['intake: capture_secret()'],
  'feed_read()': ['intake: feed_read()'],
  'vault_log_id()': ['intake', 'egress', 'keeper', 'admin'].map((role) => `${role}: vault_log_id()`),
  'schema_names()': ['intake', 'egress', 'keeper', 'admin'].map((role) => `${role}: schema_names()`),
  'parts_ahead()': ['keeper: parts_ahead()'],
  'lease_take()': ['keeper: lease_take()'],
  'events_lag_ms()': ['keeper: events_lag_ms()'],
  'leak_append()': ['intake: leak_append()'],
  'epoch_records()': ['admin: epoch_records()'],
  'link_*': ['known', 'newest', 'make', 'open', 'claimed', 'pick'].map((name) => `intake: link_${name}()`),
  'presence_*': ['asked_since', 'forgotten', 'seen'].map((name) => `intake: presence_${name}()`),
  'token_for_code()': ['intake: token_for_code()'],
  'code_put()': ['intake: code_put()'],
  'tokens_over()': ['keeper: tokens_over()'],
  'token_expire()': ['keeper: token_expire()'],
  'epoch_promises()': ['admin: epoch_promises()', 'keeper: epoch_promises()'],
  'rewrap_*': [
    ...['due', 'read', 'credentials', 'moved', 'walked'].map((name) => `keeper: rewrap_${name}()`),
    ...['keeper', 'admin'].map((role) => `${role}: select on rewraps`),
  ],
  credentials: [
    'keeper: select(account,kek_id,wrapped_dek) on credentials',
    'keeper: update(kek_id,wrapped_dek) on credentials',
  ],
  'credential_read()': ['egress: credential_read()'],
  restores: ['admin: select on restores', 'admin: select on reconciliations', 'admin: restore_force()'],
  'reconcile_*': [
    ...['take', 'exported', 'found', 'end'].map((name) => `egress: reconcile_${name}()`),
    ...['admin: reconcile_ask()', 'admin: select on reconcile_findings'],
  ],
  card_budgets: ['delete', 'insert', 'select', 'update'].map((may) => `intake: ${may} on card_budgets`),
  'insert(entry)': ['admin: insert(entry) on audit'],
  'select(…)': [
    'keeper: select(destroy_after,id,state,tenant,tombstoned) on tokens',
    'keeper: select(kek_id,token) on records',
    'keeper: select(expires_at) on cvc',
    'keeper: select(token) on fingerprints',
  ],
}

const ofTheTable = (): string[] =>
  Object.values(table).flatMap((row) =>
    Object.entries(row).flatMap(([role, [, ...grants]]) => grants.map((grant) => `${role}: ${grant}`)),
  )
const designed = new Set([...ofTheTable(), ...admin, ...Object.values(beyond).flat()])
const tooWide = (given: ReadonlySet<string>): string[] => [...given].filter((grant) => !designed.has(grant))

describe("the vault's rights, beside DESIGN §2", () => {
  test('none is wider than a row of the table or an exception that is named', () => {
    expect(tooWide(grantsIn(rights.vault))).toEqual([])
  })

  test('a right that the table does not give is seen (control)', () => {
    const wider = { ...rights.vault, tables: { ...rights.vault.tables, accounts: { keeper: ['select'] } } }
    expect(tooWide(grantsIn(wider))).toEqual(['keeper: select on accounts'])
  })

  test('no row and no exception is left that nobody has', () => {
    const given = grantsIn(rights.vault)
    expect([...designed].filter((grant) => !given.has(grant))).toEqual([])
  })

  test('every exception has its reason in docs/decisions.md', () => {
    const [, section = ''] =
      /\*\*Rights beyond the table\*\*([\s\S]*?)\n(?=- |\n)/.exec(
        readFileSync(join(root, 'docs/decisions.md'), 'utf8'),
      ) ?? []
    expect(Object.keys(beyond).filter((name) => !section.includes(`\`${name}\``))).toEqual([])
  })

  const page = join(root, '..', 'shared', 'DESIGN.md')
  test.skipIf(!existsSync(page))(
    "the table here is the design's, word for word (skipped where DESIGN.md is not beside)",
    () => {
      const text = readFileSync(page, 'utf8')
      const [, rows = ''] = /\| rights in the vault database \|.*\n\| --- .*\n((?:\|.*\n)+)/.exec(text) ?? []
      const cells = rows
        .trim()
        .split('\n')
        .map((row) => row.slice(2, -2).split(' | '))
      expect(cells).toEqual(
        Object.entries(table).map(([name, row]) => [name, row.intake[0], row.egress[0], row.keeper[0]]),
      )
      expect(text).toContain(adminSays)
    },
  )
})
