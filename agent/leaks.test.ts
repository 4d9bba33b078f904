import { afterEach, beforeEach, expect, it } from 'vitest'
import { limits } from '../protocol/limits.ts'
import { createSallyport, type Sallyport, type ToldFinding } from './index.ts'
import { type FakeGateway, startFakeGateway } from './testing/gateway.ts'

let gateway: FakeGateway
let sallyport: Sallyport
beforeEach(async () => {
  gateway = await startFakeGateway()
  sallyport = createSallyport({ baseUrl: gateway.url, secretKey: gateway.secretKey, retryBaseMs: 1 })
})
afterEach(() => gateway.close())

const finding: ToldFinding = {
  kind: 'pan',
  rule: 'PAN.A.grouped',
  ruleset: 'ab'.repeat(32),
  brand: 'visa',
  spans: [{ turn: 1, start: 0, end: 19 }],
}
const bodies = () => gateway.requests.filter(({ path }) => path === '/v1/leaks').map(({ body }) => body)

it('tells kind, rule and place, and nothing else that a finding has', async () => {
  const more = { ...finding, reasons: ['shape 4-4-4-4'], text: 'four two four two' }
  const told = await sallyport.leaks.report({ conversation: 'chat_one', surface: 'agent_in', findings: [more] })
  expect(bodies()).toEqual([{ conversation: 'chat_one', surface: 'agent_in', action: 'scrubbed', findings: [finding] }])
  expect(gateway.events.at(-1)).toMatchObject({
    id: told[0]?.id,
    type: 'leak.detected',
    conversation: 'chat_one',
    data: { kinds: ['pan'], count: 1 },
  })
})

it('more findings than one report takes are told in several; none are told in none', async () => {
  const findings = Array.from({ length: limits.leakFindingsMax * 2 + 1 }, () => finding)
  const told = await sallyport.leaks.report({ conversation: 'c', surface: 'screen', action: 'blocked', findings })
  expect(told.map(({ count }) => count)).toEqual([limits.leakFindingsMax, limits.leakFindingsMax, 1])
  expect(await sallyport.leaks.report({ conversation: 'c', surface: 'screen', findings: [] })).toEqual([])
  expect(bodies()).toHaveLength(3)
})

it('a place beyond the bound is told as the bound, and of more turns the first', async () => {
  const spans = Array.from({ length: 12 }, (_, turn) => ({ turn, start: 5_000_000, end: 5_000_004 }))
  await sallyport.leaks.report({ conversation: 'c', surface: 'log', findings: [{ ...finding, spans }] })
  expect(bodies()).toHaveLength(1)
  expect(gateway.events).toHaveLength(1)
})

it('an answer that got lost is asked for again with the same key: one event', async () => {
  gateway.faults.push({ path: /POST .v1.leaks/, hangUp: 'after' })
  await sallyport.leaks.report({ conversation: 'c', surface: 'agent_out', findings: [finding] })
  expect(bodies()).toHaveLength(2)
  expect(gateway.events).toHaveLength(1)
})
