/**
 * In-process stand-ins for intake and egress behind real inner doors, with what the gateway relies on: idempotency, a
 * feed with positions, refusals by code. They keep everything they are told, for tests to look at.
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod/mini'
import type { CaptureAnswer, ChargeAnswer } from '../../../protocol/agent-http.ts'
import type { CaptureState } from '../../../protocol/capture-states.ts'
import { SallyportError } from '../../../protocol/errors.ts'
import type { SallyportEvent } from '../../../protocol/events.ts'
import { makeId } from '../../../protocol/ids.ts'
import {
  innerChargeOperation,
  innerClientSecret,
  innerCreateCapture,
  type InnerCreateCapture,
  innerCreateCharge,
  type InnerCreateCharge,
  innerLeak,
  type InnerLeak,
  innerLink,
  type InnerLink,
} from '../../../protocol/inner-http.ts'
import type { GatewayConfig, Jwk } from '../../config.ts'
import { type InnerDoor, innerDoor, type InnerRoutes } from '../../doors/inner-door.ts'
import { makeLog } from '../../log.ts'

export function makeJwk(): Jwk {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}

export const quietLog = makeLog('test', { write: () => undefined })
const time = '2030-01-01T00:00:00.000Z'

/** The vault's log, as the feed tells it. */
export class FakeFeed {
  logId = 'log-1'
  entries: { position: number; tenant: string; event: unknown }[] = []
  readonly #sequences = new Map<string, number>()
  readonly #waiting = new Set<() => void>()

  get head(): number {
    return this.entries.at(-1)?.position ?? 0
  }

  push(
    tenant: string,
    event: Omit<SallyportEvent, 'sequence' | 'id' | 'specversion' | 'source' | 'time' | 'datacontenttype'>,
  ): number {
    const sequence = (this.#sequences.get(event.subject) ?? 0) + 1
    this.#sequences.set(event.subject, sequence)
    const whole = {
      specversion: '1.0',
      id: makeId('evt_'),
      source: `/tenants/${tenant}`,
      time,
      sequence,
      datacontenttype: 'application/json',
      ...event,
    }
    this.pushRaw(tenant, whole)
    return sequence
  }

  pushRaw(tenant: string, event: unknown): void {
    this.entries.push({ position: this.head + 1, tenant, event })
    for (const wake of this.#waiting) wake()
  }

  /** As after a restore. */
  become(logId: string, keep: number): void {
    this.logId = logId
    this.entries = this.entries.slice(0, keep)
    for (const wake of this.#waiting) wake()
  }

  async read(after: number, limit: number, waitMs: number): Promise<object> {
    const events = () => this.entries.filter((entry) => entry.position > after).slice(0, limit)
    if (events().length === 0 && after <= this.head) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiting.delete(done)
          resolve()
        }
        this.#waiting.add(done)
        void delay(waitMs).then(done)
      })
    }
    return { log_id: this.logId, head: this.head, events: events() }
  }
}

export const createdEvent = (subject: string, conversation: string) => ({
  subject,
  conversation,
  type: 'capture.created' as const,
  data: { epoch: 0, state: 'created' as const, purpose: 'save' as const, fields: [], expires_at: time },
})
export const progressEvent = (subject: string, conversation: string) => ({
  subject,
  conversation,
  type: 'capture.field.progress' as const,
  data: { epoch: 1, state: 'collecting' as const, field: 'number' as const, level: 'some' as const },
})

interface KeptCapture {
  tenant: string
  capture: CaptureAnswer
  version: number
  links: number
}

export class FakeIntake {
  readonly feed = new FakeFeed()
  readonly captures = new Map<string, KeptCapture>()
  readonly created: InnerCreateCapture[] = []
  readonly keys = new Map<string, { body: string; id: string }>()
  readonly secretHashes: string[] = []
  readonly links: InnerLink[] = []
  readonly leaks: InnerLeak[] = []
  readonly #linkKeys = new Map<string, { body: string; version: number }>()
  /** Thrown by the next call to POST /captures. */
  refuseNext: SallyportError | null = null

  routes(): InnerRoutes {
    const callers = ['gateway'] as const
    const own = (id: string | undefined, tenant: unknown): KeptCapture => {
      const kept = this.captures.get(id ?? '')
      if (kept === undefined || kept.tenant !== tenant) throw new SallyportError('request.not_found')
      return kept
    }
    const tenantOf = (body: unknown): unknown => (body as { tenant?: unknown }).tenant
    const command = (state: CaptureState) => ({
      callers,
      handle: async (body: unknown, { params }: { params: Readonly<Record<string, string>> }) => {
        const kept = own(params['id'], tenantOf(body))
        if (kept.capture.state === state) throw new SallyportError('system.conflict')
        kept.capture = { ...kept.capture, state }
        return { capture: kept.capture }
      },
    })
    return {
      'POST /captures': { callers, handle: async (body) => this.#create(innerCreateCapture.parse(body)) },
      'GET /captures': {
        callers,
        handle: async (_body, { query }) => ({
          captures: [...this.captures.values()]
            .filter(
              ({ tenant, capture }) =>
                tenant === query.get('tenant') && capture.conversation === query.get('conversation'),
            )
            .map(({ capture }) => capture)
            .reverse(),
        }),
      },
      'GET /captures/:id': {
        callers,
        handle: async (_body, { params, query }) => {
          const { capture, version } = own(params['id'], query.get('tenant'))
          return { capture, secret_version: version }
        },
      },
      'POST /captures/:id/cancel': command('canceled'),
      'POST /captures/:id/suspend': command('suspended'),
      'POST /captures/:id/resume': command('collecting'),
      'POST /test/captures/:id/complete': command('completed'),
      'POST /test/captures/:id/reject': command('collecting'),
      'POST /test/captures/:id/expire': command('expired'),
      'POST /captures/:id/client_secret': {
        callers,
        handle: async (raw, { params }) => {
          const body = innerClientSecret.parse(raw)
          const kept = own(params['id'], body.tenant)
          if (kept.version !== body.secret_version) throw new SallyportError('system.conflict')
          kept.version += 1
          this.secretHashes.push(body.client_secret_hash)
          return { expires_at: time }
        },
      },
      'POST /captures/:id/link': {
        callers,
        handle: async (raw, { params }) => this.#link(own(params['id'], tenantOf(raw)), innerLink.parse(raw)),
      },
      'POST /leaks': {
        callers,
        handle: async (raw) => {
          const input = innerLeak.parse(raw)
          const known = input.idempotency && this.keys.get(input.idempotency.key)
          if (known !== undefined && known.body !== input.idempotency?.body)
            throw new SallyportError('request.idempotency_conflict')
          this.leaks.push(input)
          if (input.idempotency)
            this.keys.set(input.idempotency.key, known ?? { body: input.idempotency.body, id: input.event_id })
          const leak = { id: known?.id ?? input.event_id, count: input.report.findings.length }
          return { leak, replayed: known !== undefined }
        },
      },
      'POST /tokens/:id/erase': {
        callers,
        handle: async (_body, { params }) => ({ id: params['id'], state: 'erased', irrevocable_by: time }),
      },
      'GET /feed': {
        callers,
        handle: (_body, { query }) =>
          this.feed.read(Number(query.get('after')), Number(query.get('limit')), Number(query.get('wait_ms'))),
      },
    }
  }

  #link(kept: KeptCapture, input: InnerLink): object {
    const known = input.idempotency && this.#linkKeys.get(input.idempotency.key)
    if (known !== undefined && known.body !== input.idempotency?.body)
      throw new SallyportError('request.idempotency_conflict')
    const sentence = 'As intake says it.'
    const words = {
      lang: 'en',
      dir: 'ltr',
      title: sentence,
      phrase: sentence,
      open: sentence,
      scan: sentence,
      next: sentence,
    }
    const answer = { capture: kept.capture, words, expires_at: time }
    if (known !== undefined) return { ...answer, version: known.version, made: 'before' }
    if (kept.links > input.after) return { ...answer, version: kept.links, made: 'by_another' }
    kept.links += 1
    this.links.push(input)
    if (input.idempotency)
      this.#linkKeys.set(input.idempotency.key, { body: input.idempotency.body, version: kept.links })
    return { ...answer, version: kept.links, made: 'now' }
  }

  #create(input: InnerCreateCapture): object {
    if (this.refuseNext !== null) {
      const refusal = this.refuseNext
      this.refuseNext = null
      throw refusal
    }
    this.created.push(input)
    const known = input.idempotency && this.keys.get(input.idempotency.key)
    if (known !== undefined) {
      if (known.body !== input.idempotency?.body) throw new SallyportError('request.idempotency_conflict')
      const kept = this.captures.get(known.id)
      return { capture: kept?.capture, secret_version: kept?.version, replayed: true }
    }
    const { conversation, purpose } = input.request
    const capture: CaptureAnswer = {
      id: input.capture_id,
      conversation,
      purpose,
      state: 'created',
      fields: {},
      epoch: 0,
      sequence: 1,
      created_at: time,
      expires_at: time,
    }
    this.captures.set(capture.id, { tenant: input.tenant, capture, version: 1, links: 0 })
    if (input.idempotency) this.keys.set(input.idempotency.key, { body: input.idempotency.body, id: capture.id })
    this.feed.push(input.tenant, createdEvent(capture.id, conversation))
    return { capture, secret_version: 1, replayed: false }
  }
}

export class FakeEgress {
  readonly charges = new Map<string, { tenant: string; body: string; charge: ChargeAnswer }>()
  readonly operations = new Map<string, { body: string; charge: ChargeAnswer }>()
  readonly grants: string[] = []
  thumbprint = 'egress-thumbprint'
  /** Tokens that egress gives no terms for any more. */
  readonly spent = new Set<string>()
  outcome: ChargeAnswer['state'] = 'captured'
  refuseNext: SallyportError | null = null

  routes(): InnerRoutes {
    const callers = ['gateway'] as const
    const operation = {
      callers,
      handle: async (raw: unknown, { params }: { params: Readonly<Record<string, string>> }) =>
        this.#operate(params['id'] ?? '', innerChargeOperation.parse(raw)),
    }
    return {
      'POST /charges/terms': {
        callers,
        handle: async (body) => {
          const { token } = body as { token: string }
          if (this.spent.has(token)) throw new SallyportError('policy.purpose_not_allowed')
          return {
            account: 'acct_aaaaaaaaaaaaaaaaaaaaaaaaaa',
            attempt: 1,
            classes: ['card', 'cvc'],
            egress: this.thumbprint,
            processor: 'sandbox',
          }
        },
      },
      'POST /charges': { callers, handle: async (body) => this.#create(innerCreateCharge.parse(body)) },
      'GET /charges/:id': {
        callers,
        handle: async (_body, { params, query }) => {
          const kept = this.charges.get(params['id'] ?? '')
          if (kept === undefined || kept.tenant !== query.get('tenant')) throw new SallyportError('request.not_found')
          return kept.charge
        },
      },
      'GET /tokens/:id': { callers, handle: () => Promise.reject(new SallyportError('request.not_found')) },
      'POST /charges/:id/capture': operation,
      'POST /charges/:id/void': operation,
      'POST /charges/:id/refund': operation,
    }
  }

  #create(input: InnerCreateCharge): object {
    if (this.refuseNext !== null) {
      const refusal = this.refuseNext
      this.refuseNext = null
      throw refusal
    }
    const kept = this.charges.get(input.charge_id)
    if (kept !== undefined) {
      if (kept.body !== input.idempotency.body) throw new SallyportError('request.idempotency_conflict')
      return { charge: kept.charge, replayed: true }
    }
    this.grants.push(input.grant)
    const { token, amount_minor, currency, operation = 'sale' } = input.request
    const charge: ChargeAnswer = {
      id: input.charge_id,
      state: this.outcome,
      token,
      amount_minor,
      currency,
      operation,
      processor: 'sandbox',
      amount_authorized_minor: 0,
      amount_captured_minor: 0,
      amount_refunded_minor: 0,
      created_at: time,
      updated_at: time,
    }
    this.charges.set(charge.id, { tenant: input.tenant, body: input.idempotency.body, charge })
    return { charge, replayed: false }
  }

  #operate(id: string, input: z.infer<typeof innerChargeOperation>): object {
    const kept = this.charges.get(id)
    if (kept === undefined || kept.tenant !== input.tenant) throw new SallyportError('request.not_found')
    const known = this.operations.get(input.idempotency.key)
    if (known !== undefined) {
      if (known.body !== input.idempotency.body) throw new SallyportError('request.idempotency_conflict')
      return { charge: known.charge, replayed: true }
    }
    kept.charge = { ...kept.charge, state: 'refunded' }
    this.operations.set(input.idempotency.key, { body: input.idempotency.body, charge: kept.charge })
    return { charge: kept.charge, replayed: false }
  }
}

export interface FakeDoors {
  config: GatewayConfig
  intake: FakeIntake
  egress: FakeEgress
  stopIntake(): Promise<void>
  startIntake(): Promise<void>
  close(): Promise<void>
}

/** A configuration whose peers are fakes; the gateway itself is the caller's to start. */
export async function fakeDoors(databaseUrl: string): Promise<FakeDoors> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-gateway-'))
  const requestKey = makeJwk()
  const { d: _d, ...publicKey } = requestKey
  const intake = new FakeIntake()
  const egress = new FakeEgress()
  const door = (audience: 'intake' | 'egress', routes: InnerRoutes): Promise<InnerDoor> =>
    innerDoor({
      audience,
      callers: { gateway: publicKey },
      routes,
      socket: join(folder, `${audience}.sock`),
      log: quietLog,
    })
  let intakeDoor = await door('intake', intake.routes())
  const egressDoor = await door('egress', egress.routes())
  return {
    config: {
      role: 'gateway',
      mode: 'sandbox',
      database_url: databaseUrl,
      inner_socket: join(folder, 'gateway.sock'),
      listen: { host: '127.0.0.1', port: 0 },
      public_url: 'https://pay.example',
      capture_origin: 'https://capture.example',
      intake: { socket: join(folder, 'intake.sock'), audience: 'intake' },
      egress: { socket: join(folder, 'egress.sock'), audience: 'egress' },
      widget_dir: folder,
      request_key: requestKey,
      grant_key: makeJwk(),
      ticket_key: makeJwk(),
      derive_key: Buffer.alloc(32, 7).toString('base64url'),
    },
    intake,
    egress,
    stopIntake: () => intakeDoor.close(),
    startIntake: async () => {
      intakeDoor = await door('intake', intake.routes())
    },
    close: async () => {
      await Promise.all([intakeDoor.close(), egressDoor.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
