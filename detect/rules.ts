/**
 * Every rule by name, and what it weighs; `rule-reasons.ts` says why. A window of digits is a finding when the weights of the
 * rules that apply to it reach the threshold of the channel. Integers, so that every engine adds the same.
 */
export const rules = {
  'IIN.A': 30,
  'IIN.B': 26,
  'IIN.broad': -10,
  LUHN: 20,
  'LUHN.broken': -25,
  'LUHN.optional': -5,
  'LEN.off': -20,
  'EDGE.whole': 25,
  'EDGE.side': 10,
  'EDGE.left_over': -40,
  'EDGE.glued': -10,
  'GROUP.canonical': 25,
  'GROUP.even': 15,
  'GROUP.plain': 10,
  'GROUP.plain_rare': 1,
  'GROUP.plain_never': -10,
  'GROUP.pairs': -1,
  'GROUP.spoken_rare': -5,
  'GROUP.spoken': 5,
  'GROUP.irregular': -5,
  'GROUP.irregular_rare': -20,
  'GROUP.mixed': 1,
  'GAP.text': -10,
  'GAP.turn': -1,
  'WEAK.digit': -1,
  'CTX.card': 40,
  'CTX.turn': 25,
  'CTX.expiry': 25,
  'CTX.armed': 60,
  'CTX.dictated': 50,
  AMBIGUOUS_CTX: -10,
  'VETO.PHONE': -60,
  'VETO.IBAN': -60,
  'VETO.IMEI': -60,
  'VETO.ICCID': -60,
  'VETO.SEQ': -40,
  'VETO.REPDIGIT': -60,
  'VETO.UUID': -60,
  'VETO.COUNT': -60,
} as const satisfies Record<string, number>

export type RuleName = keyof typeof rules

/** What is no part of any number by its shape, whatever stands around it: set aside before digits are joined. */
export const shapes = ['VETO.DATE', 'VETO.TIME', 'VETO.MONEY', 'VETO.DECIMAL', 'VETO.MASKED', 'VETO.COUNTER'] as const

export type ShapeName = (typeof shapes)[number]

/** What a window must reach. In speech a broken check digit is common, so context and shape carry more. */
export const thresholds = { chat: 70, voice: 65, suspect: 70 } as const
