/**
 * Findings on their way to the gateway, with the caller's own credential: the screen has none. No text waits for them. What
 * cannot be told (the gateway refuses, is away for too long, or too much waits) is counted and logged.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { isErrorCode } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import { leakReports, type ToldFinding } from '../../protocol/leak-reports.ts'
import type { LeakReport } from '../../protocol/leaks.ts'
import type { Log } from '../log.ts'
import { screenKeeps } from './limits.ts'
import type { Caller } from './screen.ts'

export const reportResults = ['told', 'refused', 'lost'] as const
export type ReportResult = (typeof reportResults)[number]

export interface Reports {
  tell(caller: Caller, findings: readonly ToldFinding[]): void
  /** Fulfils when none is under way. */
  settled(): Promise<void>
  /** Those under way get so long. */
  close(graceMs: number): Promise<void>
}

export interface ReportsOptions {
  gatewayUrl: string
  log: Log
  count(result: ReportResult): void
  fetch?: typeof fetch
  pauseMs?: number
}

export function makeReports(options: ReportsOptions): Reports {
  const { gatewayUrl, log, count, fetch: send = globalThis.fetch, pauseMs = screenKeeps.reportPauseMs } = options
  const underWay = new Set<Promise<void>>()
  const stop = new AbortController()

  /** Null: it is to be tried again. */
  async function once(authorization: string, key: string, body: LeakReport): Promise<ReportResult | null> {
    try {
      const response = await send(`${gatewayUrl}/v1/leaks`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
        // A redirect would carry the credential to another place.
        redirect: 'error',
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(screenKeeps.reportTimeoutMs)]),
      })
      const problem: unknown = response.ok ? null : await response.json().catch(() => null)
      if (response.ok) {
        await response.body?.cancel()
        return 'told'
      }
      const { status } = response
      if (status >= 500 || [408, 409, 429].includes(status)) return null
      const code = typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : null
      log.warn({ event: 'report.refused', status, code: isErrorCode(code) ? code : null })
      return 'refused'
    } catch {
      return null
    }
  }

  async function told(authorization: string, body: LeakReport): Promise<void> {
    const key = `sp_${makeId('req_').slice(4)}`
    let result: ReportResult | null = null
    for (let tries = 0; result === null && tries < screenKeeps.reportTries && !stop.signal.aborted; tries += 1) {
      if (tries > 0) await delay(pauseMs * 2 ** (tries - 1), undefined, { signal: stop.signal }).catch(() => undefined)
      result = await once(authorization, key, body)
    }
    if (result === null) log.error({ event: 'report.lost', reason: 'the gateway does not answer' })
    count(result ?? 'lost')
  }

  return {
    tell({ authorization, conversation }, findings) {
      for (const report of leakReports({ conversation, surface: 'screen', findings })) {
        if (underWay.size >= screenKeeps.reportsMax) {
          log.error({ event: 'report.lost', reason: 'too many wait' })
          count('lost')
          continue
        }
        const one = told(authorization, report).finally(() => underWay.delete(one))
        underWay.add(one)
      }
    },
    settled: async () => void (await Promise.all(underWay)),
    async close(graceMs) {
      const timer = setTimeout(() => stop.abort(), graceMs)
      await Promise.all(underWay)
      clearTimeout(timer)
    },
  }
}
