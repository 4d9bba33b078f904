import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Edit, reformat } from './caret.ts'
import { declared } from './fields/declared.ts'
import type { FieldRule } from './fields/rule.ts'

const { number, expiry, cvc } = declared
const rules = { number: number.rule, expiry: expiry.rule, cvc: cvc.rule }

/** An input as a browser keeps it: the person's edit first, then ours. */
class Box {
  text = ''
  caret = 0
  clean = ''
  readonly rule: FieldRule
  constructor(rule: FieldRule) {
    this.rule = rule
  }

  insert(what: string, at = this.caret, deleting: Edit['deleting'] = null, end = at): this {
    const raw = this.text.slice(0, at) + what + this.text.slice(end)
    const next = reformat({ text: raw, caret: at + what.length, was: this.clean, deleting }, this.rule)
    Object.assign(this, next)
    return this
  }
  backspace(): this {
    return this.caret === 0 ? this : this.insert('', this.caret - 1, 'back', this.caret)
  }
  forwardDelete(): this {
    return this.caret >= this.text.length ? this : this.insert('', this.caret, 'forward', this.caret + 1)
  }
  /** The box with `|` for the caret. */
  get view(): string {
    return `${this.text.slice(0, this.caret)}|${this.text.slice(this.caret)}`
  }
}
const box = (rule: FieldRule, view: string): Box => {
  const made = new Box(rule).insert(view.replace('|', ''), 0)
  made.caret = view.indexOf('|')
  return made
}

describe('the caret', () => {
  it.each([
    ['4242| 4242', (b: Box) => b.insert('1'), '4242 1|424 2'],
    ['424|2 4242', (b: Box) => b.insert('1'), '4241 |2424 2'],
    ['4242 |4242', (b: Box) => b.backspace(), '424|4 242'],
    ['4242| 4242', (b: Box) => b.forwardDelete(), '4242| 242'],
    ['4242 4|242', (b: Box) => b.backspace(), '4242| 242'],
    ['|4242 4242', (b: Box) => b.insert('5'), '5|424 2424 2'],
    ['4242 42|42', (b: Box) => b.insert('5555 5555'), '4242 4255 5555 55|42'],
  ])('%s', (start, act, end) => {
    expect(act(box(rules.number, start)).view).toBe(end)
  })

  it('stays at the end while a number is typed, and all of it can be deleted again', () => {
    const typed = new Box(rules.number)
    for (const digit of '378282246310005') {
      typed.insert(digit)
      expect(typed.caret).toBe(typed.text.length)
    }
    expect(typed.text).toBe('3782 822463 10005')
    for (let left = 15; left > 0; left -= 1) typed.backspace()
    expect(typed.text).toBe('')
  })

  it('lets an expiry be deleted key by key, separator and filled-in zero included', () => {
    const typed = new Box(rules.expiry).insert('9').insert('3').insert('0')
    expect(typed.text).toBe('09 / 30')
    for (let presses = 0; presses < 4; presses += 1) typed.backspace()
    expect(typed.text).toBe('')
  })
})

const edit = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), text: fc.stringMatching(/^[0-9 -]{1,6}$/), at: fc.nat(30) }),
  fc.record({ kind: fc.constant('rewrite' as const), text: fc.stringMatching(/^[0-9 ]{0,24}$/), at: fc.nat(30) }),
  fc.record({ kind: fc.constantFrom('back' as const, 'forward' as const), text: fc.constant(''), at: fc.nat(30) }),
)

describe('any sequence of edits', () => {
  it('leaves the digits a plain list of digits would have, and the caret at the same digit', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        const typed = new Box(rules.number)
        let model = ''
        for (const { kind, text, at } of edits) {
          typed.caret = Math.min(at, typed.text.length)
          const before = typed.text.slice(0, typed.caret).replaceAll(' ', '').length
          const digits = text.replaceAll(/\D/g, '')
          let expected = before
          if (kind === 'insert') {
            // A separator alone inserted is no edit of the digits.
            typed.insert(text)
            model = (model.slice(0, before) + digits + model.slice(before)).slice(0, 24)
            expected = before + digits.length
          } else if (kind === 'rewrite') {
            typed.insert(text, 0, null, typed.text.length)
            model = digits
            expected = digits.length
          } else if (kind === 'back') {
            typed.backspace()
            if (before > 0) model = model.slice(0, before - 1) + model.slice(before)
            expected = Math.max(0, before - 1)
          } else {
            typed.forwardDelete()
            model = model.slice(0, before) + model.slice(before + 1)
          }
          expect(typed.clean).toBe(model)
          expect(typed.text).toBe(rules.number.show(model))
          expect(typed.text.slice(0, typed.caret).replaceAll(' ', '').length).toBe(Math.min(expected, model.length))
        }
      }),
      { numRuns: 1_500 },
    )
  })

  it('keeps every field in its own form with the caret inside it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(rules.expiry, rules.cvc, rules.number),
        fc.array(edit, { maxLength: 12 }),
        (rule, edits) => {
          const typed = new Box(rule)
          for (const { kind, text, at } of edits) {
            typed.caret = Math.min(at, typed.text.length)
            if (kind === 'insert') typed.insert(text)
            else if (kind === 'rewrite') typed.insert(text, 0, null, typed.text.length)
            else if (kind === 'back') typed.backspace()
            else typed.forwardDelete()
            expect(rule.clean(typed.text)).toBe(typed.clean)
            expect(rule.show(typed.clean)).toBe(typed.text)
            expect(typed.caret).toBeGreaterThanOrEqual(0)
            expect(typed.caret).toBeLessThanOrEqual(typed.text.length)
          }
        },
      ),
      { numRuns: 1_500 },
    )
  })
})
