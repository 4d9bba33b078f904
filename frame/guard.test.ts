import { expose } from 'comlink'
import { afterEach, describe, expect, it } from 'vitest'
import { commandNames } from '../protocol/port.ts'
import { exposeGuarded, type Commands, type RawPort } from './guard.ts'

/** A port whose incoming messages a test makes, as trusted as it says. */
class FakePort implements RawPort {
  readonly sent: unknown[] = []
  readonly #listeners: ((event: MessageEvent) => void)[] = []
  addEventListener(_type: 'message', listener: (event: MessageEvent) => void): void {
    this.#listeners.push(listener)
  }
  removeEventListener(): void {}
  postMessage(message: unknown): void {
    this.sent.push(message)
  }
  start(): void {}
  async receive(data: unknown, { isTrusted = true, ports = [] as unknown[] } = {}): Promise<void> {
    // Sound: both sides read these members alone.
    const event = { data, isTrusted, ports, origin: '' } as unknown as MessageEvent
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch {
        // Comlink's own listener throws on some of these; what counts is what it did.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

const open = { captureId: `cap_${'a'.repeat(26)}`, clientSecret: 's'.repeat(20) }
const look = { colorScheme: 'dark', preset: 'sheet' }
const apply = (path: string[], argumentList: unknown[] = []) => ({ id: 'a-1', type: 'APPLY', path, argumentList })
const raw = (value: unknown) => ({ type: 'RAW', value })

function guarded(overrides: Partial<Commands> = {}) {
  const port = new FakePort()
  const calls: unknown[] = []
  let refused = 0
  exposeGuarded(
    port,
    {
      dress: (command) => {
        calls.push(['dress', command])
        return { ok: true, notes: { accent: 'malformed' } }
      },
      open: (command) => {
        calls.push(['open', command])
        return { ok: true }
      },
      close: () => {
        calls.push('close')
        return { ok: true }
      },
      ping: () => {
        calls.push('ping')
        return { ok: true }
      },
      focus: () => {
        calls.push('focus')
        return { ok: false, code: 'system.conflict' }
      },
      ...overrides,
    },
    () => (refused += 1),
  )
  return { port, calls, refused: () => refused }
}

const own = (json: string): unknown => JSON.parse(json)

/** Every row of the table of attacks on Comlink, and what stands beside it. */
const attacks: Record<string, unknown> = {
  'SET on the prototype': { id: 'a', type: 'SET', path: ['__proto__', 'polluted'], value: raw('yes') },
  'SET on a longer path': { id: 'a', type: 'SET', path: ['ping', '__proto__', 'polluted'], value: raw('yes') },
  'the constructor of the constructor': apply(['constructor', 'constructor'], [raw('globalThis.polluted = "yes"')]),
  'a method of the prototype': apply(['__proto__', 'toString']),
  'a method of a command': apply(['ping', 'call']),
  'a name of the prototype': apply(['toString']),
  'no name': apply([]),
  'an unknown name': apply(['submit']),
  GET: { id: 'a', type: 'GET', path: ['ping'] },
  CONSTRUCT: { id: 'a', type: 'CONSTRUCT', path: ['ping'], argumentList: [] },
  ENDPOINT: { id: 'a', type: 'ENDPOINT' },
  'a proxy as argument': apply(['open'], [{ type: 'HANDLER', name: 'proxy', value: {} }]),
  'a thrown value as argument': apply(
    ['open'],
    [{ type: 'HANDLER', name: 'throw', value: { isError: false, value: 1 } }],
  ),
  'an extra member': { ...apply(['ping']), value: 1 },
  'an own __proto__': own('{"id":"a","type":"APPLY","path":["ping"],"argumentList":[],"__proto__":{"polluted":"yes"}}'),
  'an own __proto__ in the argument': apply(
    ['open'],
    [raw(own(`{"captureId":"${open.captureId}","clientSecret":"${open.clientSecret}","__proto__":{}}`))],
  ),
  'an argument too many': apply(['ping'], [raw(1)]),
  'an argument of another shape': apply(['open'], [raw({ ...open, captureId: 'cap_1' })]),
  'a member too many in the argument': apply(['open'], [raw({ ...open, theme: 'x' })]),
  'a look without a preset': apply(['dress'], [raw({ colorScheme: 'dark' })]),
  'a look with a token that is none': apply(['dress'], [raw({ ...look, theme: { 'background-image': 'url(x)' } })]),
  'a look with a token of the prototype': apply(['dress'], [raw({ ...look, theme: own('{"__proto__":"x"}') })]),
  'a look with a value that is no text': apply(['dress'], [raw({ ...look, theme: { accent: ['#fff'] } })]),
  'a look with a long value': apply(['dress'], [raw({ ...look, theme: { accent: '#'.repeat(33) } })]),
  'a look with a font by address': apply(['dress'], [raw({ ...look, font: 'https://example.test/a.woff2' })]),
  'a look with a font that is too large': apply(['dress'], [raw({ ...look, font: new ArrayBuffer(131_073) })]),
  'an array': [apply(['ping'])],
  'a string': 'APPLY',
  'an id that is no id': { ...apply(['ping']), id: {} },
}

afterEach(() => {
  Reflect.deleteProperty(Object.prototype, 'polluted')
  Reflect.deleteProperty(globalThis, 'polluted')
})

describe('Comlink behind the guard', () => {
  it('answers a call of each name', async () => {
    const { port, calls } = guarded()
    await port.receive(apply(['ping']))
    await port.receive(apply(['open'], [raw(open)]))
    await port.receive(apply(['focus']))
    await port.receive(apply(['dress'], [raw({ ...look, theme: { accent: 'url(x)' } })]))
    await port.receive(apply(['close']))
    expect(calls).toEqual([
      'ping',
      ['open', open],
      'focus',
      ['dress', { ...look, theme: { accent: 'url(x)' } }],
      'close',
    ])
    expect(calls.map((call) => (Array.isArray(call) ? call[0] : call)).sort()).toEqual([...commandNames].sort())
    expect(port.sent).toEqual([
      { id: 'a-1', type: 'RAW', value: { ok: true } },
      { id: 'a-1', type: 'RAW', value: { ok: true } },
      { id: 'a-1', type: 'RAW', value: { ok: false, code: 'system.conflict' } },
      { id: 'a-1', type: 'RAW', value: { ok: true, notes: { accent: 'malformed' } } },
      { id: 'a-1', type: 'RAW', value: { ok: true } },
    ])
  })

  for (const [name, message] of Object.entries(attacks)) {
    it(`refuses ${name}, answers nothing and changes nothing`, async () => {
      const { port, calls } = guarded()
      await port.receive(message)
      expect(port.sent).toEqual([])
      expect(calls).toEqual([])
      expect('polluted' in {}).toBe(false)
    })
  }

  it('refuses calls that bring ports, and calls that a script made', async () => {
    const { port, calls, refused } = guarded()
    await port.receive(apply(['ping']), { ports: [{}] })
    await port.receive(apply(['ping']), { isTrusted: false })
    expect([calls, port.sent, refused()]).toEqual([[], [], 2])
  })

  it('drops RELEASE, which garbage collection sends, and goes on', async () => {
    const { port, calls, refused } = guarded()
    await port.receive({ id: 'a', type: 'RELEASE' })
    await port.receive(apply(['ping']))
    expect(calls).toEqual(['ping'])
    expect(refused()).toBe(0)
  })

  it('lets no thrown error out: it is answered as system.internal', async () => {
    const { port } = guarded({
      ping: () => {
        throw new Error('4242 4242 4242 4242')
      },
    })
    await port.receive(apply(['ping']))
    expect(port.sent).toEqual([{ id: 'a-1', type: 'RAW', value: { ok: false, code: 'system.internal' } }])
  })

  it('lets no answer of another shape out', async () => {
    // Sound: what a mistake in a command could give back.
    const { port } = guarded({ ping: () => ({ ok: true, digits: '4242' }) as never, close: () => undefined as never })
    await port.receive(apply(['ping']))
    await port.receive(apply(['close']))
    expect(port.sent).toEqual(Array(2).fill({ id: 'a-1', type: 'RAW', value: { ok: false, code: 'system.internal' } }))
  })
})

describe('Comlink without the guard (the control)', () => {
  it('pollutes the prototype of every object', async () => {
    const port = new FakePort()
    // Sound: an endpoint needs these members alone.
    expose({ ping: () => true }, port as never)
    await port.receive(attacks['SET on the prototype'])
    expect('polluted' in {}).toBe(true)
  })

  it('runs the constructor of the constructor, and hands out a second port', async () => {
    const port = new FakePort()
    expose({ ping: () => true }, port as never)
    await port.receive(apply(['constructor', 'constructor'], [raw('return 1')]))
    await port.receive({ id: 'b', type: 'ENDPOINT' })
    expect(port.sent.length).toBe(2)
  })
})
