import { describe, expect, it } from 'vitest'
import type { Guard } from '../detect/finding.ts'
import { createGuard } from '../detect/index.ts'
import { guardText, guardTransform, type GuardTextOptions } from './guard-text.ts'

const number = '4242 4242 4242 4242'
const sentence = `Here you are: ${number}, valid to 12/29. Good bye.`
const guarded = /^Here you are: [\d ]{0,7}\[card number removed\], valid to \[expiry date removed\]\. Good bye\.$/

const pieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, n) => text.slice(n * size, (n + 1) * size))
async function* walk(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) yield chunk
}
const webStream = (chunks: readonly string[]): ReadableStream<string> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
async function all(source: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of source) text += chunk
  return text
}
/** A `ReadableStream` is an async iterable in Node; its type does not say so where there is no DOM. */
async function read(stream: ReadableStream<string>): Promise<string> {
  const reader = stream.getReader()
  for (let text = ''; ; ) {
    const { done, value } = await reader.read()
    if (done) return text
    text += value
  }
}
const ways: Record<string, (chunks: readonly string[], options?: GuardTextOptions) => Promise<string>> = {
  'an async iterable': (chunks, options) => all(guardText(walk(chunks), options)),
  'a web stream': (chunks, options) => read(guardText(webStream(chunks), options)),
  'a transform': (chunks, options) => read(webStream(chunks).pipeThrough(guardTransform(options))),
}
/** Fails at the n-th piece, with the text in its message. */
const failing = (at: number): Guard => {
  const guard = createGuard()
  let calls = 0
  return {
    arm: (kind, options) => guard.arm(kind, options),
    flush: () => guard.flush(),
    push: (chunk, options) => {
      calls += 1
      if (calls === at) throw new Error(`no: ${chunk}`)
      return guard.push(chunk, options)
    },
  }
}

describe.each(Object.entries(ways))('%s', (_name, through) => {
  it.each([1, 3, 8, 1_000])('carries no card number on, in pieces of %i', async (size) => {
    const found: string[] = []
    const onFindings: GuardTextOptions['onFindings'] = (findings) => found.push(...findings.map(({ kind }) => kind))
    expect(await through(pieces(sentence, size), { onFindings })).toMatch(guarded)
    expect(found).toEqual(['pan', 'expiry'])
  })

  it('gives what holds no card data back as it came: empty pieces, halves of characters, digits at the end', async () => {
    const text = 'Table for 2 at 8 😀, order 12345678'
    expect(await through(['', ...pieces(text, 1), ''])).toBe(text)
  })

  it('with other words says those', async () => {
    const placeholders = { pan: '(a card)' }
    expect(await through([`it is ${number}.`], { placeholders })).toBe('it is 4242 42(a card).')
  })

  it('ends with shield.unavailable where the detector fails, and neither then nor before gave on what was held', async () => {
    const chunks = ['my card is 4242 4242 ', '4242 4242', ' thanks']
    const out = through(chunks, { guard: failing(2) })
    const error = await out.then(String, (thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'SallyportError', code: 'shield.unavailable' })
    expect(JSON.stringify(error, ['message', 'cause', 'stack', 'name'])).not.toContain('4242')
    // Control: without the failure the talk goes on.
    expect(await through(chunks)).toContain('thanks')
  })

  it('ends where a piece is no text', async () => {
    // Sound: the type refuses it, which is the first half; this is the other.
    const chunks = ['a', { toString: () => number } as unknown as string]
    await expect(through(chunks)).rejects.toThrow(TypeError)
  })

  it('ends with what onFindings throws', async () => {
    const onFindings = (): void => {
      throw new RangeError('stop')
    }
    await expect(through([sentence], { onFindings })).rejects.toThrow(new RangeError('stop'))
  })
})

describe('the pace of the reader', () => {
  it('is the pace of the source: nothing is read before it is asked for', async () => {
    let asked = 0
    const source = new ReadableStream<string>(
      {
        pull(controller) {
          asked += 1
          controller.enqueue(`word ${'abcdefgh'[asked % 8]} `)
        },
      },
      { highWaterMark: 0 },
    )
    const reader = guardText(source).getReader()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toBe(0)
    await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toBe(1)
    await reader.cancel()
  })

  it('of an iterable too', async () => {
    let asked = 0
    const source = (async function* () {
      for (;;) {
        asked += 1
        yield 'word '
      }
    })()
    const guardedSource = guardText(source)
    await guardedSource.next()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toBe(1)
    await guardedSource.return?.()
  })

  it('a piece that is held whole makes it ask for the next one', async () => {
    const chunks = ['4242 42', '42', ' 42', '42 ', '4242', '.']
    expect(await read(guardText(webStream(chunks)))).toBe('4242 42[card number removed].')
  })
})

describe('whoever stops reading', () => {
  it('cancels the source of a web stream with the reason', async () => {
    let reason: unknown
    const source = new ReadableStream<string>({
      pull: (controller) => controller.enqueue('a '),
      cancel(why) {
        reason = why
      },
    })
    const reader = guardText(source).getReader()
    await reader.read()
    await reader.cancel('enough')
    expect(reason).toBe('enough')
  })

  it('ends an iterable', async () => {
    let ended = false
    const source = (async function* () {
      try {
        for (;;) yield 'a '
      } finally {
        ended = true
      }
    })()
    for await (const _chunk of guardText(source)) break
    expect(ended).toBe(true)
  })

  it('and a detector that fails cancels the source too', async () => {
    let canceled = false
    const source = new ReadableStream<string>({
      pull: (controller) => controller.enqueue('a '),
      cancel() {
        canceled = true
      },
    })
    await expect(read(guardText(source, { guard: failing(3) }))).rejects.toMatchObject({ code: 'shield.unavailable' })
    expect(canceled).toBe(true)
  })

  it('and a source that fails fails the reader with its own error', async () => {
    const source = new ReadableStream<string>({ pull: () => Promise.reject(new RangeError('gone')) })
    await expect(read(guardText(source))).rejects.toThrow('gone')
  })
})
