/** Card numbers that processors publish for their sandboxes; nobody has a card with one. See the README for outcomes. */
export interface TestCard {
  number: string
  /** As a person types it: MM/YY. */
  expiry: string
  cvc: string
  name: string
  /** For a form that asks for one. */
  postalCode?: string
}

const card = (number: string, cvc = '123'): TestCard => ({ number, expiry: '12/34', cvc, name: 'Test Person' })

export const cards = {
  visa: card('4242424242424242'),
  visaDebit: card('4000056655665556'),
  mastercard: card('5555555555554444'),
  mastercard2: card('2223003122003222'),
  amex: card('378282246310005', '1234'),
  discover: card('6011111111111117'),
  diners: card('36227206271667'),
  jcb: card('3566002020360505'),
  unionpay: card('6200000000000005'),
  /** Refused by the processor. */
  declined: card('4000000000000002'),
  insufficientFunds: card('4000000000009995'),
  /** Asks for a 3-D Secure challenge. */
  challenge: card('4000000000003220'),
  /** Two networks serve these: the form asks which. */
  cartesBancairesVisa: card('4000002500001001'),
  cartesBancairesMastercard: card('5555552500001001'),
} as const satisfies Record<string, TestCard>
