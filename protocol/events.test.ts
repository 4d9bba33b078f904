import * as z from 'zod/mini'
import { describe, expect, it } from 'vitest'
import { eventShapes, eventTypes, parseEvent } from './events.ts'
import { makeId } from './ids.ts'

interface Schema {
  type?: string
  enum?: unknown[]
  const?: unknown
  pattern?: string
  maximum?: number
  additionalProperties?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

/** The caller's own ids. The gateway refuses card-shaped ones at its door, since a pattern cannot. */
const callersOwn = ['conversation', 'reference']
const cardShapes = ['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242', '378282246310005', '424242424242']

function walk(schema: Schema, name: string, visit: (schema: Schema, name: string) => void): void {
  visit(schema, name)
  for (const [member, inner] of Object.entries(schema.properties ?? {})) walk(inner, member, visit)
  if (schema.items) walk(schema.items, name, visit)
  for (const inner of schema.anyOf ?? []) walk(inner, name, visit)
}

describe('events', () => {
  it.each(eventTypes)('%s: closed, without free text, and with no member that could carry a card number', (type) => {
    const shape = eventShapes.get(type)
    if (shape === undefined) throw new Error('every type has a shape')
    walk(z.toJSONSchema(shape) as Schema, 'event', (schema, name) => {
      if (schema.type === 'object') expect(schema.additionalProperties, name).toBe(false)
      if (schema.type === 'integer') expect(schema.maximum, `${name} is bounded below twelve digits`).toBeLessThan(1e11)
      if (schema.type !== 'string' || schema.enum !== undefined || schema.const !== undefined) return
      expect(schema.pattern, `${name} is an enum or has a pattern`).toBeDefined()
      if (callersOwn.includes(name)) return
      for (const card of cardShapes)
        expect(new RegExp(schema.pattern ?? '').test(card), `${name} takes no card`).toBe(false)
    })
  })

  const event = {
    specversion: '1.0',
    id: makeId('evt_'),
    source: `/tenants/${makeId('ten_')}`,
    subject: makeId('cap_'),
    time: '2026-01-01T00:00:00.000Z',
    sequence: 1,
    datacontenttype: 'application/json',
    type: 'capture.field.progress',
    data: { epoch: 1, state: 'collecting', channel: 'web', field: 'number', level: 'some' },
  }
  it('a known event parses', () => expect(parseEvent(event)).toEqual(event))
  it.each([
    ['another member', { ...event, pan: '4242424242424242' }],
    ['another member of its data', { ...event, data: { ...event.data, length: 16 } }],
    ['an unknown type', { ...event, type: 'capture.leaked' }],
    ["a type that names a prototype's member", { ...event, type: '__proto__' }],
    ['a number where a word belongs', { ...event, data: { ...event.data, level: 12 } }],
    ['nothing', null],
  ])('%s is refused, and the error does not repeat it', (_name, value) => {
    expect(() => parseEvent(value)).toThrow(new TypeError('not an event of this protocol'))
  })
})
