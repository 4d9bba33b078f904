/** What there is behind the doors, so that requests find something. */
import { randomUUID } from 'node:crypto'
import { makeId } from '../../protocol/ids.ts'
import type { TestCharging } from '../testing/charging.ts'
import { TestFrame } from '../testing/frame.ts'
import { mintToken } from '../testing/mint.ts'
import { ticketFor } from '../testing/vault.ts'
import { payment } from './bodies.ts'

export interface Live extends Record<string, string> {
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
export async function makeLive(
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
  const ticket = await ticketFor(vault.secrets, vault.tenant.tenant, makeId('cap_'))
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
    ticket,
    token,
    charge: (await charged.json()).id,
    payment: (await paid.json()).id,
    cookie: talk.headers.get('set-cookie')?.split(';')[0] ?? '',
  }
}
