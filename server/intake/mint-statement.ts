/**
 * mint, the writing half: a sealed token goes into the vault with its mandate, its allowance, its records, the audit entry and
 * the events, in one statement, all or nothing. Tokens that come while such a statement is under way go together in
 * the next: one flush of the disk for all of them. Holds no digits but sealed ones and `last4`.
 */
import type pg from 'pg'
import { gather } from '../gather.ts'
import { isConflict, type Statement } from './store.ts'

/** Of each member of a row its type in the database, in the order of the statement's values. */
const types = {
  capture: 'text',
  expected: 'integer',
  next: 'jsonb',
  events: 'jsonb',
  secrets: 'jsonb',
  token: 'text',
  tenant: 'text',
  mode: 'text',
  conversation: 'text',
  brand: 'text',
  last4: 'text',
  exp_month: 'smallint',
  exp_year: 'smallint',
  created_ms: 'bigint',
  uses: 'integer',
  amount_max: 'bigint',
  currency: 'text',
  account: 'text',
  not_after_ms: 'bigint',
  max_opens: 'integer',
  version: 'smallint',
  suite: 'smallint',
  kek_id: 'bytea',
  wrapped_dek: 'bytea',
  body: 'bytea',
  fingerprint: 'bytea',
  entry: 'text',
  cvc_key: 'text',
  cvc_instance: 'text',
  cvc_wrapped_dek: 'bytea',
  cvc_body: 'bytea',
  cvc_ttl_ms: 'integer',
  network: 'text',
} as const

const numbers = { integer: 0, smallint: 0, bigint: 0 } as const
type Value<T> = T extends keyof typeof numbers ? number : T extends 'bytea' ? Buffer | null : string | null
export type MintRow = { [M in keyof typeof types]: Value<(typeof types)[M]> }

const names = Object.keys(types) as (keyof typeof types)[] // sound: its own members
const arrays = Object.values(types).map((type, index) => `$${index + 1}::${type}[]`)

// capture_apply raises where a capture changed meanwhile, and then nothing of the statement is there. So it does, for a number
// that no capture has, where the key is not the active one any more: a rotated key takes no card from its rotation on.
const text = `
  with m as (select * from unnest(${arrays.join(', ')}) as m (${names.join(', ')})),
  applied as (select capture_apply(m.capture,
      case when exists (select from kek_epochs e where e.kek_id = m.kek_id and e.state = 'active') then m.expected else -1 end,
      m.next, m.events, m.secrets) as sequence from m),
  new_tokens as (
    insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms,
      cvc_taken_at, cvc_until, network)
    select m.token, m.tenant, m.mode, m.capture, m.conversation, m.brand, m.last4, m.exp_month, m.exp_year, m.created_ms,
      case when m.cvc_key is not null then clock_timestamp() end,
      case when m.cvc_key is not null then clock_timestamp() + m.cvc_ttl_ms * interval '1 ms' end, m.network from m),
  new_mandates as (
    insert into mandates (token, uses, amount_max, currency, account, not_after_ms, max_opens)
    select m.token, m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens from m),
  new_allowances as (insert into allowances (token, uses_left) select m.token, m.uses from m),
  new_records as (
    insert into records (token, class, version, suite, kek_id, wrapped_dek, body)
    select m.token, 'card', m.version, m.suite, m.kek_id, m.wrapped_dek, m.body from m),
  seen as (insert into fingerprints (tenant, fingerprint, token) select m.tenant, m.fingerprint, m.token from m),
  entries as (insert into audit (entry) select m.entry from m),
  codes as (
    insert into cvc (token, capture_id, version, suite, created_ms, cvc_key, instance, wrapped_dek, body, expires_at)
    select m.token, m.capture, m.version, m.suite, m.created_ms, m.cvc_key, m.cvc_instance, m.cvc_wrapped_dek, m.cvc_body,
      clock_timestamp() + m.cvc_ttl_ms * interval '1 ms' from m where m.cvc_key is not null)
  select count(sequence) from applied`

export const mintStatement = (rows: readonly MintRow[]): Statement => ({
  name: 'mint',
  text,
  values: names.map((name) => rows.map((row) => row[name])),
})

/** Rejects with what the database said of this row: `isConflict` where its capture has changed, or the active key. */
export type WriteToken = (row: MintRow) => Promise<void>

/** Of a full statement some forty kilobytes. */
const piecesMax = 32

/** @param worthWaiting how many cards are worth a moment's wait; see `gather.ts` */
export function tokenWriter(db: pg.Pool, worthWaiting: () => number = () => 0): WriteToken {
  const write = async (rows: readonly MintRow[]): Promise<void> => {
    await db.query(mintStatement(rows))
  }
  const gathered = gather<MintRow, null>(
    async (rows) => {
      try {
        await write(rows)
        return rows.map(() => null)
      } catch (error) {
        // One row fails them all, and which one it was the database does not say. What is away is away for each of them.
        if (rows.length === 1 || !(isConflict(error) || isRefusedByDatabase(error))) throw error
        const outcomes = await Promise.allSettled(rows.map((row) => write([row])))
        return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? null : asError(outcome.reason)))
      }
    },
    { piecesMax, worthWaiting },
  )
  return async (row) => {
    await gathered(row)
  }
}

/** A statement that was read and not done (a constraint, a check), as against a connection that broke, which may have been. */
const isRefusedByDatabase = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(?:2[23]|40|P0|SP)/.test(error.code)

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error('not written', { cause: reason })
