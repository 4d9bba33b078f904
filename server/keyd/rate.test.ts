import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogFields } from '../log.ts'
import { type KeydKit, makeKeydKit } from '../testing/keyd-kit.ts'

let kit: KeydKit
beforeAll(async () => {
  kit = await makeKeydKit()
})
afterAll(() => kit?.close())

describe('openings over all tokens', () => {
  test('are limited; half of the limit is an alarm, and the refused grant opens later', async () => {
    const lines: LogFields[] = []
    const keyd = await kit.start({ opensPerMinuteMax: 6, say: (fields) => lines.push(fields) })
    const open = async (): Promise<string> => {
      const sealed = kit.token()
      return keyd.open(await kit.grant(sealed), [kit.wire(sealed)]).then(
        () => 'opened',
        (error: { code: string }) => error.code,
      )
    }
    const outcomes: string[] = []
    for (let i = 0; i < 8; i += 1) outcomes.push(await open())
    expect(outcomes).toEqual([...Array(6).fill('opened'), 'request.rate_limited', 'request.rate_limited'])
    expect(lines.filter(({ event }) => event === 'open.alarm').map(({ reason }) => reason)).toEqual([
      'half_of_rate',
      'rate',
    ])
    const sealed = kit.token()
    const grant = await kit.grant(sealed)
    await expect(keyd.open(grant, [kit.wire(sealed)])).rejects.toMatchObject({ code: 'request.rate_limited' })
    await kit.db.query("update grants_used set used_at = used_at - interval '1 minute'")
    expect((await keyd.open(grant, [kit.wire(sealed)])).card).not.toBeNull()
    await keyd.close()
    const alarms = (await kit.entries()).filter(({ action }) => action === 'alarm').map(({ reason }) => reason)
    expect(alarms).toEqual(['half_of_rate', 'rate'])
  })

  test('are the same limit for a second keyd on the same database', async () => {
    await kit.db.query('delete from grants_used')
    const [first, second] = [await kit.start({ opensPerMinuteMax: 2 }), await kit.start({ opensPerMinuteMax: 2 })]
    const open = async (keyd: typeof first) => {
      const sealed = kit.token()
      return keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    }
    await open(first)
    await open(second)
    await expect(open(first)).rejects.toMatchObject({ code: 'request.rate_limited' })
    await Promise.all([first.close(), second.close()])
  })
})

describe('a token that is used up', () => {
  test('opens never again; before it did (control), and one that was never opened cannot be used up', async () => {
    await kit.db.query('delete from grants_used')
    const keyd = await kit.start()
    const [used, fresh] = [kit.token(), kit.token()]
    const open = async (sealed: typeof used) => keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    await open(used)
    await open(used)
    await keyd.egress('POST', '/used-up', { token: used.token })
    await keyd.egress('POST', '/used-up', { token: fresh.token })
    await expect(open(used)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await open(fresh)
    await expect(keyd.intake('POST', '/used-up', { token: fresh.token })).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    await keyd.close()
    const reasons = (await kit.entries()).filter(({ action }) => action === 'open').map(({ reason }) => reason)
    expect(reasons).toContain('too_many_openings')
  })
})
