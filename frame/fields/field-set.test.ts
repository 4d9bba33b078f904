import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProgressItem } from '../../protocol/capture-http.ts'
import type { FieldName } from '../../protocol/capture-states.ts'
import { rejectionReasons, type RejectionReason } from '../../protocol/errors.ts'
import { en } from '../words/en.ts'
import { declared, wordFor } from './declared.ts'
import { FieldSet } from './field-set.ts'

const all: FieldName[] = ['number', 'expiry', 'cvc', 'name', 'postal_code']

/** The fields with what a person sees beside them and what intake and host are told. */
function made(asked: FieldName[] | null = all) {
  const told: ProgressItem[] = []
  const said = new Map<FieldName, RejectionReason>()
  const spoken: [FieldName, RejectionReason][] = []
  const fields = new FieldSet({
    now: () => new Date(2026, 5, 15),
    tell: (item) => void told.push(item),
    say: (field, code) => {
      if (code === null) return void said.delete(field)
      said.set(field, code)
      spoken.push([field, code])
    },
    cardChanged: () => {},
  })
  if (asked !== null) fields.ask(asked)
  const type = (name: FieldName, text: string): void => fields.edit(name, declared[name].rule.clean(text), true)
  return { fields, told, said, spoken, type }
}

describe('a mistake', () => {
  it('is said when the field is left, not while it is typed, and taken back by the first key that mends', () => {
    const { fields, said, told, type } = made()
    for (let length = 1; length <= 16; length += 1) {
      type('number', '4242424242424241'.slice(0, length))
      expect(said.size).toBe(0)
    }
    fields.leave('number')
    expect(said.get('number')).toBe('checksum')
    expect(told.at(-1)).toEqual({ kind: 'rejected', field: 'number', code: 'checksum' })
    type('number', '424242424242424')
    expect(said.size).toBe(0)
    type('number', '4242424242424242')
    expect(told.at(-1)).toEqual({ kind: 'completed', field: 'number', brand: 'visa', last4: '4242' })
  })

  it('is none in a field that is left empty, until the form is sent', () => {
    const { fields, said } = made(['number', 'expiry', 'cvc'])
    for (const name of all) fields.leave(name)
    expect(said.size).toBe(0)
    expect(fields.check()).toBe('number')
    expect([...said]).toEqual([
      ['number', 'incomplete'],
      ['expiry', 'incomplete'],
      ['cvc', 'incomplete'],
    ])
  })

  it('that intake found is said beside its field, and not where the field is not on show', () => {
    const { fields, said, told } = made(['cvc'])
    expect(fields.reject('number', 'not_accepted')).toBe(false)
    expect(fields.reject('cvc', 'incomplete')).toBe(true)
    expect([...said]).toEqual([['cvc', 'incomplete']])
    expect(told).toEqual([{ kind: 'rejected', field: 'cvc', code: 'incomplete' }])
  })

  it('is said once, however often the field is left as it is', () => {
    const { fields, spoken, told, type } = made()
    type('expiry', '01/20')
    for (let times = 0; times < 5; times += 1) fields.leave('expiry')
    expect(spoken).toEqual([['expiry', 'expired']])
    expect(told.filter(({ kind }) => kind === 'rejected')).toHaveLength(1)
  })
})

describe('complaint 19: a code', () => {
  it('is judged again when the number changes its scheme, both ways, and at once', () => {
    const { said, told, type } = made()
    type('cvc', '123')
    type('number', '378282246310005')
    expect(said.get('cvc')).toBe('incomplete')
    type('cvc', '1234')
    expect(said.has('cvc')).toBe(false)
    type('number', '4242424242424242')
    expect(said.get('cvc')).toBe('too_long')
    type('number', '371449635398431')
    expect(said.has('cvc')).toBe(false)
    expect(told.filter((item) => 'field' in item && item.field === 'cvc').at(-1)).toEqual({
      kind: 'completed',
      field: 'cvc',
    })
  })
})

describe('complaint 1: autofill', () => {
  it('of one field or of all leaves each field as if the person had left it', () => {
    const values: Partial<Record<FieldName, string>> = {
      number: '4242424242424242',
      expiry: '0134',
      cvc: '123',
      name: 'Zoë',
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(values) as FieldName[]), (names) => {
        const { fields, told, said } = made(['number', 'expiry', 'cvc', 'name'])
        for (const name of names) fields.edit(name, values[name] ?? '', false)
        expect(said.size).toBe(0)
        const completed = told.flatMap((item) => (item.kind === 'completed' ? [item.field] : []))
        expect(new Set(completed)).toEqual(new Set(names))
        const missing = ['number', 'expiry', 'cvc', 'name'].find((name) => !names.includes(name as FieldName)) ?? null
        expect(fields.check()).toBe(missing)
      }),
    )
  })
  it('with a mistake says it, though nobody has been in the field', () => {
    const { fields, said } = made()
    fields.edit('number', '4242424242424241', false)
    expect(said.get('number')).toBe('checksum')
  })
})

describe('what was typed before anyone asked', () => {
  it('is told once the capture is there, and then as it stands', () => {
    const { fields, told, type } = made(null)
    type('number', '4242424242424242')
    type('expiry', '01')
    type('name', 'Zoë')
    expect(told).toEqual([])
    fields.ask(['number', 'expiry', 'cvc'])
    expect(told).toEqual([
      { kind: 'started', field: 'number' },
      { kind: 'completed', field: 'number', brand: 'visa', last4: '4242' },
      { kind: 'started', field: 'expiry' },
      { kind: 'progress', field: 'expiry', level: 'some' },
    ])
  })
  it('is not sent where it was not asked for', () => {
    const { fields, type } = made(null)
    type('number', '4242424242424242')
    type('cvc', '123')
    fields.ask(['cvc'])
    expect(fields.values()).toEqual({ cvc: '123' })
  })
})

const texts: Record<FieldName, fc.Arbitrary<string>> = {
  number: fc.constantFrom(
    '',
    '4',
    '4242424242424242',
    '4242424242424241',
    '378282246310005',
    '99',
    '62',
    '424242424242424242424',
  ),
  expiry: fc.constantFrom('', '1', '13', '01/20', '12/34', '12/99'),
  cvc: fc.constantFrom('', '1', '123', '1234'),
  name: fc.constantFrom('', ' ', 'Zoë', '4242 4242 4242 4242'),
  postal_code: fc.constantFrom('', '10115', 'SW1A 1AA', '4242424242424242'),
}
const step = fc.oneof(
  ...all.map((name) => texts[name].map((text) => ({ kind: 'type' as const, name, text }))),
  fc.constantFrom(...all).map((name) => ({ kind: 'leave' as const, name, text: '' })),
  fc.constant({ kind: 'send' as const, name: 'number' as FieldName, text: '' }),
)

describe('any sequence of edits, leavings and sendings', () => {
  it('says of each field what its rule says of it at that moment or nothing, and tells the same reason', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { fields, told, said, spoken, type } = made()
        for (const { kind, name, text } of steps) {
          const wasSaid = said.get(name)
          const wasClean = fields.clean(name)
          if (kind === 'type') {
            type(name, text)
            // A key never accuses the field that it goes into; it takes back what was said there.
            if (fields.clean(name) !== wasClean) expect(said.has(name)).toBe(false)
            else expect(said.get(name)).toBe(wasSaid)
          } else if (kind === 'leave') fields.leave(name)
          else expect(fields.check() === null).toBe(said.size === 0)
          for (const [field, code] of said) {
            const around = { card: fields.card, now: new Date(2026, 5, 15), required: true }
            expect(declared[field].rule.judge(fields.clean(field), around).code).toBe(code)
          }
        }
        const rejected = told.flatMap((item) => (item.kind === 'rejected' ? [[item.field, item.code]] : []))
        expect(rejected).toEqual(spoken)
        expect(JSON.stringify(told)).not.toMatch(/\d{5}/)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('every field', () => {
  it('has a sentence for each reason that its rule can give, and for those of intake', () => {
    for (const field of Object.values(declared)) {
      for (const code of rejectionReasons) expect(en[wordFor(field, code)]).toBeTruthy()
      expect(en[field.label]).toBeTruthy()
    }
    expect(wordFor(declared.cvc, 'expired')).toBe('cvc_incomplete')
  })
  it('is empty after the form is cleared, and nothing is told of that', () => {
    const { fields, told, type } = made()
    type('number', '4242424242424242')
    const before = told.length
    fields.clear()
    expect(Object.values(fields.values()).join('')).toBe('')
    expect(fields.card).toBeNull()
    expect(told).toHaveLength(before)
  })
})
