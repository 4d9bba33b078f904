import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prefilterFor } from './detect.ts'
import { redact } from './index.ts'
import { mayHold } from './prefilter.ts'
import vectors from './detector.vectors.json' with { type: 'json' }
import { allLanguages } from './words/all.ts'

const prefilter = prefilterFor(allLanguages)

/** Pieces of which cards are made, and of talk. */
const piece = fc.constantFrom(
  ...[
    '4',
    '42',
    '4242',
    'four',
    'two',
    'double',
    'forty',
    'oh',
    'o',
    'O',
    'l',
    'fourtwo',
    'for',
    'to',
    'acht',
    'dos',
    'ti',
  ],
  ...[
    'cvv',
    'security code',
    'exp',
    'expires',
    '12/27',
    '123',
    'may',
    'on the back',
    ' ',
    ' ',
    ' ',
    '-',
    '. ',
    ', ',
    '\n',
    "'",
  ],
  ...[
    'hello',
    'the',
    'and',
    'é',
    '😀',
    '&#52;',
    '%34',
    'NDI0MjQyNDI0MjQyNDI0Mg==',
    '零',
    'चार',
    '\u200b',
    'vierundzwanzig',
  ],
)

describe('what the count lets pass', () => {
  test('the control: it stops most talk, and no card', () => {
    expect(mayHold(prefilter, 'A table for two at 7:30, please, and some water.')).toBe(false)
    expect(mayHold(prefilter, '4242424242424242')).toBe(true)
  })

  test.each(vectors.found)('$why', ({ text }) => {
    expect(mayHold(prefilter, text)).toBe(true)
  })

  test('a text that it stops has no finding', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        if (!mayHold(prefilter, text)) expect(redact(text).findings).toEqual([])
      }),
      { numRuns: 3_000 },
    )
  })
})
