import { describe, expect, it } from 'vitest'
import { KeptName, type NameChannel } from './kept-name.ts'

const cap = (letter: string): string => `cap_${letter.repeat(26)}`

/** Documents of one origin below one page; a message reaches all but its sender. */
function page() {
  let now = 1_000
  const listeners = new Set<(event: { data: unknown }) => void>()
  const passed: unknown[] = []
  const document = (works = true) => {
    let own: ((event: { data: unknown }) => void) | null = null
    const channel: NameChannel = {
      addEventListener: (_type, listener) => {
        own = listener
        listeners.add(listener)
      },
      postMessage: (data) => {
        passed.push(data)
        for (const listener of [...listeners]) if (listener !== own) listener({ data: structuredClone(data) })
      },
    }
    const names = new KeptName({
      channel: () => (works ? channel : null),
      now: () => now,
      setTimeout: () => {},
    })
    const gone = (): void => {
      if (own !== null) listeners.delete(own)
    }
    return { names, gone }
  }
  const say = (data: unknown): void => {
    for (const listener of listeners) listener({ data })
  }
  return { document, passed, say, wait: (ms: number) => (now += ms) }
}

function asks(names: KeptName, retryOf: string | undefined, tenant = 'ten_a'): string[] {
  const given: string[] = []
  names.want(retryOf, tenant, (name) => void given.push(name))
  return given
}

describe('the name of a declined card', () => {
  it('stands in the form that was waiting, though the first one is gone by then', () => {
    const { document } = page()
    const [first, second] = [document(), document()]
    first.names.keep(cap('a'), 'ten_a', ' Zoë Müller ')
    first.gone()
    expect(asks(second.names, cap('a'))).toEqual(['Zoë Müller'])
  })

  it('stands in a form that is loaded later, while the first one is still there', () => {
    const { document } = page()
    document().names.keep(cap('a'), 'ten_a', 'Zoë')
    expect(asks(document().names, cap('a'))).toEqual(['Zoë'])
  })

  it('comes when it is heard of, also after it was wanted, and once', () => {
    const { document } = page()
    const [first, second] = [document(), document()]
    const given = asks(second.names, cap('a'))
    expect(given).toEqual([])
    first.names.keep(cap('a'), 'ten_a', 'Zoë')
    first.names.keep(cap('a'), 'ten_a', 'Zoë')
    expect(given).toEqual(['Zoë'])
  })

  it('goes to no other capture, no other tenant, and nowhere after an hour', () => {
    const { document, wait } = page()
    const first = document()
    first.names.keep(cap('a'), 'ten_a', 'Zoë')
    expect(asks(document().names, undefined)).toEqual([])
    expect(asks(document().names, cap('b'))).toEqual([])
    expect(asks(document().names, cap('a'), 'ten_b')).toEqual([])
    const waiting = document()
    // Control: the retry of that capture, for that tenant, in time.
    expect(asks(document().names, cap('a'))).toEqual(['Zoë'])
    wait(3_600_001)
    expect(asks(document().names, cap('a'))).toEqual([])
    expect(asks(waiting.names, cap('a'))).toEqual([])
  })

  it('is all that passes: no other member, and nothing where there is no name', () => {
    const { document, passed } = page()
    const { names } = document()
    names.keep(cap('a'), 'ten_a', '   ')
    names.keep(cap('b'), 'ten_a', 'Zoë')
    expect(passed).toEqual([{ ask: 'names' }, { capture: cap('b'), tenant: 'ten_a', name: 'Zoë', untilMs: 3_601_000 }])
  })

  it('is not taken from what is no such message', () => {
    const { document, say } = page()
    const { names } = document()
    for (const data of [
      null,
      'x',
      { capture: 'x', tenant: 'ten_a', name: 'X', untilMs: 5_000 },
      { capture: cap('a'), tenant: 1, name: 'X', untilMs: 5_000 },
      { capture: cap('a'), tenant: 'ten_a', name: 'X', untilMs: 9e12 },
      { capture: cap('a'), tenant: 'ten_a', name: 'X'.repeat(129), untilMs: 5_000 },
    ])
      say(data)
    expect(asks(names, cap('a'))).toEqual([])
  })

  it('is typed again where a browser has no such channel', () => {
    const { document } = page()
    const [first, second] = [document(false), document(false)]
    first.names.keep(cap('a'), 'ten_a', 'Zoë')
    expect(asks(second.names, cap('a'))).toEqual([])
    const throws = new KeptName({
      channel: () => {
        throw new Error('denied')
      },
      now: () => 0,
      setTimeout: () => {},
    })
    expect(() => throws.keep(cap('a'), 'ten_a', 'Zoë')).not.toThrow()
  })
})
