import { luhn } from '../detect/luhn.ts'

/** Card numbers where none belong: in what a customer types into the chat, and in what the agent received. */
const run = /\d(?:[ .-]?\d){11,18}/g
const isCard = (match: string): boolean => luhn(match.replace(/\D/g, ''))

export const countCardNumbers = (text: string): number =>
  [...text.matchAll(run)].filter(([match]) => isCard(match)).length
export const holdsCardNumber = (text: string): boolean => countCardNumbers(text) > 0
export const withoutCardNumber = (text: string): string =>
  text.replace(run, (match) => (isCard(match) ? '[a card number]' : match))
