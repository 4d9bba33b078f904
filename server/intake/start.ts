/** intake: where the frame is served and its sealed submissions become tokens. Its two doors, and what they share. */
import { routesOf } from '../access-log.ts'
import { vaultAudit } from '../audit/vault-log.ts'
import type { IntakeConfig } from '../config.ts'
import { assertMode } from '../database/mode.ts'
import { makePool } from '../database/pool.ts'
import { assertSchema, schemaFits } from '../database/schema-check.ts'
import { innerClient } from '../doors/inner-client.ts'
import { innerDoor } from '../doors/inner-door.ts'
import { type DrainOptions, drainable } from '../drain.ts'
import { limitServer } from '../http-limits.ts'
import { listenOn } from '../listen.ts'
import { type Log, makeLog } from '../log.ts'
import { processMetrics } from '../metrics/process.ts'
import { promRegistry } from '../metrics/prom.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { refusedBytes } from '../problem.ts'
import { outerServer } from '../tls.ts'
import { briefly } from './briefly.ts'
import { cardDoor, type CardDoor, openCardDoor } from './card-door.ts'
import { followOutcomes } from './charge-outcomes.ts'
import type { Intake } from './context.ts'
import { askFingerprints } from './fingerprints.ts'
import { makeForget } from './forget.ts'
import { HourKeys } from './hour-keys.ts'
import { activeEpoch } from './mint.ts'
import { tokenWriter } from './mint-statement.ts'
import { innerRoutes } from './inner-routes.ts'
import { readLanguages } from './languages.ts'
import { outerDoor } from './outer.ts'
import { Presence, type PresenceTimes } from './presence.ts'
import { RecentCaptures } from './recent-captures.ts'
import { tenantById } from './tenants.ts'

export interface RunningIntake {
  close(options?: DrainOptions): Promise<void>
}

export async function startIntake(
  config: IntakeConfig,
  deps: {
    log?: Log
    now?: () => number
    presence?: PresenceTimes
    cards?: (door: CardDoor) => CardDoor
    /** The schema's files that it knows; those of this version without it. */
    schema?: readonly string[]
  } = {},
): Promise<RunningIntake> {
  if (config.cvc_canary === true && config.mode !== 'sandbox') {
    throw new Error('cvc_canary is for tests in sandbox mode')
  }
  const log = deps.log ?? makeLog('intake')
  const db = makePool(config.database_url, { max: 12 })
  await assertSchema(db, 'vault', deps.schema)
  await assertMode(db, config.mode)
  const keyd = innerClient({ peer: config.keyd, issuer: 'intake', key: config.request_key })
  const now = deps.now ?? Date.now
  const registry = promRegistry()
  const key = Buffer.from(config.fingerprint_key, 'base64url')
  const audit = vaultAudit({ db, actor: 'intake', key, now })
  const { card_limits: limits } = config
  const door = limits === undefined ? openCardDoor : cardDoor({ db, key, limits, log, registry, audit })
  const cards = deps.cards?.(door) ?? door
  const epochs = briefly(() => activeEpoch(db), now)
  const recent = new RecentCaptures()
  // A quarter of those who are under way: of three cards none waits for another.
  const crowd = (): number => Math.floor(recent.submitting / 4)
  const intake: Intake = {
    config,
    db,
    keyd,
    fingerprint: askFingerprints(keyd, crowd),
    tenant: briefly((id) => tenantById(db, id), now),
    sealingKey: (anew) => {
      if (anew !== undefined) epochs.forget('active')
      return epochs('active')
    },
    recent,
    writeToken: tokenWriter(db, crowd),
    log,
    now,
    forget: makeForget(),
    languages: readLanguages(config.frame_dir),
    hourKeys: new HourKeys(db, Buffer.from(config.hour_key_secret, 'base64url')),
    presence: new Presence({ db, log }, deps.presence),
    cards,
    audit,
  }
  processMetrics(registry, db)
  const routes = innerRoutes(intake)
  const closing = new AbortController()
  const app = outerDoor(intake, { closing: closing.signal, count: (answered) => counts('outer')(answered) })
  const counts = requestMetrics(registry, { inner: Object.keys(routes), outer: routesOf(app) })
  const inner = await innerDoor({
    audience: 'intake',
    callers: config.callers,
    routes,
    socket: config.inner_socket,
    doors: config.inner_doors,
    log,
    ready: async () =>
      (await schemaFits(db, 'vault', deps.schema)) &&
      (await db.query('select 1 from deployment where mode = $1', [config.mode])).rows.length === 1,
    metrics: () => registry.text(),
    count: counts('inner'),
  })
  const outer = outerServer(app, config.tls, log)
  limitServer(outer, refusedBytes({ publicUrl: config.public_url, log }))
  const drain = drainable(outer)
  const unfollow = limits === undefined ? null : followOutcomes({ db, log, heard: (outcome) => cards.heard(outcome) })
  await listenOn(outer, config.listen)
  log.info({ event: 'started', mode: config.mode, port: config.listen.port })
  return {
    close: async (options) => {
      // First: the polls that end now are nobody's loss.
      intake.presence.end()
      closing.abort()
      await Promise.all([drain.drain(options), inner.close(options)])
      await unfollow?.()
      await cards.close()
      keyd.close()
      await db.end()
    },
  }
}
