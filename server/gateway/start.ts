import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import {
  captureAnswer,
  chargeAnswer,
  createCaptureRequest,
  createChargeRequest,
  tokenAnswer,
} from '../../protocol/agent-http.ts'
import type { GatewayConfig } from '../config.ts'
import { assertMode } from '../database/mode.ts'
import { makePool } from '../database/pool.ts'
import { assertSchema, schemaFits } from '../database/schema-check.ts'
import { innerClient } from '../doors/inner-client.ts'
import { innerDoor } from '../doors/inner-door.ts'
import { type DrainOptions, drainable } from '../drain.ts'
import { httpLimits, limitServer } from '../http-limits.ts'
import { listenOn } from '../listen.ts'
import { type Log, makeLog } from '../log.ts'
import { processMetrics } from '../metrics/process.ts'
import { promRegistry } from '../metrics/prom.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { refusedBytes } from '../problem.ts'
import { securityTxtPath, serveSecurityTxt } from '../security-txt.ts'
import { outerServer } from '../tls.ts'
import { makeApp } from './app.ts'
import { captureRoutes } from './captures.ts'
import { chargeRoutes } from './charges.ts'
import { countEvents, countLag } from './count.ts'
import { makeCursors } from './cursors.ts'
import { makeDerive } from './derive.ts'
import { errorPages } from '../errors-page.ts'
import { EventCopy } from './event-copy.ts'
import { eventRoutes, eventShape, snapshotShape } from './events.ts'
import { startFollower } from './follower.ts'
import { egressCalls, intakeCalls } from './inner-calls.ts'
import { makeKeys } from './keys.ts'
import { leakRoutes } from './leaks.ts'
import { linkRoutes } from './links.ts'
import { openApiDocument } from './openapi.ts'
import { makeSign } from './permissions.ts'
import type { PublicRoute } from './public-routes.ts'
import { Readers } from './readers.ts'
import { testRoutes } from './test-routes.ts'
import { tokenRoutes } from './tokens.ts'
import { Wakeups } from './wakeups.ts'
import { widgetFiles } from './widget-files.ts'

export interface Gateway {
  /** The port it listens on, for a configuration with port 0. */
  port: number
  /** For the test that holds the OpenAPI document against what Express has. */
  app: Express
  close(options?: DrainOptions): Promise<void>
}

export interface GatewayDeps {
  log?: Log
  now?: () => number
  heartbeatMs?: number
  readers?: Readers
  /** How long one call to intake's feed waits. */
  feedWaitMs?: number
  /** The schema's files that it knows; those of this version without it. */
  schema?: readonly string[]
}

/** The gateway: agents' door. It holds hashed keys and signing keys, and can open no card. */
export async function startGateway(config: GatewayConfig, deps: GatewayDeps = {}): Promise<Gateway> {
  const log = deps.log ?? makeLog('gateway')
  const now = deps.now ?? Date.now
  const db = makePool(config.database_url, { log })
  await assertSchema(db, 'gateway', deps.schema)
  await assertMode(db, config.mode)
  const client = (peer: GatewayConfig['intake']) => innerClient({ peer, issuer: 'gateway', key: config.request_key })
  const intake = intakeCalls(client(config.intake))
  const egress = egressCalls(client(config.egress))
  const derive = makeDerive(Buffer.from(config.derive_key, 'base64url'))
  const sign = makeSign(config, now)
  const keys = makeKeys(db, config.mode)
  const copy = new EventCopy(db)
  const wakeups = new Wakeups()
  const closing = new AbortController()

  const links = { intake, derive, captureOrigin: config.capture_origin }
  const routes = [
    ...captureRoutes({ ...links, sign }),
    ...linkRoutes(links),
    ...eventRoutes({
      copy,
      wakeups,
      intake,
      keys,
      cursors: makeCursors(derive),
      readers: deps.readers ?? new Readers(),
      heartbeatMs: deps.heartbeatMs ?? httpLimits.heartbeatMs,
    }),
    ...tokenRoutes(intake, egress),
    ...chargeRoutes({ egress, derive, sign }),
    ...leakRoutes({ intake, derive }),
    ...(config.mode === 'sandbox' ? testRoutes(intake) : []),
  ]
  const publicRoutes: PublicRoute[] = [
    ...widgetFiles({ folder: config.widget_dir, publicUrl: config.public_url }),
    ...errorPages,
    {
      path: '/healthz',
      operation: 'getHealth',
      summary: 'Whether this process answers',
      type: 'application/json',
      handle: (_request, response) => void response.json({ ok: true }),
    },
    {
      path: securityTxtPath,
      operation: 'getSecurityTxt',
      summary: 'Where to report a vulnerability (RFC 9116); not there without a contact',
      type: 'text/plain',
      handle: serveSecurityTxt({ contact: config.security_contact, publicUrl: config.public_url, now }),
    },
    {
      path: '/openapi.json',
      operation: 'getOpenApi',
      summary: 'This document',
      type: 'application/json',
      handle: (_request, response) => void response.type('application/json').send(document),
    },
  ]
  const document = JSON.stringify(
    openApiDocument({
      routes,
      publicRoutes,
      publicUrl: config.public_url,
      named: {
        Capture: captureAnswer,
        Charge: chargeAnswer,
        Token: tokenAnswer,
        Event: eventShape,
        Snapshot: snapshotShape,
        CreateCapture: createCaptureRequest,
        CreateCharge: createChargeRequest,
      },
    }),
  )

  const registry = promRegistry()
  processMetrics(registry, db)
  const named = [
    ...publicRoutes.map(({ path }) => `GET ${path}`),
    ...routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`),
  ]
  const app = makeApp({
    routes,
    publicRoutes,
    keys,
    publicUrl: config.public_url,
    log,
    count: requestMetrics(registry, { outer: named })('outer'),
    trustProxy: config.trust_proxy,
    closing: closing.signal,
  })
  const server = outerServer(app, config.tls, log)
  limitServer(server, refusedBytes({ publicUrl: config.public_url, log }))
  const outer = drainable(server)
  const inner = await innerDoor({
    audience: 'gateway',
    callers: {},
    routes: {},
    socket: config.inner_socket,
    log,
    ready: () => schemaFits(db, 'gateway', deps.schema),
    metrics: () => registry.text(),
  })
  await listenOn(server, config.listen)
  const follower = startFollower({
    intake,
    copy,
    wakeups,
    log,
    count: countEvents(registry),
    ...(deps.feedWaitMs !== undefined && { waitMs: deps.feedWaitMs }),
  })

  countLag(registry, follower.status)

  return {
    app,
    // Sound: the server listens on TCP, where the address is an object.
    port: (server.address() as AddressInfo).port,
    async close(options) {
      closing.abort()
      await Promise.all([outer.drain(options), inner.close(options)])
      await follower.close()
      intake.close()
      egress.close()
      await db.end()
    },
  }
}
