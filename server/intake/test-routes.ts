/**
 * Sandbox alone: an agent is tested without a browser. The card is one of the published test numbers and goes the same
 * way as a typed one, from judging to minting; only the frame and its sealing are left out.
 */
import { captureAad, captureInfo } from '../../crypto/capture-binding.ts'
import { encodeCard } from '../../crypto/card-bytes.ts'
import { seal } from '../../crypto/hpke-node.ts'
import { Pan } from '../../crypto/pan.ts'
import { Secret } from '../../crypto/secret.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { testCompleteRequest, testRejectRequest } from '../../protocol/agent-http.ts'
import { postalExample } from '../../protocol/postal-codes.ts'
import { tenantId } from '../../protocol/inner-http.ts'
import type { z } from 'zod/mini'
import type { InnerRoutes } from '../doors/inner-door.ts'
import { countryOf, takeUp } from './attach.ts'
import type { Intake } from './context.ts'
import { ownCapture, toAnswer } from './own-capture.ts'
import { parse } from './shapes.ts'
import { change, readCapture } from './store.ts'
import { codeLength } from './stored-card.ts'
import { shownHash } from './submission.ts'
import { submit } from './submit.ts'
import { tenantById } from './tenants.ts'

const testCards = {
  visa: '4242424242424242',
  mastercard: '5555555555554444',
  amex: '378282246310005',
  declined: '4000000000000002',
  insufficient_funds: '4000000000009995',
  challenge: '4000000000003220',
  cartes_bancaires_visa: '4000002500001001',
  cartes_bancaires_mastercard: '5555552500001001',
} as const

const split = (raw: unknown): { tenant: string; rest: unknown } => {
  if (typeof raw !== 'object' || raw === null || !('tenant' in raw)) throw new SallyportError('request.malformed')
  const { tenant, ...rest } = raw
  return { tenant: parse(tenantId, tenant), rest }
}

export function testRoutes(intake: Intake): InnerRoutes {
  const gateway = ['gateway'] as const
  const answer = async (id: string) => {
    const stored = await readCapture(intake.db, id)
    if (stored === null) throw new SallyportError('request.not_found')
    return { capture: toAnswer(stored.capture, stored.metadata) }
  }
  return {
    'POST /test/captures/:id/complete': {
      callers: gateway,
      handle: async (raw, { params }) => {
        const { tenant, rest } = split(raw)
        const id = params['id'] ?? ''
        await ownCapture(intake, tenant, id)
        await completeWith(intake, tenant, id, parse(testCompleteRequest, rest))
        return answer(id)
      },
    },
    'POST /test/captures/:id/reject': {
      callers: gateway,
      handle: async (raw, { params }) => {
        const { tenant, rest } = split(raw)
        const id = params['id'] ?? ''
        const { capture } = await ownCapture(intake, tenant, id)
        const body = parse(testRejectRequest, rest)
        if (!capture.attached) await change(intake.db, id, () => [{ kind: 'attach', channel: 'web' }])
        await change(intake.db, id, (stored) => [
          {
            kind: 'field_rejected',
            epoch: stored.capture.epoch,
            field: body.field ?? 'number',
            code: body.code ?? 'incomplete',
          },
        ])
        return answer(id)
      },
    },
    'POST /test/captures/:id/expire': {
      callers: gateway,
      handle: async (raw, { params }) => {
        const { tenant } = split(raw)
        const id = params['id'] ?? ''
        await ownCapture(intake, tenant, id)
        await change(intake.db, id, () => [{ kind: 'expire', reason: 'test' }])
        return answer(id)
      },
    },
  }
}

async function completeWith(
  intake: Intake,
  tenantName: string,
  id: string,
  { card: name = 'visa', network }: z.infer<typeof testCompleteRequest>,
): Promise<void> {
  const tenant = await tenantById(intake.db, tenantName)
  if (tenant === null) throw new SallyportError('request.not_found')
  const origin = tenant.origins[0]
  if (origin === undefined) throw new SallyportError('channel.origin')
  const stored = await readCapture(intake.db, id)
  if (stored === null) throw new SallyportError('request.not_found')
  // An epoch of its own, as any second attach: what a page has open loses the form.
  const ancestors = [stored.topOrigin ?? origin]
  const attached = await takeUp(intake, stored, { v: 1, capture_id: id, channel: 'web', ancestors, build: 'test' })
  const shown = shownHash(attached)
  const code = (brand: string): Buffer => Buffer.from('1234').subarray(0, codeLength(brand) ?? 3)
  const plaintext =
    attached.card !== undefined
      ? code(attached.card.brand)
      : encodeCard({
          number: new Pan(Buffer.from(testCards[name])),
          expMonth: 12,
          expYear: new Date(intake.now()).getUTCFullYear() + 3,
          ...(attached.fields.includes('cvc') && { cvc: new Secret(code(name)) }),
          ...(attached.fields.includes('name') && { name: 'Test Customer' }),
          ...(attached.fields.includes('postal_code') && {
            postalCode: postalExample(countryOf(stored.capture)),
          }),
          ...(network && { network }),
        })
  const { enc, ciphertext } = seal({
    kem: 'x25519',
    publicKey: Buffer.from(attached.key.public_key, 'base64url'),
    info: captureInfo(tenant.id, attached.origin),
    aad: captureAad({
      capture: id,
      epoch: attached.epoch,
      keyId: attached.key.key_id,
      build: 'test',
      shownHash: shown,
    }),
    plaintext,
  })
  plaintext.fill(0)
  await submit(
    intake,
    {
      capture_id: id,
      epoch: attached.epoch,
      key_id: attached.key.key_id,
      enc: enc.toString('base64url'),
      ciphertext: ciphertext.toString('base64url'),
      build: 'test',
      shown,
    },
    attached.session_secret,
  )
}
