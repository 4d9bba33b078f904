import { expect, test } from 'vitest'
import { luhn } from '../detect/index.ts'
import { testCompleteRequest } from '../protocol/agent-http.ts'
import { cards } from './cards.ts'

test('every card that the API plays by name is here under the same name, in camel case', () => {
  const names = testCompleteRequest.shape.card.def.innerType.options
  const camel = names.map((name) => name.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase()))
  expect(names).toContain('insufficient_funds')
  expect(Object.keys(cards)).toEqual(expect.arrayContaining(camel))
})

test('every card has a number that its check digit fits', () => {
  expect(Object.values(cards).filter(({ number }) => !luhn(number))).toEqual([])
})
