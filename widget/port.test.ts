import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { portLimits } from '../protocol/limits.ts'
import type { FrameEvent } from '../protocol/port-to-host.ts'
import { FramePort } from './port.ts'

/** The frame's end, played by the test. */
class FakePort {
  readonly sent: { id: string; path: string[]; argumentList: unknown[] }[] = []
  closed = false
  #listener: (event: MessageEvent) => void = () => {}
  addEventListener(_type: string, listener: (event: MessageEvent) => void): void {
    this.#listener = listener
  }
  postMessage(message: never): void {
    this.sent.push(message)
  }
  start(): void {}
  close(): void {
    this.closed = true
  }
  say(data: unknown, more: object = {}): void {
    this.#listener({ data, isTrusted: true, ports: [], ...more } as unknown as MessageEvent) // the members that are read
  }
}

function start() {
  const raw = new FakePort()
  const events: FrameEvent[] = []
  let malformed = 0
  // Sound: FramePort uses the five members above.
  const port = new FramePort(raw as unknown as MessagePort, {
    onEvent: (event) => events.push(event),
    onMalformed: () => (malformed += 1),
  })
  const answer = (value: unknown) => raw.say({ id: raw.sent.at(-1)?.id, type: 'RAW', value })
  return { raw, port, events, answer, malformed: () => malformed }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a call', () => {
  it('goes out as one flat name with raw arguments, and resolves with its answer', async () => {
    const { raw, port, answer } = start()
    const call = port.call('open', { captureId: 'c', clientSecret: 's' })
    expect(raw.sent[0]).toMatchObject({
      type: 'APPLY',
      path: ['open'],
      argumentList: [{ type: 'RAW', value: { captureId: 'c', clientSecret: 's' } }],
    })
    answer({ ok: true })
    await expect(call).resolves.toEqual({})
    const dressed = port.call('dress', { colorScheme: 'dark', preset: 'sheet' })
    answer({ ok: true, notes: { accent: 'low_contrast' } })
    await expect(dressed).resolves.toEqual({ accent: 'low_contrast' })
  })

  it('rejects with the code that the frame answers', async () => {
    const { port, answer } = start()
    const call = port.call('ping')
    answer({ ok: false, code: 'system.conflict' })
    await expect(call).rejects.toMatchObject({ code: 'system.conflict' })
  })

  it('that is never answered ends at its deadline', async () => {
    const { port } = start()
    const call = port.call('ping')
    const checked = expect(call).rejects.toMatchObject({ code: 'channel.timeout' })
    await vi.advanceTimersByTimeAsync(portLimits.portCallTimeoutMs)
    await checked
  })

  it('that is pending when the port closes is rejected, and none goes out afterwards', async () => {
    const { raw, port } = start()
    const call = port.call('ping')
    port.close()
    await expect(call).rejects.toMatchObject({ code: 'channel.lost' })
    await expect(port.call('ping')).rejects.toMatchObject({ code: 'channel.lost' })
    expect(raw.closed).toBe(true)
    expect(raw.sent).toHaveLength(1)
  })

  it('is not settled by a thrown value or a proxy: that is malformed', async () => {
    const { raw, port, malformed } = start()
    port.call('ping').catch(() => {})
    const id = raw.sent[0]?.id
    raw.say({ id, type: 'HANDLER', name: 'throw', value: { isError: false, value: 'x' } })
    raw.say({ id, type: 'HANDLER', name: 'proxy', value: {} })
    raw.say({ id, type: 'RAW', value: { ok: true, digits: '4242' } })
    expect(malformed()).toBe(3)
    port.close()
  })
})

describe('an event', () => {
  it('is told in its order', () => {
    const { raw, events } = start()
    raw.say({ sp: 1, seq: 1, t: 'resize', height: 300 })
    raw.say({ sp: 1, seq: 2, t: 'ready' })
    expect(events).toEqual([{ t: 'resize', height: 300 }, { t: 'ready' }])
  })

  it('after a gap, twice, or with a member too many is malformed', () => {
    const { raw, events, malformed } = start()
    raw.say({ sp: 1, seq: 2, t: 'ready' })
    raw.say({ sp: 1, seq: 1, t: 'ready', digits: '4242424242424242' })
    raw.say({ sp: 1, seq: 1, t: 'ready' })
    raw.say({ sp: 1, seq: 1, t: 'ready' })
    expect(events).toEqual([{ t: 'ready' }])
    expect(malformed()).toBe(3)
  })

  it('that a script made, or that comes after the port was closed, is not heard', () => {
    const { raw, port, events, malformed } = start()
    raw.say({ sp: 1, seq: 1, t: 'ready' }, { isTrusted: false })
    port.close()
    raw.say({ sp: 1, seq: 1, t: 'ready' })
    expect([events, malformed()]).toEqual([[], 0])
  })
})
