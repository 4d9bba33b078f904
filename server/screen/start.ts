/**
 * The screen: raw text in, text without card data out, for platforms that cannot run the library. It holds no key, no
 * database and no credential, keeps no body, and logs none. In the CDE, since what it is sent may hold card numbers.
 */
import type { AddressInfo } from 'node:net'
import { detect } from '../../detect/index.ts'
import { findingKinds } from '../../protocol/leak-words.ts'
import { isLoopback } from '../../protocol/loopback.ts'
import { routesOf } from '../access-log.ts'
import type { ScreenConfig } from '../config.ts'
import { type DrainOptions, drainable } from '../drain.ts'
import { httpLimits, limitServer, screenServerOptions } from '../http-limits.ts'
import { listenOn } from '../listen.ts'
import { type Log, makeLog } from '../log.ts'
import { processMetrics } from '../metrics/process.ts'
import { promRegistry } from '../metrics/prom.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { refusedBytes } from '../problem.ts'
import { outerServer } from '../tls.ts'
import { makeApp } from './app.ts'
import { type ConversationsOptions, makeConversations } from './conversations.ts'
import { makeReports, type Reports, reportResults } from './reports.ts'
import { makeScreen } from './screen.ts'

export interface RunningScreen {
  port: number
  reports: Pick<Reports, 'settled'>
  close(options?: DrainOptions): Promise<void>
}

export interface ScreenDeps extends Partial<ConversationsOptions> {
  log?: Log
  reportPauseMs?: number
}

/** A published test number: where it is not found, the detector is not whole. */
const known = '4242 4242 4242 4242'
const finds = (): boolean => detect(known).length === 1

export async function startScreen(config: ScreenConfig, deps: ScreenDeps = {}): Promise<RunningScreen> {
  const log = deps.log ?? makeLog('screen')
  const gateway = new URL(config.gateway_url)
  if (gateway.protocol !== 'https:' && !isLoopback(gateway.hostname))
    throw new Error('SALLYPORT_GATEWAY_URL must be https: callers’ secret keys go there')
  // It also readies the tables of all languages, which the first text would wait for.
  if (!finds())
    throw new Error('the detector does not find a published test number; is this a complete copy of the project?')
  const registry = promRegistry()
  processMetrics(registry)
  const findings = registry.counter({
    name: 'sallyport_screen_findings_total',
    help: 'What was found in texts, by kind.',
    labels: { kind: findingKinds },
  })
  const told = registry.counter({
    name: 'sallyport_screen_reports_total',
    help: 'Reports to the gateway: told, refused by it, or lost.',
    labels: { result: reportResults },
  })
  const conversations = makeConversations({ now: Date.now, ...deps })
  registry.gauge(
    { name: 'sallyport_screen_conversations', help: 'Conversations that are remembered.', labels: {} },
    () => [{ labels: {}, value: conversations.count }],
  )
  const reports = makeReports({
    gatewayUrl: gateway.origin + gateway.pathname.replace(/\/+$/, ''),
    log,
    count: (result) => told.add({ result }),
    ...(deps.reportPauseMs !== undefined && { pauseMs: deps.reportPauseMs }),
  })
  const closing = new AbortController()
  const app = makeApp({
    screen: makeScreen({
      conversations,
      found: (caller, all) => {
        for (const { kind } of all) findings.add({ kind })
        reports.tell(caller, all)
      },
    }),
    publicUrl: config.public_url,
    log,
    trustProxy: config.trust_proxy,
    closing: closing.signal,
    ready: () => !closing.signal.aborted && finds(),
    metrics: () => registry.text(),
    count: (answered) => counts('outer')(answered),
  })
  const counts = requestMetrics(registry, { outer: routesOf(app) })
  const server = outerServer(app, config.tls, log, screenServerOptions)
  limitServer(server, refusedBytes({ publicUrl: config.public_url, log }))
  const drain = drainable(server)
  await listenOn(server, config.listen)
  // Sound: the server listens on TCP, where the address is an object.
  const { port } = server.address() as AddressInfo
  log.info({ event: 'started', port })
  return {
    port,
    reports,
    async close(options) {
      closing.abort()
      await drain.drain(options)
      await reports.close(httpLimits.drainMs)
      conversations.close()
    },
  }
}
