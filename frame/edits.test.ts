/** Every way a person or a keyboard changes a field, compared with a plain list of the characters that count. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reformat } from './caret.ts'
import { declared } from './fields/declared.ts'
import { parseExpiry } from './fields/expiry.ts'
import type { FieldRule } from './fields/rule.ts'

const { number, expiry, cvc, postal_code } = declared
const arabic = (digits: string): string =>
  digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)))
const fullWidth = (digits: string): string =>
  digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
const spoken = fc.constantFrom((text: string) => text, arabic, fullWidth)

/** An input with a selection, as a browser keeps it: the edit first, then ours. */
class Input {
  text = ''
  start = 0
  end = 0
  clean = ''
  readonly rule: FieldRule
  constructor(rule: FieldRule) {
    this.rule = rule
  }
  /** Replaces what is selected: a key, a paste, a drop. */
  put(what: string): void {
    const raw = this.text.slice(0, this.start) + what + this.text.slice(this.end)
    this.#written(raw, this.start + what.length)
  }
  /** The selection is dragged elsewhere in the same field: browsers take it out, tell of that, and then drop it. */
  drag(to: number): void {
    const taken = this.text.slice(this.start, this.end)
    this.#written(this.text.slice(0, this.start) + this.text.slice(this.end), this.start)
    this.start = this.end = Math.min(to, this.text.length)
    this.put(taken)
  }
  /** A keyboard that writes the whole value and leaves the caret at its end. */
  rewrite(what: string): void {
    this.#written(what, what.length)
  }
  #written(raw: string, caret: number): void {
    const next = reformat({ text: raw, caret, was: this.clean, deleting: null }, this.rule)
    this.text = next.text
    this.clean = next.clean
    this.start = this.end = next.caret
  }
  /** How many characters that count stand before the caret. */
  get counted(): number {
    return this.rule.clean(this.text.slice(0, this.start)).length
  }
}

const edit = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'rewrite', 'select all', 'move', 'drag'),
  digits: fc.stringMatching(/^[0-9]{0,6}$/),
  separator: fc.constantFrom('', ' ', '-', '.', '\u00a0', '\u2009'),
  as: spoken,
  from: fc.nat(30),
  length: fc.nat(5),
})

describe.each([
  ['number', number.rule, 24],
  ['code', cvc.rule, 4],
])('complaint 16: a %s', (_name, rule, most) => {
  it('holds the digits that a list of digits would, with the caret after as many, whatever was done', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 14 }), (edits) => {
        const input = new Input(rule)
        let model: string[] = []
        for (const { kind, digits, separator, as, from, length } of edits) {
          input.start = kind === 'select all' ? 0 : Math.min(from, input.text.length)
          input.end = kind === 'select all' ? input.text.length : Math.min(input.start + length, input.text.length)
          if (kind === 'move') continue
          const typed = as(digits.split('').join(separator))
          let caret = digits.length
          if (kind === 'rewrite') {
            input.rewrite(typed)
            model = [...digits].slice(0, most)
          } else if (kind === 'drag') {
            const [before, after] = [input.start, input.end].map((end) => rule.clean(input.text.slice(0, end)).length)
            const taken = model.slice(before, after)
            const rest = [...model.slice(0, before), ...model.slice(after)]
            const at = rule.clean(rule.show(rest.join('')).slice(0, digits.length * 3)).length
            input.drag(digits.length * 3)
            model = [...rest.slice(0, at), ...taken, ...rest.slice(at)]
            caret = at + taken.length
          } else {
            const before = rule.clean(input.text.slice(0, input.start)).length
            const after = rule.clean(input.text.slice(0, input.end)).length
            input.put(typed)
            model = [...model.slice(0, before), ...digits, ...model.slice(after)].slice(0, most)
            caret += before
          }
          if (input.clean !== model.join('')) expect.fail(`${input.clean} is not ${model.join('')}`)
          if (input.text !== rule.show(input.clean)) expect.fail(`${input.text} is not as it is shown`)
          if (input.counted !== Math.min(caret, model.length)) expect.fail(`the caret is after ${input.counted}`)
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('an expiry', () => {
  const written = fc.record({
    month: fc.integer({ min: 1, max: 12 }),
    year: fc.integer({ min: 2026, max: 2045 }),
    padded: fc.boolean(),
    short: fc.boolean(),
    separator: fc.constantFrom('/', ' / ', '-', ' - ', '.', ' ', '／', '\u00a0/\u00a0'),
    iso: fc.boolean(),
    as: spoken,
  })
  const spell = (one: {
    month: number
    year: number
    padded: boolean
    short: boolean
    separator: string
    iso: boolean
  }) => {
    const { month, year, padded, short, separator, iso } = one
    const mm = String(month).padStart(padded ? 2 : 1, '0')
    return iso ? `${year}-${mm}` : `${mm}${separator}${short ? String(year).slice(2) : year}`
  }

  it('is the same date in any common spelling, pasted or filled in whole', () => {
    fc.assert(
      fc.property(written, ({ as, ...one }) => {
        const input = new Input(expiry.rule)
        input.rewrite(as(spell(one)))
        const { month, year } = one
        expect(parseExpiry(input.clean), spell(one)).toEqual({ month, year })
        expect(input.start).toBe(input.text.length)
      }),
      { numRuns: 400 },
    )
  })

  it('is the same date in any of them, typed key by key', () => {
    fc.assert(
      fc.property(written, ({ as, iso: _, ...one }) => {
        const input = new Input(expiry.rule)
        for (const key of spell({ ...one, iso: false })) {
          input.start = input.end = input.text.length
          input.put(as(key))
        }
        const { month, year } = one
        expect(parseExpiry(input.clean), spell({ ...one, iso: false })).toEqual({ month, year })
      }),
      { numRuns: 400 },
    )
  })
})

describe('a postal code', () => {
  it('stays as it is typed, in capitals, with the caret where it was', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 12 }),
        fc.nat(12),
        fc.stringMatching(/^[a-z0-9 -]{1,3}$/),
        (text, at, more) => {
          const input = new Input(postal_code.rule)
          input.rewrite(text)
          const before = input.text
          input.start = input.end = Math.min(at, before.length)
          const where = input.start
          input.put(more)
          expect(input.text).toBe(before.slice(0, where) + more.toUpperCase() + before.slice(where))
          expect(input.start).toBe(where + more.length)
        },
      ),
    )
  })
})
