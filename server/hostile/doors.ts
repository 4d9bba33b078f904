/**
 * Every door of a deployment in this process, on real databases and sockets, and how to knock: its routes with a good
 * body for each (so that what is spoiled afterwards gets deep), its credentials, its way to spell a problem.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from '../../demo/server/start.ts'
import { makeId } from '../../protocol/ids.ts'
import type { GatewayConfig, Jwk, Role } from '../config.ts'
import { requestSigner, signatureHeader } from '../doors/request-signature.ts'
import { startGateway } from '../gateway/start.ts'
import { httpLimits, innerLimits } from '../http-limits.ts'
import { makeLog } from '../log.ts'
import { startCharging, type TestCharging } from '../testing/charging.ts'
import { TestFrame } from '../testing/frame.ts'
import { freePorts } from '../testing/free-ports.ts'
import { mintToken } from '../testing/mint.ts'
import { shopOrigin, ticketFor } from '../testing/vault.ts'
import type { Spelling } from './judge.ts'
import { exchange } from './wire.ts'

export interface DoorRoute {
  method: string
  /** With `{id}` where a parameter stands. */
  path: string
}

export type HeaderList = readonly (readonly [name: string, value: string])[]

export interface Door {
  name: string
  connect(): Socket
  routes: readonly DoorRoute[]
  spelling: Spelling
  /** Bytes that a body may have. */
  bodyBytesMax: number
  /** A good body for a route, made anew where it is used up. */
  body(route: DoorRoute): object
  /** What stands for `{id}`. */
  id(route: DoorRoute): string
  /** A good query. */
  query(route: DoorRoute): string
  credentials(request: { method: string; path: string; body: Buffer }): Promise<HeaderList>
}

export interface Doors {
  all: readonly Door[]
  /** Everything that any of them logged. */
  log(): string
  /** From now on. */
  forgetLog(): void
  /** Sockets that the outer doors hold. */
  ports: readonly number[]
  /** New captures, sessions and tokens in place of those that a storm has ended. */
  refresh(): Promise<void>
  close(): Promise<void>
}

const outerSpelling: Spelling = {
  members: [
    'type',
    'title',
    'status',
    'code',
    'request_id',
    'param',
    'retryable',
    'who',
    'snapshot',
    'key',
    'field',
    'state',
  ],
  read: ({ code, request_id: requestId }) => ({ code, requestId }),
  idHeader: 'sallyport-request-id',
}
const innerSpelling: Spelling = {
  members: ['type', 'code', 'request_id', 'param', 'retry_after_ms', 'boot'],
  read: ({ code, request_id: requestId }) => ({ code, requestId }),
  idHeader: 'sallyport-request-id',
}
const shopSpelling: Spelling = {
  members: ['type', 'status', 'code', 'request_id'],
  read: ({ code, request_id: requestId }) => ({ code, requestId }),
}
/** A company outside has a form of its own. */
const processorSpelling: Spelling = {
  members: ['error'],
  read: ({ error }) => {
    // Whatever it is, its members are looked at one by one.
    const { code, request_id: requestId } = Object(error) as { code?: unknown; request_id?: unknown }
    return { code, requestId }
  },
}

const root = join(import.meta.dirname, '..', '..')

/** Routes as the source has them: one that is added is driven without being named here. */
function routesIn(file: string, pattern: RegExp, prefix = ''): DoorRoute[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [...text.matchAll(pattern)].map(([, method = '', path = '']) => ({
    method: method.toUpperCase(),
    path: `${prefix}${path.replace(/:[a-z_]+/g, '{id}')}`,
  }))
  if (found.length === 0) throw new Error(`no route was found in ${file}`)
  return found
}
const inTable = /'(GET|POST|PUT|PATCH|DELETE) (\/[^']*)'/g
const inExpress = /\b(?:app|router)\.(get|post|put|patch|delete)\(\s*'([^']+)'/g
const health: DoorRoute[] = ['/healthz', '/readyz', '/metrics'].map((path) => ({ method: 'GET', path }))
const pages: DoorRoute[] = ['/errors', '/errors/{id}'].map((path) => ({ method: 'GET', path }))

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
  const charging = await startCharging({ log })
  const { vault } = charging
  const { secrets, configs } = vault
  const { tenant, secret_key: secretKey, publishable_key: publishableKey } = vault.tenant
  const egress = await charging.startEgress({ log })
  const [gatewayPort = 0, demoPort = 0] = await freePorts(2)
  writeFileSync(join(folder, 'sallyport.js'), '// the widget')
  mkdirSync(join(folder, 'shop'))
  writeFileSync(join(folder, 'shop', 'index.html'), '<!doctype html><title>shop</title><body>')
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
  const ticket = await ticketFor(secrets, tenant, makeId('cap_'))
  const goodTicket = { ticket }

  const inner = async (name: Role, socket: string, callers: readonly Role[], files: readonly string[]) => {
    const routes = [...files.flatMap((file) => routesIn(file, inTable)), ...health]
    const callerOf = (path: string): Role =>
      name !== 'keyd'
        ? (callers[0] ?? 'keyd')
        : /fingerprint/.test(path)
          ? 'intake'
          : /tomb|audit/.test(path)
            ? 'keeper'
            : 'egress'
    const keys: Record<Role, Jwk> = secrets.request
    let boot = ''
    const sign = (caller: Role) => requestSigner(caller, keys[caller])
    const credentials: Door['credentials'] = async (request) => [
      [signatureHeader, await sign(callerOf(request.path))(request, `${name}:${boot}`)],
    ]
    const body = (route: DoorRoute): object => bodyFor(name, route, { ...values(), ...goodTicket })
    const door: Door = {
      ...common(name),
      body,
      connect: unix(socket),
      routes,
      spelling: innerSpelling,
      bodyBytesMax: 65_536,
      credentials,
    }
    // Whoever has signed for an earlier start is told the present one.
    const request = { method: 'GET', path: '/nothing', body: Buffer.alloc(0) }
    const [[header, value] = ['', '']] = await credentials(request)
    const told = await exchange(door.connect, [
      Buffer.from(`GET /nothing HTTP/1.1\r\nhost: a\r\n${header}: ${value}\r\n\r\n`),
    ])
    boot = JSON.parse(told.answers[0]?.body.toString() ?? '{}').boot ?? ''
    return door
  }

  const all: Door[] = [
    {
      ...common('gateway'),
      connect: tcp(gatewayPort),
      routes: Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
      ),
      spelling: outerSpelling,
      bodyBytesMax: 16_384,
      credentials: async () => [
        ['authorization', `Bearer ${secretKey}`],
        ['idempotency-key', randomUUID()],
      ],
    },
    {
      ...common('capture origin'),
      connect: tcp(intakePort),
      routes: [...routesIn('server/intake/outer.ts', inExpress), ...pages],
      spelling: outerSpelling,
      bodyBytesMax: 8_192,
      credentials: bearer(() => live.sessionSecret),
    },
    {
      ...common('processor'),
      connect: tcp(processorPort),
      routes: routesIn('server/processors/sandbox/server/start.ts', inExpress),
      spelling: processorSpelling,
      bodyBytesMax: 16_384,
      credentials: async () => [
        ['authorization', `Bearer ${charging.processor.secret}`],
        ['idempotency-key', randomUUID()],
      ],
    },
    {
      ...common('shop'),
      connect: tcp(demoPort),
      routes: [...routesIn('demo/server/api.ts', inExpress, '/api'), ...routesIn('demo/server/start.ts', inExpress)],
      spelling: shopSpelling,
      bodyBytesMax: 4_096,
      credentials: async () => [['cookie', live.cookie]],
    },
    await inner(
      'intake',
      configs.intake.inner_socket,
      ['gateway'],
      ['server/intake/inner-routes.ts', 'server/intake/test-routes.ts'],
    ),
    await inner('egress', configs.egress.inner_socket, ['gateway'], ['server/egress/inner-routes.ts']),
    await inner('keyd', configs.keyd.inner_socket, ['egress', 'intake', 'keeper'], ['server/keyd/routes.ts']),
    await inner('keeper', configs.keeper.inner_socket, [], []),
    await inner('gateway', gatewayConfig.inner_socket, [], []),
  ]

  return {
    all: all.map((door, index) => (index < 4 ? door : { ...door, name: `${door.name}, inner door` })),
    log: () => lines.join(''),
    forgetLog: () => void lines.splice(0),
    ports: [gatewayPort, intakePort, processorPort, demoPort],
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

interface Live extends Record<string, string> {
  capture: string
  clientSecret: string
  sessionSecret: string
  epoch: string
  token: string
  charge: string
  payment: string
  cookie: string
}

/** An attached capture, a token, a charge, a payment and a conversation. */
async function makeLive(
  charging: TestCharging,
  gatewayUrl: string,
  secretKey: string,
  demoPort: number,
): Promise<Live> {
  const { vault } = charging
  const { id: capture, clientSecret } = await vault.createCapture()
  const { body: attached } = await new TestFrame(vault.intakeUrl, capture).attach(clientSecret)
  const { token } = await mintToken(vault, 'visa', { mandate: { uses: 50, amount_max_minor: 50_000, currency: 'EUR' } })
  const json = { 'content-type': 'application/json' }
  const charged = await fetch(`${gatewayUrl}/v1/charges`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${secretKey}`, 'idempotency-key': randomUUID() },
    body: JSON.stringify({ token, amount_minor: 100, currency: 'EUR', reference: `order-${randomUUID()}` }),
  })
  const talk = await fetch(`http://127.0.0.1:${demoPort}/api/conversation`, {
    method: 'POST',
    headers: json,
    body: '{}',
  })
  const paid = await fetch(`${charging.processor.url}/v1/payments`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${charging.processor.secret}`, 'idempotency-key': randomUUID() },
    body: JSON.stringify(payment),
  })
  return {
    capture,
    clientSecret,
    sessionSecret: attached.session_secret,
    epoch: String(attached.epoch),
    keyId: attached.key.key_id,
    token,
    charge: (await charged.json()).id,
    payment: (await paid.json()).id,
    cookie: talk.headers.get('set-cookie')?.split(';')[0] ?? '',
  }
}

const payment = {
  amount: 100,
  currency: 'EUR',
  capture: true,
  reference: 'a-reference',
  order: 'an-order',
  card: { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123', name: 'A Person' },
}
const digest = 'd'.repeat(43)

function idFor({ path }: DoorRoute, values: Record<string, string>): string {
  const { capture = '', token = '', charge = '', payment: paid = '', publishableKey = '' } = values
  if (path.includes('captures')) return capture
  if (path.includes('tokens')) return token
  if (path.includes('charges')) return charge
  if (path.includes('payments')) return paid
  if (path.includes('/f/')) return publishableKey
  return path.includes('errors') ? 'request.malformed' : '1.0.0'
}

function queryFor(door: string, { method, path }: DoorRoute, { tenant = '' }: Record<string, string>): string {
  if (method !== 'GET') return ''
  if (door === 'processor') return path.endsWith('/payments') ? '?reference=a-reference' : ''
  if (path.endsWith('/feed')) return '?after=0&limit=5&wait_ms=0'
  if (path.endsWith('/events'))
    return '?after=1&limit=5&wait_ms=0'.replace('after=1&', path.includes('{') ? 'after=1&' : '')
  if (path === '/v1/captures') return '?conversation=talk-1'
  if (door === 'intake' && path === '/captures') return `?tenant=${tenant}&conversation=talk-1`
  return ['intake', 'egress'].includes(door) && path.includes('{') ? `?tenant=${tenant}` : ''
}

const createCapture = {
  conversation: 'talk-1',
  purpose: 'pay',
  fields: ['number', 'expiry', 'cvc'],
  amount: { amount_minor: 8000, currency: 'EUR' },
  mandate: { uses: 2, amount_max_minor: 8000, currency: 'EUR', not_after: '2040-01-01T00:00:00Z' },
  channel: 'web',
  locale: 'en',
  reference: 'order-1',
  metadata: { note: 'a note' },
  top_origin: shopOrigin,
}

/** A body that the route takes, or would take from somebody who has more than we have. */
function bodyFor(door: string, { path }: DoorRoute, values: Record<string, string>): object {
  const { tenant = '', token = '', capture = '', charge = '', ticket = '', keyId = '' } = values
  const epoch = Number(values['epoch'])
  const idempotency = { key: digest, body: digest }
  const charging = {
    token,
    amount_minor: 100,
    currency: 'EUR',
    operation: 'sale',
    capture_id: capture,
    reference: 'order-2',
  }
  const sealed = { key_id: keyId, enc: digest, ciphertext: 'c'.repeat(300), build: 'test', shown: digest }
  const context = {
    version: 1,
    suite: 1,
    mode: 'sandbox',
    tenant,
    token,
    class: 'card',
    created_ms: 1_800_000_000_000,
    mandate: {
      uses: 1,
      amount_max: 100,
      currency: 'EUR',
      account: 'acct_a',
      not_after_ms: 2_000_000_000_000,
      max_opens: 5,
    },
  }
  const record = { class: 'card', context, kek_id: 'a'.repeat(11), wrapped_dek: 'w'.repeat(107) }
  const cvcKey = { id: 'a'.repeat(11), instance: randomUUID() }
  const bodies: Record<string, object> = {
    'gateway /v1/captures': createCapture,
    'gateway /v1/captures/{id}/suspend': { reason: 'question' },
    'gateway /v1/charges': charging,
    'gateway /v1/charges/{id}/capture': { amount_minor: 1 },
    'gateway /v1/charges/{id}/refund': { amount_minor: 1 },
    'gateway /v1/test/captures/{id}/complete': { card: 'visa' },
    'gateway /v1/test/captures/{id}/reject': { field: 'number', code: 'incomplete' },
    'capture origin /v1/attach': { v: 1, capture_id: capture, channel: 'web', ancestors: [shopOrigin], build: 'test' },
    'capture origin /v1/progress': {
      capture_id: capture,
      epoch,
      items: [
        { kind: 'started', field: 'number' },
        { kind: 'completed', field: 'number', brand: 'visa', last4: '4242' },
        { kind: 'rejected', field: 'expiry', code: 'expired' },
      ],
    },
    'capture origin /v1/submit': { capture_id: capture, epoch, ...sealed },
    'capture origin /v1/link/open': { v: 1, claim: digest },
    'capture origin /v1/link/pick': { v: 1, choice: 0 },
    'capture origin /v1/cancel': { capture_id: capture, epoch },
    // Of an epoch that is over: the present one would wait for twenty seconds.
    'capture origin /v1/watch': { capture_id: capture, epoch: epoch + 1, after: 0 },
    'processor /v1/payments': payment,
    'processor /v1/payments/{id}/capture': { amount: 1 },
    'processor /v1/payments/{id}/refunds': { amount: 1 },
    'processor /v1/payments/{id}/challenge': { result: 'passed' },
    'shop /api/conversation': { fresh: false },
    'shop /api/say': { text: 'hello' },
    'shop /api/form': { capture_id: capture },
    'shop /api/hint': { capture_id: capture, token },
    'intake /captures': {
      tenant,
      capture_id: makeId('cap_'),
      client_secret_hash: digest,
      ticket,
      idempotency: { key: digest.replace(/d/g, () => 'abcdefgh'[Math.trunc(Math.random() * 8)] ?? 'a'), body: digest },
      request: createCapture,
    },
    'intake /captures/{id}/suspend': { tenant, reason: 'question' },
    'intake /captures/{id}/client_secret': { tenant, secret_version: 1, client_secret_hash: digest },
    'intake /captures/{id}/link': { tenant, after: 0, link_secret_hash: digest, phrase: 'amber lantern' },
    'egress /charges/terms': { tenant, token, charge_id: makeId('chg_') },
    'egress /charges': { tenant, charge_id: charge, idempotency, request: charging, grant: 'a.b.c' },
    'egress /charges/{id}/capture': { tenant, idempotency, amount_minor: 1 },
    'egress /charges/{id}/void': { tenant, idempotency },
    'egress /charges/{id}/refund': { tenant, idempotency, amount_minor: 1 },
    'keyd /open': { grant: 'a.b.c', records: [{ ...record, cvc_key: cvcKey }], reply_key: digest },
    'keyd /credential': {
      record: { ...record, context: { ...context, class: 'credential', mandate: null } },
      reply_key: digest,
    },
    'keyd /cvc/settle': { cvc_key: cvcKey, charge },
    'keyd /fingerprint': { ticket, inner: digest, cvc: true },
    'keyd /tombstone': { token: makeId('tok_test_'), tenant },
    'keyd /audit/checkpoint': { size: 1, checkpoint: 'origin\n1\nhash\n' },
  }
  return bodies[`${door} ${path}`] ?? (door === 'intake' ? { tenant } : {})
}
