import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { captureStates, fieldNames, fieldStates, progressLevels } from './capture-states.ts'
import { errors, rejectionReasons } from './errors.ts'
import { fontBytesMax, presets, themeVerdicts, tokenLengthMax, tokenNames } from './look/tokens.ts'
import { colorSchemes, parseGreeting } from './port.ts'
import { parseCommand, parsePortOffer } from './port-to-frame.ts'
import { frameHeightMax, parseAnswer, parseFrameEvent, parseHello } from './port-to-host.ts'

const id = z.string().regex(/^[0-9a-f-]{1,64}$/)
const code = z.enum(Object.keys(errors) as [keyof typeof errors])
const card = {
  brand: z
    .string()
    .regex(/^[a-z_]{2,24}$/)
    .optional(),
  last4: z
    .string()
    .regex(/^\d{4}$/)
    .optional(),
}
const mark = { sp: z.literal(1), seq: z.int().min(1) }
const event = z.discriminatedUnion('t', [
  z.strictObject({ ...mark, t: z.literal('ready') }),
  z.strictObject({ ...mark, t: z.literal('canceled') }),
  z.strictObject({ ...mark, t: z.literal('resize'), height: z.int().min(0).max(frameHeightMax) }),
  z.strictObject({ ...mark, t: z.literal('folded'), folded: z.boolean() }),
  z.strictObject({ ...mark, t: z.literal('lift'), up: z.boolean() }),
  z.strictObject({ ...mark, t: z.literal('state'), state: z.enum(captureStates) }),
  z
    .strictObject({
      ...mark,
      t: z.literal('progress'),
      field: z.enum(fieldNames),
      status: z.enum(fieldStates),
      level: z.enum(progressLevels).optional(),
      code: z.enum(rejectionReasons).optional(),
      ...card,
    })
    .refine(
      (hint) => (hint.brand ?? hint.last4) === undefined || (hint.status === 'complete' && hint.field === 'number'),
    ),
  z.strictObject({
    ...mark,
    t: z.literal('complete'),
    token: z
      .string()
      .regex(/^tok_(test|live)_[a-z]{26}$/)
      .optional(),
    ...card,
  }),
  z.strictObject({ ...mark, t: z.literal('error'), code, fatal: z.boolean() }),
])
const token = z.enum(tokenNames)
const notes = z.partialRecord(token, z.enum(themeVerdicts))
const answer = z.strictObject({
  id,
  type: z.literal('RAW'),
  value: z.union([
    z.strictObject({ ok: z.literal(true), notes: notes.optional() }),
    z.strictObject({ ok: z.literal(false), code }),
  ]),
})
const open = z.strictObject({
  captureId: z.string().regex(/^cap_[a-z]{26}$/),
  clientSecret: z.string().regex(/^[\x21-\x7e]{16,256}$/),
})
const dress = z.strictObject({
  colorScheme: z.enum(colorSchemes),
  preset: z.enum(presets),
  theme: z.partialRecord(token, z.string().max(tokenLengthMax)).optional(),
  font: z
    .instanceof(ArrayBuffer)
    .refine((font) => font.byteLength <= fontBytesMax)
    .optional(),
})
const command = z.union([
  z.strictObject({
    id,
    type: z.literal('APPLY'),
    path: z.tuple([z.literal('dress')]),
    argumentList: z.tuple([z.strictObject({ type: z.literal('RAW'), value: dress })]),
  }),
  z.strictObject({
    id,
    type: z.literal('APPLY'),
    path: z.tuple([z.literal('open')]),
    argumentList: z.tuple([z.strictObject({ type: z.literal('RAW'), value: open })]),
  }),
  z.strictObject({
    id,
    type: z.literal('APPLY'),
    path: z.tuple([z.enum(['close', 'ping', 'focus'])]),
    argumentList: z.tuple([]),
  }),
])
const greeting = (kind: 'hello' | 'port') =>
  z.strictObject({ sallyport: z.literal(kind), v: z.literal(1), n: z.string().regex(/^[0-9a-f]{32}$/) })

const accepts = (parse: (data: unknown) => unknown, data: unknown): boolean => {
  try {
    return parse(data) !== null
  } catch {
    return false
  }
}

const letters = 'a'.repeat(26)
const good: Record<string, { parse: (data: unknown) => unknown; shape: z.ZodType; examples: object[] }> = {
  events: {
    parse: parseFrameEvent,
    shape: event,
    examples: [
      { sp: 1, seq: 1, t: 'ready' },
      { sp: 1, seq: 9, t: 'canceled' },
      { sp: 1, seq: 2, t: 'resize', height: 380 },
      { sp: 1, seq: 3, t: 'state', state: 'collecting' },
      { sp: 1, seq: 3, t: 'folded', folded: true },
      { sp: 1, seq: 3, t: 'lift', up: true },
      { sp: 1, seq: 4, t: 'progress', field: 'number', status: 'active', level: 'some' },
      { sp: 1, seq: 5, t: 'progress', field: 'number', status: 'complete', brand: 'visa', last4: '4242' },
      { sp: 1, seq: 5, t: 'progress', field: 'cvc', status: 'rejected', code: 'incomplete' },
      { sp: 1, seq: 6, t: 'complete', token: `tok_test_${letters}`, brand: 'visa', last4: '4242' },
      { sp: 1, seq: 7, t: 'error', code: 'channel.offline', fatal: false },
    ],
  },
  answers: {
    parse: parseAnswer,
    shape: answer,
    examples: [
      { id: 'a-1', type: 'RAW', value: { ok: true } },
      { id: 'a-1', type: 'RAW', value: { ok: true, notes: { accent: 'malformed', text: 'low_contrast' } } },
      { id: 'a-1', type: 'RAW', value: { ok: false, code: 'system.internal' } },
    ],
  },
  commands: {
    parse: parseCommand,
    shape: command,
    examples: [
      { id: 'a', type: 'APPLY', path: ['ping'], argumentList: [] },
      {
        id: 'a',
        type: 'APPLY',
        path: ['open'],
        argumentList: [{ type: 'RAW', value: { captureId: `cap_${letters}`, clientSecret: 's'.repeat(20) } }],
      },
      {
        id: 'a',
        type: 'APPLY',
        path: ['open'],
        argumentList: [{ type: 'RAW', value: { captureId: `cap_${letters}`, clientSecret: '!'.repeat(256) } }],
      },
      {
        id: 'a',
        type: 'APPLY',
        path: ['dress'],
        argumentList: [{ type: 'RAW', value: { colorScheme: 'dark', preset: 'bubble' } }],
      },
      {
        id: 'a',
        type: 'APPLY',
        path: ['dress'],
        argumentList: [
          {
            type: 'RAW',
            value: {
              colorScheme: 'light',
              preset: 'sheet',
              theme: { accent: '#0a7', radius: 'no length', font: '' },
              font: new ArrayBuffer(8),
            },
          },
        ],
      },
    ],
  },
  hello: { parse: parseHello, shape: greeting('hello'), examples: [{ sallyport: 'hello', v: 1, n: '0'.repeat(32) }] },
  offer: { parse: parsePortOffer, shape: greeting('port'), examples: [{ sallyport: 'port', v: 1, n: 'f'.repeat(32) }] },
}

/** One change somewhere in a good message: a member gone, added, or another value, at any depth. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    0,
    -1,
    1.5,
    Number.NaN,
    '',
    '4242424242424242',
    'ready',
    'RAW',
    true,
    [],
    {},
    ['__proto__'],
  ),
  fc.string({ maxLength: 30 }),
  fc.integer(),
)
function mutate(message: unknown, at: number, value: unknown, kind: 'set' | 'delete' | 'add'): unknown {
  const copy = structuredClone(message)
  const places: [Record<string, unknown>, string][] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key])
      walk((node as Record<string, unknown>)[key])
    }
  }
  walk(copy)
  const [holder, key] = places[at % places.length] ?? [{}, '']
  if (kind === 'set') holder[key] = value
  else if (kind === 'delete') Reflect.deleteProperty(holder, key)
  else holder[key === 'level' ? 'digits' : 'extra'] = value
  return copy
}

describe('the hand-written parsers of the port', () => {
  for (const [name, { parse, shape, examples }] of Object.entries(good)) {
    it(`take every example of ${name} that the shape takes`, () => {
      for (const example of examples) {
        expect(shape.safeParse(example).success).toBe(true)
        expect(accepts(parse, example)).toBe(true)
      }
    })

    it(`agree with the shape of ${name} on every change of one member`, () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...examples),
          fc.nat(30),
          junk,
          fc.constantFrom('set' as const, 'delete' as const, 'add' as const),
          (example, at, value, kind) => {
            const message = mutate(example, at, value, kind)
            // A member that is present and undefined cannot be told from an absent one in what the parser returns.
            expect(accepts(parse, message)).toBe(shape.safeParse(message).success)
          },
        ),
        { numRuns: 2_000 },
      )
    })

    it(`give null or throw, and never an answer, for arbitrary values in place of ${name}`, () => {
      fc.assert(
        fc.property(fc.anything({ withNullPrototype: true }), (value) => {
          if (accepts(parse, value)) expect(shape.safeParse(value).success).toBe(true)
        }),
      )
    })
  }

  it('let no event carry seven digits in a row', () => {
    const strings = (node: unknown): string[] =>
      typeof node === 'string'
        ? [node]
        : typeof node === 'object' && node !== null
          ? Object.values(node).flatMap(strings)
          : []
    fc.assert(
      fc.property(
        fc.constantFrom(...(good['events']?.examples ?? [])),
        fc.nat(30),
        fc.stringMatching(/^[0-9 -]{7,23}$/),
        (example, at, digits) => {
          const message = mutate(example, at, digits, 'set')
          if (!accepts(parseFrameEvent, message)) return
          for (const text of strings(parseFrameEvent(message)))
            expect(text.replaceAll(/\D/g, '').length).toBeLessThan(7)
        },
      ),
    )
  })

  it('call a greeting of another version malformed rather than foreign', () => {
    expect(() => parseGreeting({ sallyport: 'hello', v: 2, n: '0'.repeat(32) }, 'hello')).toThrow()
    expect(parseGreeting({ type: 'webpackOk' }, 'hello')).toBeNull()
  })
})
