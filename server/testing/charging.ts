/**
 * The charging half in this process: the sandbox processor over real HTTP, the vault of `vault.ts`, egress on its real
 * door. The test plays the gateway: it asks for terms, signs grants and sends charges.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import type { ChargeAnswer, CreateChargeRequest } from '../../protocol/agent-http.ts'
import { type SallyportEvent, parseEvent } from '../../protocol/events.ts'
import { lettersFrom } from '../../protocol/ids.ts'
import type { EgressConfig, Jwk } from '../config.ts'
import { innerClient, type InnerCall } from '../doors/inner-client.ts'
import { startEgress } from '../egress/start.ts'
import type { GrantClaims } from '../grants/claims.ts'
import { signGrant } from '../grants/sign.ts'
import type { Log } from '../log.ts'
import type { Processor } from '../processors/processor.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import { Books } from '../processors/sandbox/server/books.ts'
import type { Payment } from '../processors/sandbox/server/payments.ts'
import { startSandbox } from '../processors/sandbox/server/start.ts'
import { freePorts } from './free-ports.ts'
import { silent, startVault, type TestVault, type VaultOptions } from './vault.ts'

export interface Reply {
  charge: ChargeAnswer
  replayed: boolean
}

export interface ChargeCall extends Partial<CreateChargeRequest> {
  token: string
  /** The Idempotency-Key. */
  key?: string
}

export interface TestGateway {
  call: InnerCall
  charge(request: ChargeCall, claims?: Partial<GrantClaims>): Promise<Reply>
  change(
    id: string,
    operation: 'capture' | 'void' | 'refund',
    body?: { amount_minor?: number; key?: string },
  ): Promise<Reply>
  get(id: string): Promise<ChargeAnswer>
  /** A request with a grant for exactly this, as the gateway makes it. */
  prepare(request: ChargeCall, claims?: Partial<GrantClaims>): Promise<{ chargeId: string; body: object }>
}

export interface EgressOptions {
  leaseMs?: number
  timeoutMs?: number
  log?: Log
  /** A second egress beside the first, with a key and a socket of its own. */
  besides?: Jwk
  processors?: readonly Processor[]
  /** The schema's files that it knows. */
  schema?: readonly string[]
}

export interface RunningGateway extends TestGateway {
  close(): Promise<void>
}

export interface TestCharging {
  vault: TestVault
  tenant: string
  startEgress(options?: EgressOptions): Promise<RunningGateway>
  /** How many payments the processor has of this charge, or of this order. */
  payments(filter: { reference?: string; order?: string }): Promise<number>
  /** All payments, as they stand in the processor's own books. */
  books(): Payment[]
  /** The newest payment that the processor has of this charge. */
  payment(reference: string): Promise<Record<string, unknown> | undefined>
  processor: { url: string; secret: string; stop(): Promise<void>; start(): Promise<void> }
  events(subject: string): Promise<SallyportEvent[]>
  /** As the superuser. */
  sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  close(): Promise<void>
}

interface Listed {
  count: number
  data: Record<string, unknown>[]
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

export async function startCharging(
  options: { processorUrl?: string; log?: Log } & Pick<
    VaultOptions,
    'cardLimits' | 'behindProxy' | 'auditPort' | 'earlier'
  > = {},
): Promise<TestCharging> {
  const folder = mkdtempSync(join(tmpdir(), 'spc-'))
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const vault = await startVault({ ...options, log: options.log ?? silent, processorUrl: options.processorUrl ?? url })
  const secret = vault.secrets.sandbox_processor
  const stateFile = join(folder, 'state.json')
  const begin = () => startSandbox({ port, state_file: stateFile, secret })
  let processor = await begin()
  const { db } = vault
  const { tenant } = vault.tenant
  const running = new Set<RunningGateway>()
  const listed = async (filter: Record<string, string>): Promise<Listed> => {
    const query = new URLSearchParams(filter)
    const answer = await fetch(`${url}/v1/payments?${query}`, { headers: { authorization: `Bearer ${secret}` } })
    return answer.json()
  }

  return {
    vault,
    tenant,
    startEgress: async (egressOptions = {}) => {
      const gateway = await startOne(vault, egressOptions)
      const close = async (): Promise<void> => {
        if (running.delete(one)) await gateway.close()
      }
      const one = { ...gateway, close }
      running.add(one)
      return one
    },
    payments: async (filter) => (await listed(filter)).count,
    books: () => new Books(stateFile).list({}),
    payment: async (reference) => (await listed({ reference })).data[0],
    processor: {
      url,
      secret,
      stop: () => processor.close(),
      start: async () => {
        processor = await begin()
      },
    },
    events: async (subject) => {
      const { rows } = await db.query<{ envelope: unknown }>(
        'select envelope from events where subject = $1 order by sequence',
        [subject],
      )
      return rows.map(({ envelope }) => parseEvent(envelope))
    },
    sql: async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await db.query<R>(text, values)).rows,
    close: async () => {
      for (const one of [...running]) await one.close()
      await processor.close()
      await vault.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A client of whoever listens on egress' door. */
export function gatewayTo(vault: TestVault, socket: string = vault.configs.egress.inner_socket): TestGateway {
  const key = vault.secrets.request.gateway
  return asGateway(vault, innerClient({ peer: { socket, audience: 'egress' }, issuer: 'gateway', key }))
}

async function startOne(vault: TestVault, options: EgressOptions): Promise<RunningGateway> {
  const base = vault.configs.egress
  const config: EgressConfig = {
    ...base,
    ...(options.timeoutMs === undefined ? {} : { processor_timeout_ms: options.timeoutMs }),
    ...(options.besides === undefined
      ? {}
      : { request_key: options.besides, inner_socket: base.inner_socket.replace('/egress/', '/egress-2/') }),
  }
  const egress = await startEgress(config, {
    processors: options.processors ?? [sandbox],
    log: options.log ?? silent,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    ...(options.schema === undefined ? {} : { schema: options.schema }),
  })
  const gateway = gatewayTo(vault, config.inner_socket)
  return {
    ...gateway,
    close: async () => {
      gateway.call.close()
      await egress.close()
    },
  }
}

function asGateway(vault: TestVault, call: InnerCall): TestGateway {
  const { tenant } = vault.tenant
  const deadlineMs = 45_000

  const prepare: TestGateway['prepare'] = async ({ key = randomUUID(), ...given }, claims = {}) => {
    const request = { amount_minor: 8_000, currency: 'EUR', ...given }
    const chargeId = `chg_${lettersFrom(createHash('sha512').update(`${tenant}${key}`).digest())}`
    // Sound: terms' own shape is what egress answers with.
    const asked = { tenant, token: request.token, charge_id: chargeId }
    const terms = (await call('POST', '/charges/terms', asked, { deadlineMs })) as {
      account: string
      attempt: number
      classes: ['card']
      egress: string
    }
    const iat = Math.floor(Date.now() / 1000)
    const grant = await signGrant(
      {
        iss: 'gateway',
        aud: 'keyd',
        jti: randomUUID(),
        iat,
        exp: iat + 60,
        mode: 'sandbox',
        tenant,
        token: request.token,
        classes: terms.classes,
        charge: chargeId,
        operation: request.operation ?? 'sale',
        attempt: terms.attempt,
        amount_minor: request.amount_minor,
        currency: request.currency,
        account: terms.account,
        egress: terms.egress,
        ...claims,
      },
      vault.secrets.grant,
    )
    const idempotency = { key: digest(`POST /v1/charges ${key}`), body: digest(JSON.stringify(request)) }
    return { chargeId, body: { tenant, charge_id: chargeId, idempotency, request, grant } }
  }

  return {
    call,
    prepare,
    charge: async (request, claims) => {
      const { body } = await prepare(request, claims)
      return (await call('POST', '/charges', body, { deadlineMs })) as Reply
    },
    change: async (id, operation, { key = randomUUID(), ...body } = {}) => {
      const idempotency = {
        key: digest(`POST /v1/charges/${id}/${operation} ${key}`),
        body: digest(JSON.stringify(body)),
      }
      return (await call(
        'POST',
        `/charges/${id}/${operation}`,
        { tenant, idempotency, ...body },
        { deadlineMs },
      )) as Reply
    },
    get: async (id) => (await call('GET', `/charges/${id}?tenant=${tenant}`)) as ChargeAnswer,
  }
}
