/** egress: where a card leaves the vault for a processor. Its door, the processors it knows, and what waits for news. */
import { randomUUID } from 'node:crypto'
import type { EgressConfig } from '../config.ts'
import { assertMode } from '../database/mode.ts'
import { makePool } from '../database/pool.ts'
import { assertSchema, schemaFits } from '../database/schema-check.ts'
import { innerClient } from '../doors/inner-client.ts'
import { innerDoor } from '../doors/inner-door.ts'
import type { DrainOptions } from '../drain.ts'
import { thumbprint } from '../grants/thumbprint.ts'
import { type Log, makeLog } from '../log.ts'
import { processMetrics } from '../metrics/process.ts'
import { promRegistry } from '../metrics/prom.ts'
import { requestMetrics } from '../metrics/requests.ts'
import type { Processor } from '../processors/processor.ts'
import type { Egress } from './context.ts'
import { countedLog } from './count.ts'
import { makeCredentials } from './credentials.ts'
import { innerRoutes } from './inner-routes.ts'
import { Ledger } from './ledger.ts'
import { makeReach } from './reach.ts'
import { startReconciler } from './reconcile.ts'
import { recover, startResolver } from './recover.ts'

export interface RunningEgress {
  close(options?: DrainOptions): Promise<void>
}

export interface EgressDeps {
  processors: readonly Processor[]
  log?: Log
  now?: () => number
  /** How long a charge is held by one that may be dead. */
  leaseMs?: number
  /** The schema's files that it knows; those of this version without it. */
  schema?: readonly string[]
}

export async function startEgress(config: EgressConfig, deps: EgressDeps): Promise<RunningEgress> {
  const registry = promRegistry()
  const log = countedLog(deps.log ?? makeLog('egress'), registry)
  const now = deps.now ?? Date.now
  const db = makePool(config.database_url, { max: 12, log })
  await assertSchema(db, 'vault', deps.schema)
  await assertMode(db, config.mode)
  const keyd = innerClient({ peer: config.keyd, issuer: 'egress', key: config.request_key, now })
  const instance = thumbprint(config.request_key)
  const holderPrefix = config.instance === undefined ? instance : `${instance}.${config.instance}`
  const holder = `${holderPrefix}:${randomUUID()}`
  // A question and a request, each as long as the processor may take, with room for keyd and the database.
  const leaseMs = deps.leaseMs ?? config.processor_timeout_ms * 2 + 8_000
  const { rows } = await db.query<{ id: string }>('select vault_log_id() as id')
  const ledger = new Ledger({ db, logId: rows[0]?.id ?? '', instance: holderPrefix, holder, leaseMs, now })
  const credentials = makeCredentials({ ledger, keyd, mode: config.mode, now })
  // A live deployment does not know the sandbox processor, whatever an account's row says.
  const processors = deps.processors.filter(({ id }) => config.mode === 'sandbox' || id !== 'sandbox')
  const egress: Egress = {
    config,
    ledger,
    keyd,
    credentials,
    log,
    now,
    instance,
    holder,
    reach: makeReach(),
    processors: new Map(processors.map((processor) => [processor.id, processor])),
    processorKeySecret: Buffer.from(config.processor_key_secret, 'base64url'),
  }
  await recover(egress)
  const resolver = startResolver(egress)
  const reconciler = startReconciler(egress)
  processMetrics(registry, db)
  const routes = innerRoutes(egress)
  const door = await innerDoor({
    audience: 'egress',
    callers: config.callers,
    routes,
    socket: config.inner_socket,
    doors: config.inner_doors,
    log,
    now,
    ready: async () =>
      (await schemaFits(db, 'vault', deps.schema)) &&
      (await db.query('select 1 from deployment where mode = $1', [config.mode])).rows.length === 1,
    metrics: () => registry.text(),
    count: requestMetrics(registry, { inner: Object.keys(routes) })('inner'),
  })
  log.info({ event: 'started', mode: config.mode })
  return {
    close: async (options) => {
      await Promise.all([door.close(options), resolver.close(), reconciler.close()])
      keyd.close()
      credentials.wipe()
      await db.end()
    },
  }
}
