/**
 * Entries for the vault's own log, as intake and egress write them beside what they do, in the same statement. A token
 * stands in them by a pseudonym under the writer's key: who reads the log alone cannot look a token up.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type pg from 'pg'
import type { Role } from '../config.ts'
import { type AuditFact, entryText } from './entries.ts'

export type VaultFact = Omit<AuditFact, 'actor' | 'subject'> & { token?: string }

export interface VaultAuditOptions {
  db: pg.Pool
  actor: Role
  /** A key of the writer's; the pseudonyms' own is derived from it. */
  key: Uint8Array
  now: () => number
}

/** Gives the text of an entry; the caller inserts it where it must stand. */
export function vaultAudit({ db, actor, key, now }: VaultAuditOptions): (fact: VaultFact) => Promise<string> {
  const pseudonymKey = Buffer.from(hkdfSync('sha256', key, '', 'sallyport audit pseudonym', 32))
  let logId: string | null = null
  return async ({ token, ...fact }) => {
    if (logId === null) {
      const { rows } = await db.query<{ id: string }>('select vault_log_id() as id')
      logId = rows[0]?.id ?? ''
    }
    const subject =
      token === undefined
        ? {}
        : { subject: createHmac('sha256', pseudonymKey).update(token).digest('base64url').slice(0, 22) }
    return entryText(logId, now(), { actor, ...fact, ...subject })
  }
}
