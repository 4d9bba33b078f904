/** The security code of a stored card, asked for alone: from the agent's request to a charge that uses it (DESIGN §5). */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captureAnswer } from '../../protocol/agent-http.ts'
import type { CreateCaptureRequest } from '../../protocol/agent-http.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { TestFrame } from '../testing/frame.ts'
import { mintToken } from '../testing/mint.ts'

let charging: TestCharging
let gateway: RunningGateway
beforeAll(async () => {
  charging = await startCharging()
  gateway = await charging.startEgress({ timeoutMs: 1_500 })
})
afterAll(() => charging?.close())

const mandate = { uses: 5, amount_max_minor: 50_000, currency: 'EUR' }
const reference = (): string => `order-${randomUUID()}`

/** A stored card whose first charge has taken the code that came with it. */
async function stored(card: Parameters<typeof mintToken>[1] = 'visa'): Promise<string> {
  const { token } = await mintToken(charging.vault, card, { mandate })
  await gateway.charge({ token, reference: reference() })
  return token
}

async function asked(token: string, request: Partial<CreateCaptureRequest> = {}) {
  const { id, clientSecret } = await charging.vault.createCapture({ token, fields: ['cvc'], ...request })
  const frame = new TestFrame(charging.vault.intakeUrl, id)
  const { body: attached, status } = await frame.attach(clientSecret)
  return { id, frame, attached, status, clientSecret }
}
const captureOf = async (id: string) => {
  const path = `/captures/${id}?tenant=${charging.tenant}`
  return captureAnswer.parse(((await charging.vault.asGateway('GET', path)) as { capture: unknown }).capture)
}
const codeChecked = async (chargeId: string) => (await charging.payment(chargeId))?.['cvc_check']

describe('the code of a stored card', () => {
  test('goes to the processor with the next charge of that token, once, and the charge after it says that it is spent', async () => {
    const token = await stored()
    const before = await gateway.charge({ token, reference: reference() })
    expect(await codeChecked(before.charge.id)).toBe('unchecked')

    const { id, frame, attached } = await asked(token)
    expect(attached).toMatchObject({ fields: ['cvc'], card: { brand: 'visa', last4: '4242' }, purpose: 'pay' })
    const done = await frame.submit(attached, await frame.sealCode(attached, '737'))
    expect(done.body).toEqual({ status: 'completed', token, brand: 'visa', last4: '4242' })
    expect(await captureOf(id)).toMatchObject({
      state: 'completed',
      token: { id: token, uses: 5 },
      fields: { cvc: 'complete' },
    })

    const used = await gateway.charge({ token, reference: reference() })
    expect(used.charge.state).toBe('captured')
    expect(await codeChecked(used.charge.id)).toBe('passed')
    expect(await charging.sql('select from cvc where token = $1', [token])).toHaveLength(0)
    const after = await gateway.charge({ token, reference: reference() })
    expect(await codeChecked(after.charge.id)).toBe('unchecked')
    expect(await charging.sql('select cvc from charges where id = $1', [after.charge.id])).toEqual([{ cvc: 'spent' }])
  })

  test('leaves nothing of itself in the vault: no new token, no digits, one audit line', async () => {
    const token = await stored()
    const count = async (table: string) => (await charging.sql(`select from ${table}`)).length
    const before = [await count('tokens'), await count('records'), await count('fingerprints')]
    const { id, frame, attached } = await asked(token)
    await frame.submit(attached, await frame.sealCode(attached, '737'))
    expect([await count('tokens'), await count('records'), await count('fingerprints')]).toEqual(before)
    const lines = await charging.sql<{ entry: string }>('select entry from audit where entry like $1', [`%${id}%`])
    expect(lines.map(({ entry }) => JSON.parse(entry).action)).toEqual(['code'])
    expect(lines[0]?.entry).not.toContain(token)
    const events = await charging.events(id)
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['capture.processing', 'capture.completed'])
    expect(JSON.stringify(events)).not.toContain('737')
  })

  test('that is sent twice, as after a lost answer, is one code; other bytes are refused', async () => {
    const { frame, attached } = await asked(await stored())
    const sealed = await frame.sealCode(attached, '737')
    const answers = await Promise.all([frame.submit(attached, sealed), frame.submit(attached, sealed)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const other = await frame.submit(attached, await frame.sealCode(attached, '738'))
    expect(other.body.code).toBe('system.conflict')
  })

  test('is judged by the stored card, and the agent hears the reason that the person is told', async () => {
    for (const [card, wrong, reason, right] of [
      ['amex', '737', 'incomplete', '7373'],
      ['visa', '7373', 'too_long', '737'],
    ] as const) {
      const { id, frame, attached } = await asked(await stored(card))
      const refused = await frame.submit(attached, await frame.sealCode(attached, wrong))
      expect(refused).toMatchObject({ status: 422, body: { code: `input.${reason}`, field: 'cvc' } })
      const events = await charging.events(id)
      expect(events.at(-1)).toMatchObject({ type: 'capture.field.rejected', data: { field: 'cvc', code: reason } })
      expect((await frame.submit(attached, await frame.sealCode(attached, right))).status).toBe(200)
    }
  })

  test('is no card: a whole card under a capture of the code alone is malformed, and the code under one of a card', async () => {
    const { frame, attached } = await asked(await stored())
    const card = await frame.seal(attached, { number: '4242424242424242', cvc: '123' })
    expect((await frame.submit(attached, card)).body.code).toBe('request.malformed')
    const whole = await charging.vault.createCapture()
    const other = new TestFrame(charging.vault.intakeUrl, whole.id)
    const { body } = await other.attach(whole.clientSecret)
    expect((await other.submit(body, await other.sealCode(body, '737'))).body.code).toBe('request.malformed')
  })

  test('is bound to what the form showed of the card: with other last digits it does not open', async () => {
    const { frame, attached } = await asked(await stored())
    const shown = { ...attached, card: { brand: 'visa', last4: '0002' } }
    expect((await frame.submit(attached, await frame.sealCode(shown, '737'))).body.code).toBe('system.conflict')
    // Control: as it was shown, it opens.
    expect((await frame.submit(attached, await frame.sealCode(attached, '737'))).status).toBe(200)
  })

  test('comes by the sandbox test route as well, so that an agent is tested without a browser', async () => {
    const token = await stored('amex')
    const { id } = await charging.vault.createCapture({ token })
    await charging.vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant: charging.tenant })
    const { charge } = await gateway.charge({ token, reference: reference() })
    expect(await codeChecked(charge.id)).toBe('passed')
  })
})

describe('a charge after a code that cannot be used', () => {
  const declined = async (token: string) => {
    const { charge } = await gateway.charge({ token, reference: reference() })
    expect(charge.state).toBe('declined')
    expect(await codeChecked(charge.id)).toBe('unchecked')
    return charge.error?.cvc
  }
  const given = async () => {
    const token = await stored('declined')
    const { frame, attached } = await asked(token)
    expect((await frame.submit(attached, await frame.sealCode(attached, '737'))).status).toBe(200)
    return token
  }

  test('says expired once its five minutes are over', async () => {
    const token = await given()
    await charging.sql("update tokens set cvc_until = clock_timestamp() - interval '1 s' where id = $1", [token])
    await charging.sql("update cvc set expires_at = clock_timestamp() - interval '1 s' where token = $1", [token])
    expect(await declined(token)).toBe('expired')
  })
  test('says lost when the keyd that held its key is gone, and a new code mends it', async () => {
    const token = await given()
    await charging.vault.restart('keyd')
    const { charge } = await gateway.charge({ token, reference: reference() })
    expect(charge.error?.cvc).toBe('lost')
    const { frame, attached } = await asked(token)
    await frame.submit(attached, await frame.sealCode(attached, '737'))
    const again = await gateway.charge({ token, reference: reference() })
    expect(await codeChecked(again.charge.id)).toBe('passed')
    expect(again.charge.error?.cvc).toBeUndefined()
  })
  test('says lost when the database has lost its unlogged tables', async () => {
    const token = await given()
    await charging.sql('delete from cvc where token = $1', [token])
    expect(await declined(token)).toBe('lost')
  })
  test('says spent when a charge since then has had its outcome', async () => {
    const token = await given()
    await gateway.charge({ token, reference: reference() })
    expect(await declined(token)).toBe('spent')
  })
})

describe('a newer code', () => {
  test('takes the place of one that nobody used', async () => {
    const token = await stored()
    for (const code of ['111', '222']) {
      const { frame, attached } = await asked(token)
      expect((await frame.submit(attached, await frame.sealCode(attached, code))).status).toBe(200)
    }
    expect(await charging.sql('select from cvc where token = $1', [token])).toHaveLength(1)
    const { charge } = await gateway.charge({ token, reference: reference() })
    expect(await codeChecked(charge.id)).toBe('passed')
  })
})

describe('a code is not asked for', () => {
  const refused = (request: Partial<CreateCaptureRequest>) =>
    charging.vault.createCapture(request).then(
      () => null,
      (error: { code: string; param?: string }) => [error.code, error.param],
    )

  test('of a token that is unknown, erased, used up or ended, nor above what its mandate allows', async () => {
    const token = await stored()
    const unknown = `tok_test_${'a'.repeat(26)}`
    expect(await refused({ token: unknown })).toEqual(['request.not_found', 'token'])
    const erased = await stored()
    await charging.vault.asGateway('POST', `/tokens/${erased}/erase`, { tenant: charging.tenant })
    expect(await refused({ token: erased })).toEqual(['request.not_found', 'token'])
    const once = await mintToken(charging.vault)
    await gateway.charge({ token: once.token })
    expect(await refused({ token: once.token })).toEqual(['policy.purpose_not_allowed', 'token'])
    const tooMuch = { amount_minor: 50_001, currency: 'EUR' }
    expect(await refused({ token, amount: tooMuch })).toEqual(['policy.amount_exceeds_mandate', 'amount'])
    const other = { amount_minor: 100, currency: 'USD' }
    expect(await refused({ token, amount: other })).toEqual(['policy.amount_exceeds_mandate', 'amount'])
    expect(await refused({ token })).toBeNull()
  })

  test('together with another field or a mandate, nor without the token that it is for', async () => {
    const token = await stored()
    expect(await refused({ token, fields: ['cvc', 'name'] })).toEqual(['request.malformed', 'fields'])
    expect(await refused({ token, fields: ['number', 'expiry'] })).toEqual(['request.malformed', 'fields'])
    expect(await refused({ token, mandate })).toEqual(['request.malformed', 'mandate'])
    expect(await refused({ fields: ['cvc'] })).toEqual(['request.malformed', 'fields'])
  })

  test('by a form that opens after the token was erased, and a code already sealed goes nowhere', async () => {
    const token = await stored()
    const { frame, attached, clientSecret } = await asked(token)
    const sealed = await frame.sealCode(attached, '737')
    await charging.vault.asGateway('POST', `/tokens/${token}/erase`, { tenant: charging.tenant })
    expect((await frame.attach(clientSecret)).body.code).toBe('policy.purpose_not_allowed')
    expect((await frame.submit(attached, sealed)).body.code).toBe('policy.purpose_not_allowed')
    expect(await charging.sql('select from cvc where token = $1', [token])).toHaveLength(0)
  })
})
