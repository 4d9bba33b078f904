/**
 * Databases that speak Postgres' protocol, and which of what we use is not the same there. Not from running on them: what was read
 * in a vendor's documentation is marked, the rest is common knowledge. Whoever means to use one runs `npm test` against it first.
 */
import type { Feature } from './features.ts'

export interface Cluster {
  name: string
  is: string
  /** In a word, for the table's head row. */
  fits: string
  /** What is not as in Postgres; a feature that is not here is. */
  differs: Partial<Record<Feature, Difference>>
}

export interface Difference {
  /** same: nothing to do. word: accepted, without its effect. change: the statements would have to change. */
  how: 'word' | 'change'
  says: string
  /** Read in the vendor's documentation. */
  read?: true
}

export const clusters: readonly Cluster[] = [
  {
    name: 'Aurora, AlloyDB, Neon, Postgres with Patroni',
    is: 'Postgres itself, over other storage or with a standby',
    fits: 'as it is',
    differs: {
      'UNLOGGED table': {
        how: 'word',
        says: 'emptied at a failover, as after a crash: frames ask for a new key, codes are lost; nothing to change',
      },
    },
  },
  {
    name: 'YugabyteDB',
    is: 'Postgres’ query layer over a store of its own, from 2025.1 on that of Postgres 15',
    fits: 'with changes of setting',
    differs: {
      'UNLOGGED table': {
        how: 'word',
        says: 'accepted and logged all the same: keyd’s destroyed key ends a code, the row’s end is keeper’s',
      },
      'set_config in a transaction': {
        how: 'word',
        says: 'every commit is on a majority of disks, whatever synchronous_commit says',
      },
      'identity column': {
        how: 'word',
        says: 'numbers come from a cache a connection, so rows of one subject may get theirs out of order: set the sequences’ cache to 1',
      },
      'partitioned table': {
        how: 'word',
        says: 'there, and attaching one waits for a version of the catalogue on every node: make parts in quiet hours',
      },
      'partial index': {
        how: 'word',
        says: 'a rising key makes one tablet hot: split events and audit by hash of the number, and read the feed by position',
      },
    },
  },
  {
    name: 'CockroachDB',
    is: 'a database of its own that speaks the protocol',
    fits: 'after changes',
    differs: {
      'UNLOGGED table': { how: 'word', says: 'accepted and logged all the same' },
      'partitioned table': {
        how: 'change',
        says: 'no PARTITION OF and no attaching: leave the tables whole, and delete old rows by its row-level TTL',
      },
      'statement made of text': {
        how: 'change',
        says: 'functions may not run text: what makes parts is not needed there, for the tables stay whole',
      },
      'rights on columns': {
        how: 'change',
        says: 'rights are on tables alone: keeper’s update of a wrapped key and the inserts of entries become functions',
        read: true,
      },
      'identity column': {
        how: 'change',
        says: 'numbers do not rise with time: order by sequence within the subject, and by a commit timestamp over all',
      },
      'settings of a role': {
        how: 'word',
        says: 'statement_timeout and idle_in_transaction_session_timeout are there; search_path too',
      },
      'set_config in a transaction': {
        how: 'word',
        says: 'synchronous_commit is accepted; commits are replicated anyway',
      },
      'WITH that writes': {
        how: 'change',
        says: 'one statement may write a table once; minting writes each once, the charge functions have to be looked through',
      },
      'SKIP LOCKED': {
        how: 'word',
        says: 'only at read committed, which has to be switched on for the cluster and for each role',
      },
      'FOR UPDATE': {
        how: 'word',
        says: 'the default isolation is serializable, which answers 40001: set default_transaction_isolation to read committed for each role',
        read: true,
      },
      trigger: { how: 'word', says: 'from 24.3 on, for each row' },
      'system catalogue': {
        how: 'change',
        says: 'the doctor reads grants by aclexplode, which is not there: read them by SHOW GRANTS',
      },
    },
  },
  {
    name: 'Citus',
    is: 'Postgres with an extension that spreads tables over machines',
    fits: 'as it is on the coordinator; spread after changes',
    differs: {
      'UNLOGGED table': { how: 'word', says: 'left on the coordinator' },
      'identity column': {
        how: 'change',
        says: 'spread by subject, events need an identity of bigint and no unique position over all: the sequencer is what makes it one',
      },
      'FOR UPDATE': {
        how: 'change',
        says: 'within one shard alone: capture, charge and allowance are spread by the same key, the tenant; and an update of a spread table may call no volatile function such as clock_timestamp()',
        read: true,
      },
      trigger: {
        how: 'change',
        says: 'not on tables that are spread: config and the audit logs stay on the coordinator',
      },
      'ON CONFLICT': { how: 'word', says: 'where the unique key holds the key by which the table is spread' },
      'function in PL/pgSQL': { how: 'word', says: 'runs on the coordinator, unless it is spread by its argument' },
    },
  },
]
