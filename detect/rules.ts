/**
 * Every rule by name, what it weighs and why. A window of digits is a finding when the weights of the rules that apply
 * to it reach the threshold of the channel. Integers, so that every engine adds the same.
 */
export interface Rule {
  weight: number
  why: string
}

export const rules = {
  'IIN.A': { weight: 30, why: 'the first digits are of one of the six big schemes' },
  'IIN.B': { weight: 26, why: 'the first digits are of a regional scheme, or a long prefix of a broad one' },
  'IIN.broad': { weight: -10, why: 'Maestro and UATP cover so many numbers that a card is the least likely of them' },
  LUHN: { weight: 20, why: 'the check digit is right: one in ten others' },
  'LUHN.broken': { weight: -25, why: 'the check digit is wrong: misheard or mistyped, or no card' },
  'LUHN.optional': { weight: -5, why: 'the scheme issues numbers without a check digit' },
  'LEN.off': { weight: -20, why: 'a digit too many or too few: misheard, dropped or doubled' },
  'EDGE.whole': { weight: 25, why: 'nothing but this number was said' },
  'EDGE.side': { weight: 10, why: 'other text ends the number on this side' },
  'EDGE.left_over': { weight: -40, why: 'more digits go on beside it: one of many windows that pass by chance' },
  'EDGE.glued': { weight: -10, why: 'it is part of a word of letters and digits' },
  'GROUP.canonical': { weight: 25, why: 'grouped as cards of this scheme are printed' },
  'GROUP.even': { weight: 15, why: 'groups of one size, as people type and say them' },
  'GROUP.plain': { weight: 10, why: 'one group of the length most cards have' },
  'GROUP.plain_rare': { weight: 1, why: 'one group of a length few cards have' },
  'GROUP.plain_never': { weight: -10, why: 'one group of a length that schemes allow and hardly any card has' },
  'GROUP.pairs': {
    weight: -1,
    why: 'numbers of two digits may be a list: only the six big schemes pass without context',
  },
  'GROUP.spoken_rare': { weight: -5, why: 'spoken digits of a length few cards have: two short telephone numbers' },
  'GROUP.spoken': { weight: 5, why: 'digits and tens mixed, as people say them' },
  'GROUP.irregular': { weight: -5, why: 'groups of several sizes' },
  'GROUP.irregular_rare': { weight: -20, why: 'groups of several sizes, of a length few cards have' },
  'GROUP.mixed': { weight: 1, why: 'figures and words in turn' },
  'GAP.text': { weight: -10, why: 'words that say nothing stand between two groups' },
  'GAP.turn': { weight: -1, why: 'the number goes on in another message' },
  'WEAK.digit': { weight: -1, why: 'a word or letter that is a digit only among digits' },
  'CTX.card': { weight: 40, why: 'the talk is of a card' },
  'CTX.turn': { weight: 25, why: 'a card was named in one of the last two turns' },
  'CTX.expiry': { weight: 25, why: 'an expiry or a CVC follows' },
  'CTX.armed': { weight: 60, why: 'the agent has just asked for a card' },
  'CTX.dictated': { weight: 50, why: 'spoken over several messages or with a correction: somebody reads a number out' },
  AMBIGUOUS_CTX: { weight: -10, why: 'called an order or a reference, and yet a card in every other way' },
  'VETO.PHONE': { weight: -60, why: 'written or called as a telephone number' },
  'VETO.IBAN': { weight: -60, why: 'called an IBAN, the number of a bank account' },
  'VETO.IMEI': { weight: -60, why: 'called an IMEI, the number of a telephone' },
  'VETO.ICCID': { weight: -60, why: 'called the number of a SIM' },
  'VETO.SEQ': { weight: -40, why: 'a list of small whole numbers of several lengths' },
  'VETO.REPDIGIT': { weight: -60, why: 'one digit over and over' },
  'VETO.UUID': { weight: -60, why: 'a group of a UUID or of another hexadecimal number' },
  'VETO.COUNT': { weight: -60, why: 'counting: each number is one more than the last' },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

/** What is no part of any number by its shape, whatever stands around it: set aside before digits are joined. */
export const shapes = {
  'VETO.DATE': 'a day: 2026-01-02, 31/12/2026',
  'VETO.TIME': 'an hour: 12:30',
  'VETO.MONEY': 'an amount, by its currency or its unit',
  'VETO.DECIMAL': 'a short whole part and decimals: coordinates, fractions',
  'VETO.MASKED': 'what is left of a number that somebody has masked',
  'VETO.COUNTER': 'counts the groups: 1) 4242 2) 4242',
} as const satisfies Record<string, string>

export type ShapeName = keyof typeof shapes

/** What a window must reach. In speech a broken check digit is common, so context and shape carry more. */
export const thresholds = { chat: 70, voice: 65, suspect: 70 } as const
