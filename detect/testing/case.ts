/** A generated talk in which it is known what is there and where: the measure that a detector is held against. */

/** The word of DESIGN §9 for what is found. */
export type Kind = 'pan' | 'pan_suspect' | 'cvc' | 'expiry' | 'track'

/** UTF-16 offsets in the text of a turn, from the first to the last character that carries a digit. */
export interface Place {
  turn: number
  start: number
  end: number
}

export interface Expected {
  /** One of these kinds is right: whoever reports a track has reported its number. */
  kinds: readonly Kind[]
  /** One a turn, rising. */
  places: readonly Place[]
  /** The number, where it is one: for the oracle, never for a report. */
  digits?: string
}

export interface Turn {
  speaker: 'customer' | 'agent'
  text: string
}

export interface Case {
  turns: readonly Turn[]
  expected: readonly Expected[]
  /** The agent has just asked for it: `guard.arm` before the first turn. */
  armed?: 'pan' | 'cvc' | 'expiry'
}

/** Text as it is, or in a list of its own when it carries digits of what is looked for. */
export type Piece = string | readonly [carries: string]

/** The text, and where its first carrying piece begins and its last one ends. Null: nothing in it carries. */
export function compose(pieces: readonly Piece[]): { text: string; start: number; end: number } | null {
  let text = ''
  let [start, end] = [-1, -1]
  for (const piece of pieces) {
    const carries = typeof piece !== 'string'
    if (carries && start < 0) start = text.length
    text += carries ? piece[0] : piece
    if (carries) end = text.length
  }
  return start < 0 ? null : { text, start, end }
}

/** One message of a customer with one thing in it. */
export function message(pieces: readonly Piece[], kinds: readonly Kind[], digits?: string): Case {
  return talk([{ speaker: 'customer', pieces }], kinds, digits)
}

export interface Said {
  speaker: Turn['speaker']
  pieces: readonly Piece[]
}

/** Several turns; what the customer's carry is one thing, and what the agent's carry is another of the same kind. */
export function talk(said: readonly Said[], kinds: readonly Kind[], digits?: string): Case {
  const composed = said.map(({ speaker, pieces }) => ({ speaker, pieces, found: compose(pieces) }))
  const turns = composed.map(({ speaker, pieces, found }) => ({ speaker, text: found?.text ?? pieces.join('') }))
  const expected = (['customer', 'agent'] as const).flatMap((who): Expected[] => {
    const places = composed.flatMap(({ speaker, found }, turn) =>
      speaker === who && found !== null ? [{ turn, start: found.start, end: found.end }] : [],
    )
    return places.length === 0 ? [] : [{ kinds, places, ...(digits === undefined ? {} : { digits }) }]
  })
  return { turns, expected }
}

/** Carrying pieces with the same text between them. */
export const joined = (parts: readonly string[], between: string): Piece[] =>
  parts.flatMap((part, index): Piece[] => (index === 0 ? [[part]] : [between, [part]]))
