import { afterEach, beforeEach, expect, it } from 'vitest'
import { CursorGone, createSallyport, type EventStream, type Sallyport, type SallyportEvent } from './index.ts'
import { startFakeGateway, type FakeGateway } from './testing/gateway.ts'

let gateway: FakeGateway
let sallyport: Sallyport

beforeEach(async () => {
  gateway = await startFakeGateway()
  sallyport = createSallyport({ baseUrl: gateway.url, secretKey: gateway.secretKey, retryBaseMs: 1 })
})
afterEach(() => gateway.close())

const start = async (conversation = 'chat_one'): Promise<string> =>
  (await sallyport.captures.create({ conversation, purpose: 'pay', amount: { amount_minor: 500, currency: 'EUR' } })).id

async function take(stream: EventStream, count: number): Promise<SallyportEvent[]> {
  const taken: SallyportEvent[] = []
  for await (const event of stream) {
    taken.push(event)
    if (taken.length === count) break
  }
  return taken
}
const sequences = (events: SallyportEvent[]): number[] => events.map((event) => event.sequence)
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

it('a stream that is cut after every event is resumed: none is missing, none comes twice, the order holds', async () => {
  gateway.cutStreamsAfter = 1
  const id = await start()
  gateway.fill(id)
  const total = gateway.events.length
  expect(sequences(await take(sallyport.events(), total))).toEqual(oneTo(total))
  expect(gateway.requests.some((r) => r.headers['last-event-id'] !== undefined)).toBe(true)
})

it('an event that the network repeats is told once', async () => {
  gateway.cutStreamsAfter = 2
  gateway.repeats = true
  gateway.fill(await start())
  const total = gateway.events.length
  expect(sequences(await take(sallyport.events(), total))).toEqual(oneTo(total))
})

it('a gateway that is down for a while is waited for', async () => {
  gateway.fill(await start())
  for (let n = 0; n < 4; n += 1)
    gateway.faults.push({
      path: /events/,
      ...(n % 2 ? { hangUp: 'before' as const } : { code: 'system.unavailable' as const }),
    })
  expect(await take(sallyport.events(), gateway.events.length)).toHaveLength(gateway.events.length)
})

it('where no stream comes through, the same events come by long poll', async () => {
  gateway.cutStreamsAfter = 0
  gateway.fill(await start())
  const total = gateway.events.length
  expect(sequences(await take(sallyport.events(), total))).toEqual(oneTo(total))
  expect(gateway.requests.filter((r) => r.headers.accept === 'text/event-stream')).toHaveLength(2)
})

it('`latest` tells only what happens afterwards, also when its first stream is cut', async () => {
  await start()
  gateway.cutStreamsAfter = 1
  const stream = sallyport.events({ after: 'latest' })
  const taking = take(stream, 2)
  while (stream.cursor === 'latest') await new Promise((resolve) => setTimeout(resolve, 5))
  const second = await start()
  gateway.act(second, { kind: 'cancel', by: 'agent' })
  expect((await taking).map((event) => event.type)).toEqual(['capture.created', 'capture.canceled'])
})

it('a stored cursor goes on where the last stream was left', async () => {
  gateway.fill(await start())
  const first = sallyport.events()
  await take(first, 3)
  expect(sequences(await take(sallyport.events({ after: first.cursor ?? '' }), 2))).toEqual([4, 5])
})

it('a filter is passed on', async () => {
  await start('chat_one')
  const other = await start('chat_two')
  expect((await take(sallyport.events({ conversation: 'chat_two' }), 1))[0]?.subject).toBe(other)
})

it('a cursor that is gone throws CursorGone with the place to go on from, and skips nothing silently', async () => {
  await start()
  gateway.goneBefore = 1
  const error = await take(sallyport.events({ after: '0' }), 1).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(CursorGone)
  expect(error).toMatchObject({ code: 'request.cursor_gone', status: 410, cursor: '1' })
})

it('waiting for a capture survives a cursor that is gone', async () => {
  const id = await start()
  gateway.fill(id)
  gateway.goneBefore = 1
  expect((await sallyport.captures.ended(id)).state).toBe('completed')
})

it('a wrong key is told at once instead of waited for', async () => {
  const wrong = createSallyport({ baseUrl: gateway.url, secretKey: 'sk_test_zzzzzzzzzzzzzzzz' })
  await expect(take(wrong.events(), 1)).rejects.toMatchObject({ code: 'auth.unauthenticated' })
})

it('ends when the signal is aborted', async () => {
  const stop = new AbortController()
  const taking = take(sallyport.events({ signal: stop.signal }), 1)
  setTimeout(() => stop.abort(), 20)
  expect(await taking).toEqual([])
})

it('types of a newer gateway are passed over', async () => {
  const id = await start()
  const [created] = gateway.events
  // Sound for this test: the point is an event that the types do not know.
  gateway.events.push({ ...created, type: 'capture.telepathy', sequence: 2 } as unknown as SallyportEvent)
  gateway.events.push({ ...created, sequence: 3 } as SallyportEvent)
  expect(sequences(await take(sallyport.events({ captureId: id }), 2))).toEqual([1, 3])
})
