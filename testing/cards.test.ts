import { expect, test } from 'vitest'
import { cobadges, networksOf, parseCobadges } from '../detect/cobadges.ts'
import { brandOf, luhn } from '../detect/cards.ts'
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

test('the cards that are named for two networks are served by these two', () => {
  const known = parseCobadges(cobadges)
  const networks = ({ number }: { number: string }) => networksOf(number, brandOf(number)?.brand, known)
  expect(networks(cards.cartesBancairesVisa)).toEqual(['cartes_bancaires', 'visa'])
  expect(networks(cards.cartesBancairesMastercard)).toEqual(['cartes_bancaires', 'mastercard'])
  const others = Object.entries(cards).filter(([name, card]) => !name.startsWith('cartes') && networks(card).length > 0)
  expect(others).toEqual([])
})
