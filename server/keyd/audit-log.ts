/**
 * keyd's side of its audit log. An intent is written by the ledger together with what it is about; results may trail
 * by a moment; refusals are durable at once while they are few and counted when they are many, so that a caller gone
 * wrong cannot fill the disk.
 */
import { createHmac, createSecretKey } from 'node:crypto'
import { SallyportError } from '../../protocol/errors.ts'
import { type AuditFact, entryText } from '../audit/entries.ts'
import type { Log } from '../log.ts'
import type { KeyStore } from '../keys/store.ts'
import type { Ledger } from './ledger.ts'

export interface KeydAudit {
  /** The text of an entry, for a transaction that writes it itself. */
  entry(fact: AuditFact): string
  /** Durable when it resolves. */
  add(fact: AuditFact): Promise<void>
  /** Written soon, in order, and again when the database was away. Throws when too many wait: then nothing opens. */
  trail(fact: AuditFact): void
  /** Throws `system.unavailable` while entries are not being numbered: what is not numbered, nobody would miss. */
  assertKept(): void
  /** Durable when it resolves, for the first ones of a kind in a window; the rest is counted. */
  refused(fact: AuditFact): Promise<void>
  /** Openings over all tokens come near their limit, or reach it: a line for the operator and an entry, once a minute. */
  alarm(reason: 'half_of_rate' | 'rate'): void
  /** Names a token in entries: the same for ever, and no use without the store's key. */
  pseudonym(token: string): string
  /** Writes what waits. */
  close(): Promise<void>
}

const windowMs = 60_000
const singlyPerWindow = 10
const waitingMax = 5_000
/** An alarm at five seconds, no opening at sixty. */
const lagAlarmMs = 5_000
const lagMsMax = 60_000

interface Window {
  untilMs: number
  written: number
  more: number
  fact: AuditFact
}

export interface KeydAuditOptions {
  ledger: Ledger
  store: KeyStore
  logId: string
  log: Log
  now: () => number
}

export async function makeAudit({ ledger, store, logId, log, now }: KeydAuditOptions): Promise<KeydAudit> {
  const pseudonymKey = createSecretKey(await store.mac('pseudonym', Buffer.from('token')))
  const windows = new Map<string, Window>()
  const quietUntil = new Map<string, number>()
  let waiting: string[] = []
  let flushing: Promise<void> | null = null
  let lagMs = 0

  const entry = (fact: AuditFact): string => entryText(logId, now(), fact)

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, 500)
      await ledger.auditAdd(batch)
      waiting = waiting.slice(batch.length)
    }
  }
  const startFlush = (): Promise<void> => {
    flushing ??= flush()
      .catch((error) => log.warn({ event: 'audit.write_failed', count: waiting.length, error }))
      .finally(() => {
        flushing = null
      })
    return flushing
  }

  /** One entry for what a window only counted. */
  const closeWindows = (all: boolean): void => {
    for (const [name, window] of windows) {
      if (!all && window.untilMs > now()) continue
      windows.delete(name)
      const { actor, action, result, reason } = window.fact
      if (window.more === 0) continue
      waiting.push(entry({ actor, action, result, ...(reason === undefined ? {} : { reason }), count: window.more }))
    }
  }
  const watchLag = async (): Promise<void> => {
    lagMs = await ledger.auditLagMs()
    if (lagMs > lagAlarmMs) log.warn({ event: 'audit.behind', ms: lagMs })
  }
  await watchLag()
  const timer = setInterval(() => {
    closeWindows(false)
    void startFlush()
    // While the database is away nothing opens either way.
    watchLag().catch(() => undefined)
  }, 1_000)
  timer.unref()

  return {
    entry,
    add: (fact) => ledger.auditAdd([entry(fact)]),
    assertKept: () => {
      if (lagMs > lagMsMax) throw new SallyportError('system.unavailable')
    },
    trail: (fact) => {
      if (waiting.length >= waitingMax) throw new SallyportError('system.unavailable')
      waiting.push(entry(fact))
      void startFlush()
    },
    refused: async (fact) => {
      const name = `${fact.actor} ${fact.action} ${fact.reason}`
      let window = windows.get(name)
      if (window === undefined || window.untilMs <= now()) {
        closeWindows(false)
        window = { untilMs: now() + windowMs, written: 0, more: 0, fact }
        windows.set(name, window)
      }
      if (window.written >= singlyPerWindow) {
        window.more += 1
        return
      }
      window.written += 1
      await ledger.auditAdd([entry(fact)])
    },
    alarm: (reason) => {
      if ((quietUntil.get(reason) ?? 0) > now()) return
      quietUntil.set(reason, now() + windowMs)
      log.error({ event: 'open.alarm', reason })
      waiting.push(entry({ actor: 'keyd', action: 'alarm', result: 'done', reason }))
      void startFlush()
    },
    pseudonym: (token) => createHmac('sha256', pseudonymKey).update(token).digest('base64url').slice(0, 22),
    close: async () => {
      clearInterval(timer)
      closeWindows(true)
      await startFlush()
      // A flush that was under way may have begun before the last entries came.
      await startFlush()
    },
  }
}
