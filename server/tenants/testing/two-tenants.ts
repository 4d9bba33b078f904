/**
 * A whole deployment in this process but for its supervisor, and two tenants that an administrator made with the
 * functions of the command line: gateway, intake, egress, keyd, keeper and the sandbox processor over real doors.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addAccount, setCredential } from '../../admin/accounts.ts'
import type { Admin } from '../../admin/deployment.ts'
import { addTenant, type MadeTenant } from '../../admin/tenants.ts'
import type { GatewayConfig } from '../../config.ts'
import { startGateway } from '../../gateway/start.ts'
import { silent, type TestVault } from '../../testing/vault.ts'
import { startCharging, type TestCharging } from '../../testing/charging.ts'

export interface Tenant extends MadeTenant {
  origin: string
  account: string
}

export interface Answer {
  status: number
  text: string
  // Tests look into it; what is wrong fails them.
  body: Record<string, unknown>
  ms: number
}

export interface Request {
  method: string
  path: string
  body?: unknown
  /** The Idempotency-Key. */
  key?: string
  headers?: Record<string, string>
}

export interface TwoTenants {
  charging: TestCharging
  vault: TestVault
  admin: Admin
  gatewayUrl: string
  first: Tenant
  second: Tenant
  call(as: { secret_key: string } | null, request: Request): Promise<Answer>
  close(): Promise<void>
}

/** The gateway of this vault, at the real doors of intake and egress. */
export function gatewayConfig(vault: TestVault, folder: string): GatewayConfig {
  const { secrets, configs, databases, mode } = vault
  return {
    role: 'gateway',
    mode,
    database_url: databases.gateway.url('gateway'),
    inner_socket: join(folder, 'gateway.sock'),
    listen: { host: '127.0.0.1', port: 0 },
    public_url: 'https://pay.example',
    capture_origin: configs.intake.public_url,
    intake: { socket: configs.intake.inner_socket, audience: 'intake' },
    egress: { socket: configs.egress.inner_socket, audience: 'egress' },
    widget_dir: folder,
    request_key: secrets.request.gateway,
    grant_key: secrets.grant,
    ticket_key: secrets.ticket,
    derive_key: secrets.derive,
  }
}

export async function send(url: string, as: { secret_key: string } | null, request: Request): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: {
      ...(as !== null && { authorization: `Bearer ${as.secret_key}` }),
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
      ...(request.key !== undefined && { 'idempotency-key': request.key }),
      ...request.headers,
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  })
  const text = await response.text()
  const ms = performance.now() - began
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, text, body: isJson ? JSON.parse(text) : {}, ms }
}

export async function twoTenants(): Promise<TwoTenants> {
  const folder = mkdtempSync(join(tmpdir(), 'spt-'))
  const charging = await startCharging()
  const { vault } = charging
  const egress = await charging.startEgress()
  const gateway = await startGateway(gatewayConfig(vault, folder), { log: silent, feedWaitMs: 500 })
  const admin = await vault.admin()
  const make = async (name: string, origin: string): Promise<Tenant> => {
    const made = await addTenant(admin, { name, origins: [origin] })
    const { url, secret } = charging.processor
    const account = await addAccount(admin, { tenant: made.tenant, processor: 'sandbox', host: url })
    await setCredential(admin, account, Buffer.from(secret))
    return { ...made, origin, account }
  }
  const gatewayUrl = `http://127.0.0.1:${gateway.port}`
  return {
    charging,
    vault,
    admin,
    gatewayUrl,
    first: await make('First Shop', 'http://first.localhost:7400'),
    second: await make('Second Shop', 'http://second.localhost:7400'),
    call: (as, request) => send(gatewayUrl, as, request),
    close: async () => {
      await gateway.close()
      await egress.close()
      await charging.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
