/** A gateway on a real Postgres with fakes behind it, and a small client that speaks to it over HTTP. */
import pg from 'pg'
import { makeId } from '../../../protocol/ids.ts'
import { type TestDatabases, testDatabases } from '../../testing/postgres.ts'
import { hashKey } from '../keys.ts'
import { type Gateway, type GatewayDeps, startGateway } from '../start.ts'
import { type FakeDoors, fakeDoors, quietLog } from './fake-doors.ts'

export interface TestTenant {
  id: string
  key: string
}

export interface Answer {
  status: number
  headers: Headers
  // Tests look into it; what is wrong fails them.
  body: Record<string, unknown>
  text: string
}

export interface TestGateway {
  doors: FakeDoors
  databases: TestDatabases
  tenant: TestTenant
  other: TestTenant
  /** What Express has. */
  app(): Gateway['app']
  url(path: string): string
  addTenant(): Promise<TestTenant>
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  restart(deps?: GatewayDeps): Promise<void>
  close(): Promise<void>
}

export interface CallOptions {
  as?: TestTenant | null
  body?: unknown
  /** Sent as it is. */
  raw?: string | Uint8Array
  key?: string
  headers?: Record<string, string>
}

export async function testGateway(deps: GatewayDeps = {}): Promise<TestGateway> {
  const databases = await testDatabases(['gateway'])
  const doors = await fakeDoors(databases.gateway.url('gateway'))
  const withLog = (more: GatewayDeps): GatewayDeps => ({ log: quietLog, feedWaitMs: 500, ...more })
  let gateway: Gateway = await startGateway(doors.config, withLog(deps))

  async function addTenant(): Promise<TestTenant> {
    const tenant = { id: makeId('ten_'), key: `sk_test_${makeId('req_').slice(4)}` }
    const admin = new pg.Client({ connectionString: databases.gateway.url('admin') })
    await admin.connect()
    await admin.query('insert into tenants (id, name) values ($1, $2)', [tenant.id, 'A shop'])
    await admin.query('insert into api_keys (tenant, key_hash) values ($1, $2)', [tenant.id, hashKey(tenant.key)])
    await admin.end()
    return tenant
  }
  const tenant = await addTenant()
  const other = await addTenant()

  const url = (path: string): string => `http://127.0.0.1:${gateway.port}${path}`
  return {
    doors,
    databases,
    tenant,
    other,
    app: () => gateway.app,
    url,
    addTenant,
    async call(method, path, options = {}) {
      const caller = options.as === undefined ? tenant : options.as
      const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
      const response = await fetch(url(path), {
        method,
        headers: {
          ...(caller !== null && { authorization: `Bearer ${caller.key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(options.key !== undefined && { 'idempotency-key': options.key }),
          ...options.headers,
        },
        // Sound: fetch takes both; its type wants an ArrayBuffer behind the bytes.
        ...(body !== undefined && { body: body as BodyInit }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json') === true
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text }
    },
    async restart(more = deps) {
      await gateway.close()
      gateway = await startGateway(doors.config, withLog(more))
    },
    async close() {
      await gateway.close()
      await doors.close()
      await databases.drop()
    },
  }
}
