/**
 * keyd's ledger in its own database: each call is one function there, one transaction, durable when it returns.
 * Rejects with `system.unavailable` while the database is away; whether it acted is then unknown, and a grant that was
 * under way counts as spent for whoever sent it.
 */
import type pg from 'pg'
import { SallyportError } from '../../protocol/errors.ts'
import type { RefusalReason } from './refusal.ts'

const refusals = ['spent', 'too_many_openings', 'too_fast', 'tombstoned', 'clock_behind'] as const
/** `ok_alarm`: spent, and half of what all tokens may be opened in a minute is reached. `too_many_in_all`: not spent. */
const spendOutcomes = ['ok', 'ok_alarm', 'too_many_in_all', ...refusals] as const
export type SpendOutcome = 'ok' | 'ok_alarm' | 'too_many_in_all' | Extract<RefusalReason, (typeof refusals)[number]>

export interface Spend {
  jti: string
  /** Seconds. */
  iat: number
  nowMs: number
  token: string
  tenant: string
  maxOpens: number
  /** The intent's audit entry. */
  entry: string
}

export interface TicketUse {
  jti: string
  /** The audit entry of what is done against it. */
  entry: string
}

export interface Ledger {
  spend(spend: Spend): Promise<SpendOutcome>
  /** One use of each, with its entry, together; false where a ticket has had as many uses as it may. */
  ticketsUse(uses: readonly TicketUse[], max: number): Promise<boolean[]>
  tombstone(token: string, tenant: string, entry: string): Promise<void>
  /** Every use of its mandate is settled: it opens never again. */
  usedUp(token: string, entry: string): Promise<void>
  auditAdd(entries: readonly string[]): Promise<void>
  checkpointKeep(size: number, checkpoint: string): Promise<boolean>
  logId(): Promise<string>
  /** When this database was last part of a restore, in seconds; 0 where it never was. */
  restoredS(): Promise<number>
  /** Age of the oldest entry without a number. */
  auditLagMs(): Promise<number>
  trim(): Promise<void>
  /** Makes room for audit entries to come. */
  partsAhead(): Promise<void>
  ready(): Promise<boolean>
}

/** A charge has a first attempt, its repeats after an unknown outcome, and rarely a challenge: ten a minute is plenty. */
const opensPerTokenPerMinute = 10

/**
 * Over all tokens: ten charges a second are more than most businesses have, and whoever could sign grants for every
 * token of a vault needs hours for what they hope to do in seconds.
 */
const opensPerMinuteInAll = 600

export function makeLedger(pool: pg.Pool, inAll: number = opensPerMinuteInAll): Ledger {
  const one = async (name: string, text: string, values: readonly unknown[]): Promise<unknown> => {
    try {
      const { rows } = await pool.query<{ value: unknown }>({ name, text, values: [...values] })
      return rows[0]?.value
    } catch (cause) {
      throw new SallyportError('system.unavailable', { cause })
    }
  }
  return {
    spend: async ({ jti, iat, nowMs, token, tenant, maxOpens, entry }) => {
      const now = Math.floor(nowMs / 1000)
      const value = await one('spend', 'select spend($1, $2, $3, $4, $5, $6, $7, $8, $9) as value', [
        jti,
        iat,
        now,
        token,
        tenant,
        maxOpens,
        opensPerTokenPerMinute,
        inAll,
        entry,
      ])
      const outcome = spendOutcomes.find((known) => known === value)
      // An outcome that this version does not know is no permission.
      if (outcome === undefined) throw new SallyportError('system.internal')
      return outcome
    },
    ticketsUse: async (uses, max) => {
      const [jtis, entries] = [uses.map(({ jti }) => jti), uses.map(({ entry }) => entry)]
      const value = await one('tickets_use', 'select tickets_use($1, $2, $3) as value', [jtis, max, entries])
      if (!Array.isArray(value) || value.length !== uses.length) throw new SallyportError('system.internal')
      return value.map((used) => used === true)
    },
    tombstone: async (token, tenant, entry) => {
      await one('tombstone', 'select tombstone($1, $2, $3) as value', [token, tenant, entry])
    },
    usedUp: async (token, entry) => {
      await one('used_up', 'select used_up($1, $2) as value', [token, entry])
    },
    auditAdd: async (entries) => {
      await one('audit_add', 'select count(audit_add(t.e)) as value from unnest($1::text[]) as t (e)', [entries])
    },
    checkpointKeep: async (size, checkpoint) =>
      (await one('checkpoint_keep', 'select checkpoint_keep($1, $2) as value', [size, checkpoint])) === true,
    logId: async () => String(await one('log_id', 'select id as value from audit_log', [])),
    restoredS: async () => Number(await one('restored', 'select restored_s() as value', [])),
    auditLagMs: async () => Number(await one('audit_lag', 'select audit_lag_ms() as value', [])),
    trim: async () => {
      await one('trim', 'select ledger_trim() as value', [])
    },
    partsAhead: async () => {
      await one('parts_ahead', 'select parts_ahead() as value', [])
    },
    ready: async () => (await one('ready', 'select true as value', [])) === true,
  }
}
