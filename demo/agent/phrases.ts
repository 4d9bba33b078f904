import type { ErrorCode, RejectionReason } from '../../protocol/errors.ts'
import type { FieldName } from '../../protocol/capture-states.ts'
import type { Topic } from './understand.ts'

/** What the agent says, by what it was told. It was never told a digit beyond the last four. */
export const hello =
  'Good evening, and welcome to Harbour Rooms. I am Ada, the house’s assistant. What may I book for you?'

export const answersTo: Record<Exclude<Topic, 'included' | 'price'>, string> = {
  safe: 'Yes. The form belongs to a vault on another origin, so neither this page nor I can read what you type there. I get the last four digits and a reference, nothing more. The panel “What the agent received” shows every word of it.',
  cancel_later:
    'You can cancel until six in the evening on the day before, and the money goes back to the same card. Just tell me here.',
  checkin: 'Check-in is from three. If you come later than nine, the key waits in the lantern by the door.',
  parking: 'There are four places behind the house, free of charge. First come, first parked.',
  wifi: 'The wifi is free and reaches the window seat. It gives up near the pier.',
  dogs: 'Dogs are welcome. The cat of the house expects to be asked first.',
  human: 'I am a program, scripted for this demonstration. A person sits at the front desk from eight to eight.',
}

export const hints: Record<RejectionReason, (field: FieldName) => string> = {
  incomplete: (field) =>
    field === 'number'
      ? 'That number looks a little short – want to check it?'
      : field === 'cvc'
        ? 'The security code looks a little short. It is on the back of most cards.'
        : field === 'expiry'
          ? 'The expiry date is not complete yet: month and year, as on the card.'
          : 'Something is missing in that field.',
  too_long: () => 'That looks like a digit too many – want to check it?',
  checksum: () => 'One digit of that number does not seem right. Could you compare it with the card once more?',
  unknown_brand: () => 'I cannot tell what kind of card that is. Perhaps the first digits got mixed up?',
  expired: () => 'That card seems to be past its date. Do you have another one at hand?',
  not_accepted: () => 'We cannot take that kind of card, sorry. Visa, Mastercard and American Express all work.',
}

/** The phrase may stand in a message; the link may not: what is said is read by programs. */
export const byLink = (phrase: string): string =>
  `Something on your side keeps the form away from this page. It also opens on a page of its own, here or on your phone: the link is above. That page asks for two words, and they are “${phrase}”. Whatever you do there, I hear it here.`

export function declined(code: ErrorCode | undefined): string {
  if (code === 'processor.insufficient_funds') {
    return 'The bank says there is not enough on that card right now. Nothing was charged, and your booking is held. Shall we try another card?'
  }
  return 'Your bank declined that card; it does not say why. Nothing was charged, and your booking is held. Shall we try another card?'
}
