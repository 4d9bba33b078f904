/** What the guard says, in English; other languages are files of their own (`translations.ts`), loaded where they are spoken. */
export interface GuardWords {
  /** A card number, whole or in part. */
  number: string
  /** A security code or an expiry date alone. */
  details: string
  /** The two ways on. */
  form: string
  remove: string
  /** Two sentences; where nothing is left to send the first stands alone. */
  removed: string
  /** The page was told that the person would rather use the form. */
  asked: string
}

export const english: GuardWords = {
  number: 'This looks like a card number, so it is not sent. Chats are no safe place for one.',
  details: 'This looks like card details, so it is not sent. Chats are no safe place for them.',
  form: 'Use the secure form',
  remove: 'Take the number out',
  removed: 'Taken out. You can send the rest.',
  asked: 'Thank you. The secure form is on its way.',
}
