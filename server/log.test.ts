import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listed, makeLog } from './log.ts'

describe('a log line', () => {
  test('has the members of the list, and drops the others', () => {
    // Sound: the type refuses these members, which is the first half of the defence; this is the other.
    const fields = { event: 'x', capture: 'cap_a', number: '4242', body: { a: 1 }, msg: 'free text' } as never
    expect(listed(fields)).toEqual({ event: 'x', capture: 'cap_a' })
  })

  test.each([
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    'a 378282246310005 b',
    '4242.4242.4242',
  ])('never has what could be a card: %s', (text) => {
    expect(listed({ event: 'x', reason: text })).toEqual({ event: 'x', reason: '[digits]' })
  })

  describe('with a member that is on the list by mistake', () => {
    // Sound: the type refuses the member, as it would in the code; here somebody has added it everywhere.
    const written = (body: string): unknown => listed({ event: 'x', body } as never, ['event', 'body'])['body']
    const number = '4242424242424242'
    const shown = (text: string): string =>
      [...text].map((sign) => String.fromCodePoint(0xfee0 + sign.charCodeAt(0))).join('')

    test.each([
      ['spoken', 'yes it is four two four two, four two four two, four two four two, four two four two'],
      ['in groups and words', 'forty-two forty-two 4242 4242 four two four two'],
      ['with words between', 'the first are 4242 4242 and the last are 4242 4242'],
      ['in full-width digits', shown(number)],
      ['with soft hyphens', number.replace(/(\d{4})(?=\d)/g, '$1\u00ad\u00ad')],
      ['in base64', `card=${Buffer.from(number).toString('base64')}`],
      ['percent-encoded', `/pay?card=${number.replace(/\d/g, (digit) => `%3${digit}`)}`],
      ['across the end of what is written', `${'a word '.repeat(27)}${'four two '.repeat(8)}`],
      [
        'behind what nobody reads',
        `four two four two four two four two four two four two four two four two${'\ud800'.repeat(3)}`,
      ],
    ])('no card number is written: %s', (_how, text) => {
      expect(written(text)).toBe('[card data]')
      // Control: a run of figures is what a pattern would look for, and there is none.
      expect(text).not.toMatch(/\d(?:[ .\-/]?\d){11}/)
    })

    test.each([
      'the customer wants to know when the order arrives, and whether it can be changed',
      'listening on 127.0.0.1:7401 since 2026-07-27T10:11:12.345Z, for 86400 seconds',
      'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      'at Talk.guarded (file:///srv/sallyport/detect/talk.ts:175:13)',
      'tok_test_fourtwofourtwofourtwofour',
    ])('everything else is (control): %s', (text) => {
      expect(written(text)).toBe(text)
    })
  })

  test('drops a number as long as a card', () => {
    expect(listed({ event: 'x', count: 4_242_424_242_424_242, ms: 12.5 })).toEqual({ event: 'x', ms: 12.5 })
  })

  test('says of an error its name, code and frames, and not its message', () => {
    const error = Object.assign(new TypeError('card 4242424242424242 is bad'), { code: '23505' })
    const text = JSON.stringify(listed({ event: 'x', error: new Error('outer secret', { cause: error }) }))
    expect(text).not.toMatch(/4242|is bad|outer secret/)
    expect(text).toContain('"code":"23505"')
    expect(text).toContain('log.test.ts')
  })

  test.each([
    ['a frame', 'bad value\n    at 4242 4242 4242 4242 cvc 123'],
    ['a whole frame', 'bad value\n    at of.somebody (file:///typed/word.ts:1:2)\n    at node:typed:1:2'],
    ['a frame with a number', 'bad value\n    at of.somebody (/typed/4242-4242-4242-4242:1:2)'],
    ['a name', 'TypeError: bad value\n    at /typed/word.ts:1:2\n'],
  ])('says of an error none of its message, also where a line of it looks like %s', (_what, message) => {
    const error = new Error(message)
    const text = JSON.stringify(listed({ event: 'x', error }))
    expect(text).not.toMatch(/4242|bad value|typed|somebody/)
    expect(text).toContain('log.test.ts')
    // Control: to whoever takes the lines of the stack that begin with `at`, it gives one of the message.
    expect(error.stack?.split('\n').find((line) => /^\s+at /.test(line))).toMatch(/4242|typed/)
  })

  test('gives no frame of a stack that begins with another message than the error has', () => {
    const changed = Object.assign(new Error('typed\n    at /typed/word.ts:1:2'), { message: '' })
    expect(listed({ event: 'x', error: changed })['error']).toMatchObject({ name: 'Error', at: [] })
  })

  test('says of an error no name that is no identifier, and no frame that could hold a card or has no end', () => {
    const of = (members: object) => listed({ event: 'x', error: Object.assign(new Error('a'), members) })['error']
    expect(of({ name: 'typed 4242 4242 4242 4242' })).toMatchObject({ name: 'Error' })
    expect(of({ name: 'E4242424242424242' })).toMatchObject({ name: '[digits]' })
    const frames = ['f (/a/4242-4242-4242-4242/b.ts:1:2)', `f (/${'a'.repeat(500)}.ts:1:2)`, 'f (native)', 'free text']
    const { at } = of({ stack: ['Error: a', ...frames.map((one) => `    at ${one}`)].join('\n') }) as { at: string[] }
    expect(at.map((one) => (one.length > 50 ? one.length : one))).toEqual(['[digits]', 200])
  })

  test('ends with a cause that is its own', () => {
    const error = new Error('a')
    error.cause = error
    expect(JSON.stringify(listed({ event: 'x', error })).match(/"cause"/g)).toHaveLength(4)
  })

  test('is one JSON object with role and time', () => {
    const lines: string[] = []
    makeLog('keyd', { write: (line: string) => void lines.push(line) }).warn({ event: 'x', code: 'a.b' })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, role: 'keyd', event: 'x', code: 'a.b' })
  })
})

describe('a log that cannot be written, because the disk is full', () => {
  /** A program whose output takes not a byte, as a full disk does; how it ended. */
  const endsWith = (program: string): Promise<number | null> =>
    new Promise((resolve) => {
      const full = openSync('/dev/full', 'w')
      const args = ['--input-type=module', '-e', `${program}; setTimeout(() => process.exit(7), 50)`]
      const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'ignore'] })
      closeSync(full)
      child.once('exit', resolve)
    })

  test.skipIf(!existsSync('/dev/full'))('ends no process', async () => {
    const log = JSON.stringify(join(import.meta.dirname, 'log.ts'))
    expect(await endsWith(`(await import(${log})).makeLog('keyd').info({ event: 'x' })`)).toBe(7)
    const bare =
      "(await import('pino')).default({}, (await import('pino')).destination({ dest: 1, sync: true })).info('x')"
    expect(await endsWith(bare), 'control: one that nobody listens to').toBe(1)
  })
})
