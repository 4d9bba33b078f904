import { describe, expect, test } from 'vitest'
import type { Lexicon } from '../../detect/words/lexicon.ts'
import { Conversation, without } from './conversation.ts'

const visa = '4242 4242 4242 4242'
const having = (...said: string[]): Conversation => {
  const talk = new Conversation()
  for (const one of said) talk.add(one)
  return talk
}
const kindsOf = (talk: Conversation, text: string): readonly string[] => talk.judge(text)?.kinds ?? []

describe('one message', () => {
  test.each([
    [visa],
    ['4242424242424242'],
    ['my card is 4242-4242-4242-4242, thanks'],
    ['3782 822463 10005'],
    ['４２４２ ４２４２ ４２４２ ４２４２'],
    ['four two four two four two four two four two four two four two four two'],
    ['my card number is 4242 4242 4242 4241'],
  ])('with a card number is kept: %s', (text) => {
    const verdict = new Conversation().judge(text)
    expect(verdict?.kinds[0]).toMatch(/^pan/)
    // What is left of it is let through.
    expect(new Conversation().judge(without(text, verdict?.places ?? []))).toBe(null)
  })

  test.each([
    'Hello, is the lantern room free in June?',
    'My order is 41234567',
    'call me on +49 151 2345 6789 or 415 555 2671',
    'from 2026-11-29 to 2026-12-02, 2 people, room 4242',
    'our passports expire 12/27',
    'We are 4, 5 or 6 and pay 4200.50 EUR',
    '',
    '   ',
  ])('without one is let through: %s', (text) => {
    expect(new Conversation().judge(text)).toBe(null)
  })

  test('with three groups of a card is kept where they are all that is said, or said of a card', () => {
    expect(kindsOf(new Conversation(), '4242 4242 4242')).toEqual(['pan_suspect'])
    expect(kindsOf(new Conversation(), '3782 822463')).toEqual(['pan_suspect'])
    expect(kindsOf(new Conversation(), 'my card is 4242 4242 4242')).toEqual(['pan_suspect'])
    expect(new Conversation().judge('my card starts with 4242 4242')).toBe(null)
    expect(new Conversation().judge('the parcel 4242 4242 4242 is late')).toBe(null)
  })

  test('of many pages is read piece by piece: a card on any page is kept, and one that a page break cuts', () => {
    const page = 'the sea is calm tonight, the tide is full. '.repeat(190)
    expect(new Conversation().judge(page.repeat(3))).toBe(null)
    for (const at of [0, 8_185, 8_192, 3 * 8_192 - 4]) {
      const text = `${page.repeat(4).slice(0, at)} ${visa} ${page}`
      const verdict = new Conversation().judge(text)
      expect(verdict?.places, String(at)).toEqual([{ start: at + 1, end: at + 1 + visa.length }])
    }
  })

  test('four times as long takes no more than about four times as long to judge', () => {
    const took = (groups: number): number => {
      const began = performance.now()
      new Conversation().judge('4 '.repeat(groups))
      return performance.now() - began
    }
    took(500)
    const short = Math.min(took(500), took(500))
    expect(took(2_000) / short).toBeLessThan(12)
  })
})

describe('several messages of one person', () => {
  test('with a card between them: the one that completes it is kept', () => {
    const talk = having('4242 4242')
    expect(talk.judge('4242 4242')?.places).toEqual([{ start: 0, end: 9 }])
    expect(having('4242 4242', 'wait a moment').judge('4242 4242')).not.toBe(null)
  })

  test('group by group: the third is kept already, when four digits would be left to guess', () => {
    expect(having('4242').judge('4242')).toBe(null)
    expect(having('4242', '4242').judge('4242')?.places).toEqual([{ start: 0, end: 4 }])
    expect(having('4242', '4242', '4242').judge('4242')).not.toBe(null)
  })

  test('without one are let through, whatever is said in between', () => {
    expect(having('room 4242', 'for 2 nights').judge('arriving 24 December')).toBe(null)
  })

  test('judging changes nothing', () => {
    const talk = having('4242 4242')
    for (let times = 0; times < 5; times += 1) expect(talk.judge('42')).toBe(null)
    expect(talk.judge('4242 4242')).not.toBe(null)
  })

  test('eight are remembered', () => {
    const talk = having('4242 4242', ...Array.from({ length: 9 }, (_, at) => `and the ${'abcdefghi'[at]} room`))
    expect(talk.judge('4242 4242')).toBe(null)
  })
})

describe('armed', () => {
  test('for a security code: three digits alone are kept, and let through when the turns are over', () => {
    const talk = new Conversation()
    expect(talk.judge('123')).toBe(null)
    talk.arm('cvc', 1)
    expect(kindsOf(talk, '123')).toEqual(['cvc'])
    talk.add('one moment')
    expect(talk.judge('123')).toBe(null)
  })

  test('for an expiry, which alone is no secret', () => {
    const talk = new Conversation()
    expect(talk.judge('12/27')).toBe(null)
    talk.arm('expiry', 2)
    expect(kindsOf(talk, '12/27')).toEqual(['expiry'])
  })

  test('by the guard itself, after a card: for a code alone, and not for a number among words', () => {
    const talk = new Conversation()
    talk.expectCode()
    expect(kindsOf(talk, '123')).toEqual(['cvc'])
    expect([talk.judge('room 204, please'), talk.judge('order 4411')]).toEqual([null, null])
    talk.add('thanks')
    expect(talk.judge('123')).toBe(null)
  })

  test('is forgotten with all that was said', () => {
    const talk = having('4242 4242')
    talk.arm('cvc', 8)
    talk.forget()
    expect([talk.judge('123'), talk.judge('4242 4242')]).toEqual([null, null])
  })
})

describe('closed', () => {
  test('words that the detector cannot read change nothing', () => {
    const talk = new Conversation()
    // Sound: a page's own data may be anything.
    talk.listenFor([{ language: 'xx', digits: null } as unknown as Lexicon])
    expect(talk.judge('hello')).toBe(null)
    expect(kindsOf(talk, visa)).toEqual(['pan'])
  })

  test('where the detector fails nothing with a digit is let through', () => {
    const talk = new Conversation()
    Object.assign(talk, { languages: null })
    expect(talk.judge('hello')).toBe(null)
    expect(talk.judge('room 5')).toEqual({ kinds: ['pan_suspect'], places: [{ start: 0, end: 6 }] })
  })
})

describe('what is left', () => {
  test('is the message with a mask in the place of the card', () => {
    const text = `Hi, my card is ${visa}, exp 12/27, cvc 123. Thanks!`
    const verdict = new Conversation().judge(text)
    expect(without(text, verdict?.places ?? [])).toBe('Hi, my card is ••••, exp ••••, cvc ••••. Thanks!')
  })
  test('is nothing where nothing else was said', () => {
    expect(without(visa, [{ start: 0, end: 19 }])).toBe('')
    expect(without(` ${visa}. `, [{ start: 1, end: 20 }])).toBe('')
  })
})
