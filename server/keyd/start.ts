/** Composes keyd: key store, ledger, audit log with its sequencer, one-time keys, inner door. */
import { randomUUID } from 'node:crypto'
import { limits } from '../../protocol/limits.ts'
import { startAuditSequencer } from '../audit/sequence.ts'
import type { KeydConfig } from '../config.ts'
import { claimMode } from '../database/mode.ts'
import { makePool } from '../database/pool.ts'
import { assertSchema, schemaFits } from '../database/schema-check.ts'
import { innerDoor } from '../doors/inner-door.ts'
import type { DrainOptions } from '../drain.ts'
import { openKeyStore } from '../keys/open-store.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import type { KeyStore } from '../keys/store.ts'
import { type Log, makeLog } from '../log.ts'
import { plainRegistry } from '../metrics/plain.ts'
import { processMetrics } from '../metrics/process.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { makeAudit } from './audit-log.ts'
import { countAuditLag, countedAudit } from './count.ts'
import { CvcKeys } from './cvc-keys.ts'
import { makeLedger } from './ledger.ts'
import { keydRoutes } from './routes.ts'

export interface KeydDeps {
  log?: Log
  store?: KeyStore
  now?: () => number
  /** The schema's files that it knows; those of this version without it. */
  schema?: readonly string[]
}

export interface Running {
  close(options?: DrainOptions): Promise<void>
}

const trimEveryMs = 3_600_000
const partsEveryMs = 60_000

/** Rejects where the key store is missing or readable by others, or the database is away: the supervisor tries again. */
export async function startKeyd(config: KeydConfig, deps: KeydDeps = {}): Promise<Running> {
  const log = deps.log ?? makeLog('keyd')
  const now = deps.now ?? Date.now
  const store = deps.store ?? (await openStore(config))
  const pool = makePool(config.database_url, { max: 12, log })
  await assertSchema(pool, 'keyd', deps.schema)
  await claimMode(pool, config.mode)
  const ledger = makeLedger(pool, config.opens_per_minute_max)
  const logId = await ledger.logId()
  const registry = plainRegistry()
  const audit = countedAudit(await makeAudit({ ledger, store, logId, log, now }), registry)
  countAuditLag(ledger, registry)
  processMetrics(registry, pool)
  const cvcKeys = new CvcKeys(now)
  await audit.add({ actor: 'keyd', action: 'start', result: 'done' })
  const sequencer = startAuditSequencer(pool, logId, randomUUID(), log)
  const trim = setInterval(() => {
    ledger.trim().catch((error) => log.warn({ event: 'ledger.trim_failed', error }))
  }, trimEveryMs)
  trim.unref()
  const parts = setInterval(() => {
    ledger.partsAhead().catch((error) => log.warn({ event: 'parts.failed', error }))
  }, partsEveryMs)
  parts.unref()
  // A database that was put back, or a replica that was promoted, has forgotten grants that were used. Clocks differ by so much.
  const startedS = Math.floor((now() - limits.clockSkewMs) / 1_000)
  const grantsFromS = Math.max(startedS, await ledger.restoredS())
  const routes = keydRoutes({ config, store, pool, ledger, audit, cvcKeys, logId, grantsFromS, now })
  const door = await innerDoor({
    audience: 'keyd',
    // Who has a code's one-time key is told by the row, and found by the start that its door names.
    bootId: cvcKeys.instance,
    callers: config.callers,
    routes,
    socket: config.inner_socket,
    doors: config.inner_doors,
    log,
    ready: async () => (await schemaFits(pool, 'keyd', deps.schema)) && (await ledger.ready()),
    metrics: () => registry.text(),
    count: requestMetrics(registry, { inner: Object.keys(routes) })('inner'),
    now,
  })
  return {
    close: async (options) => {
      clearInterval(trim)
      clearInterval(parts)
      await door.close(options)
      cvcKeys.close()
      await audit.close()
      await sequencer.close()
      await pool.end()
    },
  }
}

async function openStore({ mode, key_store: url, key_passphrase_fd: fd }: KeydConfig): Promise<KeyStore> {
  const passphrase = fd === undefined ? null : readPassphrase(`fd:${fd}`)
  try {
    return await openKeyStore(url, { passphrase, live: mode === 'live' })
  } finally {
    passphrase?.fill(0)
  }
}
