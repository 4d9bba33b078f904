/**
 * Every door of a deployment in this process, on real databases and sockets, and how to knock: its routes with a good
 * body for each (so that what is spoiled afterwards gets deep), its credentials, its way to spell a problem.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '../../demo/server/start.ts'
import type { GatewayConfig, Role } from '../config.ts'
import { startGateway } from '../gateway/start.ts'
import { httpLimits, innerLimits } from '../http-limits.ts'
import { makeLog } from '../log.ts'
import { startCharging } from '../testing/charging.ts'
import { freePorts } from '../testing/free-ports.ts'
import { bodyFor, idFor, queryFor } from './bodies.ts'
import type { Door, DoorRoute, Doors } from './door.ts'
import { makeLive } from './live.ts'
import { captureRoutes, innerRoutesOf, processorRoutes, shopRoutes } from './routes.ts'
import { signedDoor } from './signed-door.ts'
import { spellings } from './spellings.ts'

/** Before anything is started: the time-outs of all doors in seconds that a test can wait. */
export function quickLimits(): void {
  const quick = { headersTimeoutMs: 1_500, requestTimeoutMs: 2_500 }
  Object.assign(httpLimits, quick, { connectionsCheckMs: 250 })
  Object.assign(innerLimits, quick)
}

export async function startDoors(): Promise<Doors> {
  const lines: string[] = []
  const log = makeLog('hostile', { write: (line: string) => void lines.push(line) })
  const folder = mkdtempSync(join(tmpdir(), 'sp-hostile-'))
  const [gatewayPort = 0, demoPort = 0, auditPort = 0] = await freePorts(3)
  const charging = await startCharging({ log, auditPort })
  const { vault } = charging
  const { secrets, configs } = vault
  const { tenant, secret_key: secretKey, publishable_key: publishableKey } = vault.tenant
  const egress = await charging.startEgress({ log })
  writeFileSync(join(folder, 'sallyport.js'), '// the widget')
  mkdirSync(join(folder, 'shop'))
  for (const page of ['index.html', 'theming.html'])
    writeFileSync(join(folder, 'shop', page), '<!doctype html><title>shop</title><body>')
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
  const gatewayConfig: GatewayConfig = {
    role: 'gateway',
    mode: 'sandbox',
    database_url: vault.databases.gateway.url('gateway'),
    inner_socket: join(folder, 'gateway.sock'),
    listen: { host: '127.0.0.1', port: gatewayPort },
    public_url: gatewayUrl,
    capture_origin: vault.intakeUrl,
    intake: { socket: configs.intake.inner_socket, audience: 'intake' },
    egress: { socket: configs.egress.inner_socket, audience: 'egress' },
    widget_dir: folder,
    request_key: secrets.request.gateway,
    grant_key: secrets.grant,
    ticket_key: secrets.ticket,
    derive_key: secrets.derive,
  }
  const gateway = await startGateway(gatewayConfig, { log, feedWaitMs: 500 })
  const demo = await startDemo({
    port: demoPort,
    public_url: `http://127.0.0.1:${demoPort}`,
    gateway_url: gatewayUrl,
    secret_key: secretKey,
    publishable_key: publishableKey,
    capture_origin: vault.intakeUrl,
    widget_url: `${gatewayUrl}/widget/sallyport.js`,
    page_dir: join(folder, 'shop'),
  })

  let live = await makeLive(charging, gatewayUrl, secretKey, demoPort)
  const values = (): Record<string, string> => ({
    tenant,
    publishableKey,
    ...live,
  })

  const tcp = (port: number) => (): Socket => connect({ host: '127.0.0.1', port, noDelay: true })
  const unix = (path: string) => (): Socket => connect({ path })
  const described = await (await fetch(`${gatewayUrl}/openapi.json`)).json()
  // Sound: the document's own shape, as openapi.test.ts holds it.
  const paths = described.paths as Record<string, Record<string, unknown>>
  const intakePort = Number(new URL(vault.intakeUrl).port)
  const processorPort = Number(new URL(charging.processor.url).port)

  const common = (name: string) => ({
    name,
    id: (route: DoorRoute) => idFor(route, values()),
    query: (route: DoorRoute) => queryFor(name, route, values()),
    body: (route: DoorRoute) => bodyFor(name, route, values()),
  })
  const bearer = (secret: () => string) => () => Promise.resolve([['authorization', `Bearer ${secret()}`]] as const)

  const inner = (name: Role, socket: string, only: Role, files: readonly string[]): Promise<Door> =>
    signedDoor({ ...common(name), connect: unix(socket), routes: innerRoutesOf(files, only) }, only, secrets.request)

  const all: Door[] = [
    {
      ...common('gateway'),
      connect: tcp(gatewayPort),
      routes: Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
      ),
      spelling: spellings.outer,
      bodyBytesMax: 16_384,
      credentials: async () => [
        ['authorization', `Bearer ${secretKey}`],
        ['idempotency-key', randomUUID()],
      ],
    },
    {
      ...common('capture origin'),
      connect: tcp(intakePort),
      routes: captureRoutes(),
      spelling: spellings.outer,
      bodyBytesMax: 8_192,
      credentials: bearer(() => live.sessionSecret),
    },
    {
      ...common('processor'),
      connect: tcp(processorPort),
      routes: processorRoutes(),
      spelling: spellings.processor,
      bodyBytesMax: 16_384,
      credentials: async () => [
        ['authorization', `Bearer ${charging.processor.secret}`],
        ['idempotency-key', randomUUID()],
      ],
    },
    {
      ...common('shop'),
      connect: tcp(demoPort),
      routes: shopRoutes(),
      spelling: spellings.shop,
      bodyBytesMax: 4_096,
      credentials: async () => [['cookie', live.cookie]],
    },
    {
      ...common('audit logs'),
      connect: tcp(auditPort),
      routes: [
        ...['/audit/logs', '/audit/{id}/checkpoint', '/audit/{id}/cosigned', '/audit/{id}/tile/0/000'].map((path) => ({
          method: 'GET',
          path,
        })),
        { method: 'POST', path: '/audit/cosignature' },
      ],
      spelling: spellings.inner,
      bodyBytesMax: 16_384,
      credentials: async () => [],
    },
    await inner('intake', configs.intake.inner_socket, 'gateway', [
      'server/intake/inner-routes.ts',
      'server/intake/test-routes.ts',
    ]),
    await inner('egress', configs.egress.inner_socket, 'gateway', ['server/egress/inner-routes.ts']),
    await inner('keyd', configs.keyd.inner_socket, 'egress', ['server/keyd/routes.ts']),
    // Nobody calls these two: they answer for their health alone.
    await inner('keeper', configs.keeper.inner_socket, 'keyd', []),
    await inner('gateway', gatewayConfig.inner_socket, 'keyd', []),
  ]

  return {
    all: all.map((door, index) => (index < 5 ? door : { ...door, name: `${door.name}, inner door` })),
    log: () => lines.join(''),
    forgetLog: () => void lines.splice(0),
    ports: [gatewayPort, intakePort, processorPort, demoPort, auditPort],
    refresh: async () => {
      live = await makeLive(charging, gatewayUrl, secretKey, demoPort)
    },
    close: async () => {
      await demo.close()
      await gateway.close()
      await egress.close()
      await charging.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
