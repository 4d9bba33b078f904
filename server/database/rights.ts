/**
 * What each role may do in the databases, as data. A test compares it with the grants of the live database, both ways;
 * one with DESIGN §2's table and the exceptions that docs/decisions.md names; a third runs each role's forbidden statements.
 * A grant that is not here is a hole, one that is only here a lie.
 * `select(a,b)` is a grant on columns.
 */
import type { Database } from './migrate.ts'
import type { DatabaseRole } from './roles.ts'

export interface Rights {
  tables: Record<string, Partial<Record<DatabaseRole, readonly string[]>>>
  functions: Record<string, readonly DatabaseRole[]>
}

const readers = { intake: ['select'], egress: ['select'] } as const
const writeConfig = ['insert', 'select', 'update'] as const

export const vaultRights: Rights = {
  tables: {
    deployment: { ...readers, keeper: ['select'], admin: writeConfig },
    tenants: { ...readers, admin: writeConfig },
    accounts: { ...readers, admin: writeConfig },
    kek_epochs: { intake: ['select'], admin: writeConfig },
    origins: { ...readers, admin: ['delete', 'insert', 'select'] },
    credentials: {
      admin: ['insert'],
      keeper: ['select(account,kek_id,wrapped_dek)', 'update(kek_id,wrapped_dek)'],
    },
    rewraps: { keeper: ['select'], admin: ['select'] },
    captures: {},
    links: {},
    idempotency: {},
    events: {},
    feed: {},
    leases: {},
    presence: {},
    leaks: {},
    hour_keys: { intake: ['insert', 'select'], keeper: ['delete', 'select(destroy_at)'] },
    tokens: {
      intake: ['insert'],
      keeper: ['select(destroy_after,id,state,tenant,tombstoned)', 'update(destroy_after,state,tombstoned)'],
    },
    mandates: { intake: ['insert'] },
    records: { intake: ['insert'], keeper: ['select(kek_id,token)', 'update(kek_id,wrapped_dek)'] },
    cvc: { intake: ['insert'], keeper: ['delete', 'select(expires_at)'] },
    fingerprints: { intake: ['insert'], keeper: ['delete', 'select(token)'] },
    allowances: { intake: ['insert'] },
    card_budgets: { intake: ['delete', 'insert', 'select', 'update'] },
    audit: {
      intake: ['insert(entry)'],
      egress: ['insert(entry)'],
      admin: ['insert(entry)'],
      keeper: ['select', 'update(head,position)'],
    },
    charges: {},
    attempts: {},
    grants_held: {},
    restores: { admin: ['select'] },
    reconciliations: { admin: ['select'] },
    audit_earlier: {},
    reconcile_exports: {},
    reconcile_findings: { admin: ['select'] },
  },
  functions: {
    capture_create: ['intake'],
    capture_apply: ['intake'],
    capture_read: ['intake'],
    captures_of: ['intake'],
    capture_secret: ['intake'],
    link_known: ['intake'],
    link_newest: ['intake'],
    link_make: ['intake'],
    link_open: ['intake'],
    link_claimed: ['intake'],
    link_pick: ['intake'],
    feed_read: ['intake'],
    presence_asked_since: ['intake'],
    presence_forgotten: ['intake'],
    presence_seen: ['intake'],
    seen_before: ['intake'],
    erase_request: ['intake'],
    leak_append: ['intake'],
    token_for_code: ['intake'],
    code_put: ['intake'],
    token_read: ['egress'],
    record_read: ['egress'],
    cvc_read: ['egress'],
    cvc_settle: ['egress'],
    reserve: ['egress'],
    settle: ['egress'],
    release: ['egress'],
    credential_read: ['egress'],
    credential_exists: ['admin'],
    credential_set: ['admin'],
    epoch_records: ['admin'],
    tokens_over: ['keeper'],
    token_expire: ['keeper'],
    epoch_promises: ['admin', 'keeper'],
    rewrap_due: ['keeper'],
    rewrap_read: ['keeper'],
    rewrap_credentials: ['keeper'],
    rewrap_moved: ['keeper'],
    rewrap_walked: ['keeper'],
    lease_take: ['keeper'],
    parts_ahead: ['keeper'],
    events_sequence: ['keeper'],
    events_lag_ms: ['keeper'],
    vault_log_id: ['admin', 'egress', 'intake', 'keeper'],
    schema_names: ['admin', 'egress', 'intake', 'keeper'],
    captures_due: ['keeper'],
    capture_expire: ['keeper'],
    charge_begin: ['egress'],
    charge_start: ['egress'],
    charge_claim: ['egress'],
    charge_known: ['egress'],
    charge_leave: ['egress'],
    charge_read: ['egress'],
    charge_recover: ['egress'],
    charge_sending: ['egress'],
    charge_settle: ['egress'],
    charges_due: ['egress'],
    charges_stranded: ['egress'],
    grant_begin: ['egress'],
    grant_ended: ['egress'],
    grant_sending: ['egress'],
    grants_stranded: ['egress'],
    operation_begin: ['egress'],
    operation_settle: ['egress'],
    operation_start: ['egress'],
    restore_force: ['admin'],
    reconcile_ask: ['admin'],
    reconcile_end: ['egress'],
    reconcile_exported: ['egress'],
    reconcile_found: ['egress'],
    reconcile_take: ['egress'],
  },
}

export const gatewayRights: Rights = {
  tables: {
    tenants: { gateway: ['select'], admin: ['insert', 'select', 'update(name)'] },
    deployment: { gateway: ['select'], admin: ['insert', 'select'] },
    api_keys: { gateway: ['select'], admin: ['insert', 'select', 'update(expires_at,revoked_at)'] },
    // Its own copy of the feed: it may throw it away and follow again.
    followed_log: { gateway: ['insert', 'select', 'update'] },
    events: { gateway: ['delete', 'insert', 'select'] },
    subjects: { gateway: ['delete', 'insert', 'select', 'update'] },
  },
  functions: { schema_names: ['admin', 'gateway'] },
}

export const keydRights: Rights = {
  tables: {
    // Spending, counting and burying go through functions: what is spent cannot be given back.
    grants_used: {},
    openings: {},
    tombstones: {},
    tickets_used: {},
    deployment: {},
    clock: {},
    leases: {},
    audit: { keyd: ['select', 'update(head,position)'] },
    audit_log: { keyd: ['select'] },
    checkpoints: { keyd: ['select'] },
    restores: {},
    audit_earlier: {},
  },
  functions: {
    deployment_mode: ['keyd'],
    lease_take: ['keyd'],
    spend: ['keyd'],
    used_up: ['keyd'],
    ticket_use: ['keyd'],
    tickets_use: ['keyd'],
    tombstone: ['keyd'],
    audit_add: ['keyd'],
    audit_lag_ms: ['keyd'],
    checkpoint_keep: ['keyd'],
    ledger_trim: ['keyd'],
    schema_names: ['keyd'],
    parts_ahead: ['keyd'],
    restored_s: ['keyd'],
  },
}

export const rights: Record<Database, Rights> = { gateway: gatewayRights, vault: vaultRights, keyd: keydRights }
