/** keeper: the process that nobody calls. Numbers the event feed, chains and signs the audit logs, and does what time asks. */
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type pg from 'pg'
import type { LogName } from '../audit/checkpoint.ts'
import { parseKeyLine } from '../audit/note.ts'
import { startAuditSequencer } from '../audit/sequence.ts'
import { vaultAudit } from '../audit/vault-log.ts'
import type { KeeperConfig } from '../config.ts'
import { assertMode } from '../database/mode.ts'
import { makePool } from '../database/pool.ts'
import { assertSchema, schemaFits } from '../database/schema-check.ts'
import { innerClient } from '../doors/inner-client.ts'
import { innerDoor } from '../doors/inner-door.ts'
import type { DrainOptions } from '../drain.ts'
import { type Log, makeLog } from '../log.ts'
import { processMetrics } from '../metrics/process.ts'
import { promRegistry } from '../metrics/prom.ts'
import { type BuriedToken, rememberBuried } from '../restore/buried.ts'
import { logFeeds, logTrees, unsignedMs } from './checkpoints.ts'
import { auditFaults, countKeyEnds, countLags, countRewraps } from './count.ts'
import { takeCosignature } from './cosignatures.ts'
import { endingTokens } from './end-tokens.ts'
import type { LogPlaces, LogTree } from './log-tree.ts'
import { publicDoor } from './public-door.ts'
import { rewrap } from './rewrap.ts'
import { shownLogs } from './shown-logs.ts'
import { startSequencer } from './sequencer.ts'
import { upkeep } from './upkeep.ts'

export interface RunningKeeper {
  close(options?: DrainOptions): Promise<void>
}

const rewrapEveryMs = 2_000
const upkeepEveryMs = 1_000
const partsEveryMs = 60_000
/** Above it somebody is told; keyd opens nothing above sixty seconds. */
const auditLagAlarmMs = 5_000
const checkpointEveryMs = 1_000

export async function startKeeper(
  config: KeeperConfig,
  deps: { log?: Log; schema?: readonly string[] } = {},
): Promise<RunningKeeper> {
  const log = deps.log ?? makeLog('keeper')
  const db = makePool(config.database_url, { max: 6 })
  await assertSchema(db, 'vault', deps.schema)
  await assertMode(db, config.mode)
  const keyd = innerClient({ peer: config.keyd, issuer: 'keeper', key: config.request_key })
  const holder = randomUUID()
  const { rows } = await db.query<{ id: string }>('select vault_log_id() as id')
  const vaultLogId = rows[0]?.id ?? ''
  const registry = promRegistry()
  const faults = auditFaults(registry)
  const feeds = logFeeds(db, keyd, vaultLogId)
  const trees = logTrees({
    feeds,
    keyd,
    key: config.checkpoint_key,
    folder: config.checkpoint_dir,
    log,
    fault: (name, fault) => faults.add({ log: name, fault }),
    mayStill: () => holdsLease(db, 'trees', holder),
  })
  let signs = false
  /** One of several keepers takes the logs in and signs them: the folder is written by one at a time. */
  const treeRound = async (tree: LogTree): Promise<boolean> => {
    signs = await holdsLease(db, 'trees', holder)
    if (signs) return tree.round()
    await tree.watch()
    return true
  }
  const sequencer = startSequencer({ db, holder, log })
  const audit = startAuditSequencer(db, vaultLogId, holder, log)
  const closing = new AbortController()
  const mayRewrap = async (): Promise<boolean> => !closing.signal.aborted && holdsLease(db, 'rewrap', holder)
  const audited = vaultAudit({
    db,
    actor: 'keeper',
    key: Buffer.from(config.checkpoint_key.d ?? '', 'base64url'),
    now: Date.now,
  })
  const endTokens = endingTokens({ db, audit: audited, now: Date.now })
  mkdirSync(config.checkpoint_dir, { recursive: true, mode: 0o700 })
  const remember = (buried: BuriedToken): void => rememberBuried(config.checkpoint_dir, buried)
  const jobs = [
    every(upkeepEveryMs, 'upkeep.failed', log, async () => {
      if (await holdsLease(db, 'upkeep', holder)) await upkeep({ db, keyd, log, endTokens, remember })
    }),
    every(partsEveryMs, 'parts.failed', log, async () => {
      if (await holdsLease(db, 'upkeep', holder)) await db.query('select parts_ahead()')
    }),
    every(rewrapEveryMs, 'rewrap.failed', log, async () => {
      if (await mayRewrap()) await rewrap({ db, keyd, log, mode: config.mode, goOn: mayRewrap })
    }),
    // Apart, so that neither waits for the other: while keyd is away, the vault's log is signed.
    every(
      checkpointEveryMs,
      'checkpoint.failed',
      log,
      unhurried(() => treeRound(trees.vault)),
    ),
    every(
      checkpointEveryMs,
      'checkpoint.failed',
      log,
      unhurried(() => treeRound(trees.keyd)),
    ),
    every(auditLagAlarmMs, 'audit.lag_unknown', log, async () => {
      // A twin that signs into a folder of its own has its own alarm.
      if (!signs) return
      const ms = await unsignedMs(db, trees.vault.signedSize)
      if (ms > auditLagAlarmMs) log.error({ event: 'audit.behind', subject: 'vault', ms })
    }),
  ]
  processMetrics(registry, db)
  countLags(db, registry, () => (signs ? trees.vault.signedSize : null))
  countRewraps(db, registry)
  countKeyEnds(db, registry)
  const shown = { places: () => placesOf(trees), key: config.checkpoint_key, feeds }
  const witnesses = (config.witnesses ?? []).flatMap((line) => parseKeyLine(line) ?? [])
  const outer =
    config.listen === undefined
      ? null
      : await publicDoor({
          listen: config.listen,
          log,
          show: shownLogs(shown, false),
          take: (note) => takeCosignature(note, { ...shown, witnesses }),
        })
  const door = await innerDoor({
    audience: 'keeper',
    callers: {},
    routes: {},
    socket: config.inner_socket,
    log,
    ready: async () =>
      (await schemaFits(db, 'vault', deps.schema)) && (await db.query('select 1 from deployment')).rows.length === 1,
    metrics: () => registry.text(),
    shows: { under: '/audit/', file: shownLogs(shown, true) },
  })
  log.info({ event: 'started', mode: config.mode })
  return {
    close: async (options) => {
      closing.abort()
      await Promise.all([
        door.close(options),
        outer?.drain(options),
        sequencer.close(),
        audit.close(),
        ...jobs.map((job) => job.close()),
      ])
      keyd.close()
      await db.end()
    },
  }
}

/** A log in which nothing happens is looked at every third time: the first entry after a rest waits three seconds at most. */
function unhurried(round: () => Promise<boolean>): () => Promise<void> {
  let left = 0
  let idle = 0
  return async () => {
    if (left > 0) {
      left -= 1
      return
    }
    idle = (await round()) ? 0 : Math.min(idle + 1, 2)
    left = idle
  }
}

const placesOf = ({ vault, keyd }: Record<LogName, LogTree>): LogPlaces => ({
  ...(vault.place === null ? {} : { vault: vault.place }),
  ...(keyd.place === null ? {} : { keyd: keyd.place }),
})

async function holdsLease(db: pg.Pool, name: 'upkeep' | 'rewrap' | 'trees', holder: string): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>('select lease_take($1, $2, 5000) as has', [name, holder])
  return rows[0]?.has === true
}

/** Runs a job again and again, one at a time; a failure is logged and tried again at the next turn. */
function every(ms: number, failed: string, log: Log, job: () => Promise<void>): { close(): Promise<void> } {
  let closing = false
  let wake = (): void => undefined
  const run = async (): Promise<void> => {
    while (!closing) {
      await job().catch((error: unknown) => log.warn({ event: failed, error }))
      if (!closing)
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, ms).unref()
        })
    }
  }
  const running = run()
  return {
    close: () => {
      closing = true
      wake()
      return running
    },
  }
}
