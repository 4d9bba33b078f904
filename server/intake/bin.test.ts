/** The first six digits of a card: only for a tenant who has them turned on, and only at the end of its capture. */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as answers from '../../agent/answers.ts'
import { readEvent } from '../../agent/event.ts'
import { captureAnswer } from '../../protocol/agent-http.ts'
import { parseEvent } from '../../protocol/events.ts'
import { TestFrame } from '../testing/frame.ts'
import { startVault, type TestVault } from '../testing/vault.ts'
import { brieflyMs } from './briefly.ts'

const visa = { number: '4242424242424242', cvc: '123' }

describe('the first six digits of a card', () => {
  let vault: TestVault
  let db: pg.Pool
  beforeAll(async () => {
    vault = await startVault()
    db = vault.db
  }, 60_000)
  afterAll(() => vault?.close())

  const turn = async (on: boolean): Promise<void> => {
    await db.query('update tenants set bin = $2 where id = $1', [vault.tenant.tenant, on])
    // What intake read before this is forgotten by then.
    await delay(brieflyMs)
  }
  const captureOf = async (id: string) => {
    const { capture } = (await vault.asGateway('GET', `/captures/${id}?tenant=${vault.tenant.tenant}`)) as {
      capture: unknown
    }
    expect(answers.capture(capture)).toEqual(captureAnswer.parse(capture))
    return captureAnswer.parse(capture)
  }
  const eventsOf = async (id: string) => {
    const { rows } = await db.query('select envelope from events where subject = $1 order by sequence', [id])
    return rows.map(({ envelope }) => {
      expect(envelope).toMatchObject(readEvent(envelope) ?? {})
      return parseEvent(envelope)
    })
  }
  /** A card that is typed and sent; what the browser was answered on the way. */
  const typed = async () => {
    const { id, clientSecret } = await vault.createCapture({
      mandate: { uses: 2, amount_max_minor: 9_900, currency: 'EUR' },
    })
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    const hint = { kind: 'completed', field: 'number', brand: 'visa', last4: '4242' }
    await frame.progress(attached, [hint])
    expect((await frame.progress(attached, [{ ...hint, bin: '424242' }])).status, 'no hint may carry it').toBe(400)
    const { body } = await frame.submit(attached, await frame.seal(attached, visa))
    const after = await new TestFrame(vault.intakeUrl, id).attach(clientSecret)
    return { id, token: body.token ?? '', browser: JSON.stringify([attached, body, after.body]) }
  }

  it('are in no event and in no answer where nobody has turned them on', async () => {
    const { id } = await typed()
    expect((await captureOf(id)).card).toMatchObject({ brand: 'visa', last4: '4242' })
    expect(JSON.stringify([await captureOf(id), await eventsOf(id)])).not.toMatch(/"bin"|424242/)
  })

  it('are in the last event and in the capture where the tenant has them, and nowhere else', async () => {
    await turn(true)
    const { id, browser } = await typed()
    expect((await captureOf(id)).card).toMatchObject({ brand: 'visa', last4: '4242', bin: '424242' })
    const events = await eventsOf(id)
    const with6 = events.filter((event) => JSON.stringify(event).includes('424242'))
    expect(with6.map(({ type }) => type)).toEqual(['capture.completed'])
    expect(with6[0]).toMatchObject({ data: { card: { bin: '424242', last4: '4242' } } })
    expect(browser).not.toMatch(/"bin"|424242/)
  })

  it('are told of an American Express too, by the sandbox’s own completion, and of none once they are off again', async () => {
    await turn(true)
    const complete = async () => {
      const { id } = await vault.createCapture()
      await vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant: vault.tenant.tenant, card: 'amex' })
      return (await captureOf(id)).card
    }
    expect(await complete()).toMatchObject({ brand: 'amex', bin: '378282', last4: '0005' })
    await turn(false)
    expect(await complete()).not.toHaveProperty('bin')
  })

  it('are not told where the code of a stored card is asked for alone: no number was typed', async () => {
    await turn(true)
    const { token } = await typed()
    const { id, clientSecret } = await vault.createCapture({ token, fields: ['cvc'] })
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    await frame.submit(attached, await frame.sealCode(attached, '737'))
    expect(await captureOf(id)).toMatchObject({ state: 'completed', card: { last4: '4242' } })
    expect(JSON.stringify([await captureOf(id), await eventsOf(id)])).not.toMatch(/"bin"|424242/)
  })

  it('are not kept with the token: no column of it has them', async () => {
    const { rows } = await db.query("select column_name from information_schema.columns where table_name = 'tokens'")
    expect(rows.map(({ column_name }) => column_name)).not.toContain('bin')
  })
})
