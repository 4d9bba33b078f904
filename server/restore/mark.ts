/**
 * What makes a database that was put back safe to use: it gets a new log id (cursors and audit logs of before are another
 * log's), every merchant account waits for `sallyport reconcile`, keyd takes no grant of before, and what was erased
 * stays erased. For the embedded server `restore.ts` calls it; for another Postgres a person does (`restore --mark`).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { makeId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { entryText } from '../audit/entries.ts'
import { auditSize, sequenceAudit } from '../audit/sequence.ts'
import type { BuriedToken } from './buried.ts'
import { type EarlierLog, type EarlierPlace, keepEarlierLog } from './earlier-log.ts'

export interface MarkInput {
  /** As the owner or a superuser. */
  vaultUrl: string
  keydUrl: string
  /** What was done from this moment on may be missing. */
  backupAt: Date
  /** True where keyd's own database went back too. */
  keydRolledBack: boolean
  /** What the second place remembers of erased tokens. */
  buried: readonly BuriedToken[]
  operator: string
  earlier: EarlierPlace
}

export interface Marked {
  accounts: number
  /** Tokens that were active again and are erased again. */
  erased: number
  logs: { vault: string; keyd: string }
  /** Logs of before that keeper's folder has the tree of. */
  earlier: EarlierLog[]
  /** Where they are. */
  folder: string
}

export async function markRestored(input: MarkInput): Promise<Marked> {
  const vault = unhurried(input.vaultUrl)
  const keyd = unhurried(input.keydUrl)
  try {
    const inKeyd = await markKeyd(keyd, input)
    const inVault = await markVault(vault, input)
    const erased = await eraseAgain(vault, keyd, inVault.logId)
    const kept = [
      await keepEarlierLog(vault, 'vault', inVault.before, input.earlier),
      inKeyd.logId === inKeyd.before ? null : await keepEarlierLog(keyd, 'keyd', inKeyd.before, input.earlier),
    ]
    const logs = { vault: inVault.logId, keyd: inKeyd.logId }
    return {
      accounts: inVault.accounts,
      erased,
      logs,
      earlier: kept.filter((one) => one !== null),
      folder: input.earlier.to,
    }
  } finally {
    await Promise.all([vault.end(), keyd.end()])
  }
}

/** A log of years is moved in one statement, so no time-out; a server that ends is told by the statement that it breaks. */
function unhurried(connectionString: string): pg.Pool {
  const made = new pg.Pool({ connectionString, max: 2 })
  made.on('error', () => undefined)
  return made
}

const newLogId = (): string => randomBytes(16).toString('hex')

/** `<log>/<entries>/<head of its chain>`: the log of before, as it was found. */
async function numbered(db: pg.Pool, logId: string): Promise<string> {
  await db.query("update leases set holder = '', until = '-infinity' where name = 'audit'")
  const holder = randomUUID()
  while (((await sequenceAudit(db, logId, holder)) ?? 0) > 0);
  const { size, head } = await auditSize(db, logId)
  return `${logId}/${size}/${head.toString('hex')}`
}

interface MarkedLog {
  before: string
  logId: string
}

async function markKeyd(db: pg.Pool, { keydRolledBack, operator, buried }: MarkInput): Promise<MarkedLog> {
  const { rows } = await db.query<{ id: string }>('select id from audit_log')
  const before = rows[0]?.id ?? ''
  const object = keydRolledBack ? await numbered(db, before) : before
  const logId = keydRolledBack ? newLogId() : before
  const entry = (action: string, reason: string, about?: string): string =>
    entryText(logId, Date.now(), {
      actor: 'admin',
      operator,
      action,
      result: 'done',
      reason,
      ...(about === undefined ? {} : { object: about }),
    })
  await db.query('select restore_mark($1)', [
    JSON.stringify({
      rolled_back: keydRolledBack,
      log_id: logId,
      entry: entry('restore', keydRolledBack ? 'rolled_back' : 'kept', object),
    }),
  ])
  for (const { token, tenant } of buried) {
    await db.query('select tombstone($1, $2, $3)', [token, tenant, entry('tombstone', 'second_place')])
  }
  return { before, logId }
}

async function markVault(db: pg.Pool, { backupAt, operator }: MarkInput): Promise<MarkedLog & { accounts: number }> {
  const { rows } = await db.query<{ id: string }>('select log_id as id from feed')
  const before = rows[0]?.id ?? ''
  const object = await numbered(db, before)
  const logId = newLogId()
  const entry = entryText(logId, Date.now(), { actor: 'admin', operator, action: 'restore', result: 'done', object })
  const { rows: made } = await db.query<{ n: number }>('select restore_mark($1) as n', [
    JSON.stringify({ log_id: logId, entry, backup_at: backupAt.toISOString() }),
  ])
  const { rows: open } = await db.query<{ count: string }>(
    'select count(*) as count from reconciliations where restore = $1',
    [made[0]?.n],
  )
  return { before, logId, accounts: Number(open[0]?.count ?? 0) }
}

/** Every tombstone whose token came back to life in the vault. keyd would refuse it; this lets everybody know. */
async function eraseAgain(vault: pg.Pool, keyd: pg.Pool, logId: string): Promise<number> {
  let erased = 0
  for (let after = ''; ; ) {
    const { rows } = await keyd.query<BuriedToken>(
      'select token, tenant from tombstones where token > $1 order by token limit 1000',
      [after],
    )
    for (const { token, tenant } of rows) {
      const entry = entryText(logId, Date.now(), { actor: 'admin', action: 'erase', result: 'done', reason: 'restore' })
      const { rows: done } = await vault.query<{ done: boolean }>('select restore_erase($1, $2, $3, $4, $5) as done', [
        token,
        tenant,
        limits.irrevocableMs,
        makeId('evt_'),
        entry,
      ])
      if (done[0]?.done === true) erased += 1
    }
    after = rows.at(-1)?.token ?? ''
    if (after === '') return erased
  }
}
