/**
 * What a language says around and in place of card numbers. Data alone: every member is a list, separated by commas,
 * of words and phrases in lower case; case, diacritics and hyphens do not matter (`classes.ts` folds them).
 * A language that has nothing for a member leaves it out.
 */
export interface Lexicon {
  /** BCP 47, as `en` or `pt`. */
  language: string
  /** Ten lists: the words of 0 to 9. */
  digits: readonly string[]
  /** Digits that are also common words, or that a recogniser hears for them: they count only among strong ones. */
  weak?: Readonly<Record<number, string>>
  /** Ten to ninety-nine, as far as one word or a fixed phrase says it. Tens and a unit are put together by rule. */
  numbers: Readonly<Record<number, string>>
  /** 100, 1000 and what else multiplies (`doscientos` is 200). */
  scales: Readonly<Record<number, string>>
  /** `double five`: 2 to 4. */
  times?: Readonly<Record<number, string>>
  /** Between tens and unit, hundreds and tens: `and`, `y`. */
  and?: string
  /** Unit before tens in one word: zweiundvierzig. The units in their joined form, and the joiner. */
  unitFirst?: { units: readonly string[]; joiner: string }
  /** Sixty and eighty go on to nineteen: soixante-dix, quatre-vingt-dix-sept. */
  vigesimal?: boolean
  marks: Readonly<Partial<Record<Mark, string>>>
  /** January to December, each with its short forms. */
  months?: readonly string[]
}

/** What a word that is no number says about the digits around it. */
export type Mark =
  /** Says nothing: uh, then, dash. */
  | 'filler'
  /** The next group replaces the last: no, sorry, I mean. */
  | 'correction'
  /** All so far is taken back: let me start again. */
  | 'restart'
  /** A number word after it counts groups or digits: the first four, part two. */
  | 'ordinal'
  | 'part'
  /** A number word before it counts: four digits, four more. */
  | 'digits'
  /** The talk is of a payment card. */
  | 'card'
  /** A card that pays nothing: gift, library, SIM. Stands before the word for card. */
  | 'other_card'
  | 'cvc'
  | 'expiry'
  /** What else may expire: passport, milk, offer. */
  | 'perishable'
  /** A number of another kind follows: order, tracking, invoice. It may still be a card. */
  | 'order'
  /** A number that is no card follows: phone, IMEI, IBAN. */
  | 'imei'
  | 'iban'
  | 'iccid'
  | 'phone'
  /** Money, weight, time: the number before it is a quantity. */
  | 'unit'
  | 'confirm'
  /** What looks like the start of a digit word and is none: double u. */
  | 'letter'
  /** The digits stand in the other order: backwards. */
  | 'reversed'
