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
  /** Throws `system.unavailable` while entries are not being signed for, or not written: what is in no checkpoint, nobody would miss. */
  assertKept(): void
  /** Durable when it resolves, for the first ones of a kind in a window; the rest is counted. */
  refused(fact: AuditFact): Promise<void>
  /**
   * Openings over all tokens come near their limit, or reach it; or our clock went back behind a grant that was seen. A line for
   * the operator and an entry, once a minute.
   */
  alarm(reason: 'half_of_rate' | 'rate' | 'clock_behind'): void
  /** Names a token in entries: the same for ever, and no use without the store's key. */
  pseudonym(token: string): string
  /** Writes what waits. */
  close(): Promise<void>
}

const windowMs = 60_000
/** Of one caller, action and reason; and of all together, so that who knows every way to be refused writes no more. */
const singlyPerWindow = 10
const singlyInAll = 100
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
  let waitingSinceMs: number | null = null
  let inAll = { untilMs: 0, written: 0 }
  const startedMs = now()

  const entry = (fact: AuditFact): string => entryText(logId, now(), fact)

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, 500)
      await ledger.auditAdd(batch)
      waiting = waiting.slice(batch.length)
    }
    waitingSinceMs = null
  }
  const wait = (text: string): void => {
    waiting.push(text)
    waitingSinceMs ??= now()
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
      wait(entry({ actor, action, result, ...(reason === undefined ? {} : { reason }), count: window.more }))
    }
  }
  const watchLag = async (): Promise<void> => {
    // What was left over when keyd ended has waited for nobody: keeper gets the same time from the start on.
    lagMs = Math.min(await ledger.auditLagMs(), now() - startedMs)
    if (lagMs > lagAlarmMs) log.error({ event: 'audit.behind', subject: 'keyd', ms: lagMs })
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
      const unwrittenMs = waitingSinceMs === null ? 0 : now() - waitingSinceMs
      if (lagMs > lagMsMax || unwrittenMs > lagMsMax) throw new SallyportError('system.unavailable')
    },
    trail: (fact) => {
      if (waiting.length >= waitingMax) throw new SallyportError('system.unavailable')
      wait(entry(fact))
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
      if (inAll.untilMs <= now()) inAll = { untilMs: now() + windowMs, written: 0 }
      if (window.written >= singlyPerWindow || inAll.written >= singlyInAll) {
        window.more += 1
        return
      }
      window.written += 1
      inAll.written += 1
      await ledger.auditAdd([entry(fact)])
    },
    alarm: (reason) => {
      if ((quietUntil.get(reason) ?? 0) > now()) return
      quietUntil.set(reason, now() + windowMs)
      log.error({ event: 'open.alarm', reason })
      wait(entry({ actor: 'keyd', action: 'alarm', result: 'done', reason }))
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
