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

  test('is one JSON object with role and time', () => {
    const lines: string[] = []
    makeLog('keyd', { write: (line: string) => void lines.push(line) }).warn({ event: 'x', code: 'a.b' })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, role: 'keyd', event: 'x', code: 'a.b' })
  })
})
