/** Random choices that a seed decides: the same seed gives the same cases on every machine and in every run. */
export interface Random {
  /** From 0 to below `end`. */
  below(end: number): number
  /** From `least` to `most`, both included. */
  between(least: number, most: number): number
  /** One of them. Throws of an empty list: a generator without choices is a mistake. */
  pick<T>(list: readonly T[]): T
  /** True in this share of cases. */
  chance(share: number): boolean
  /** As many decimal digits, each with the same likelihood. */
  digits(count: number): string
  hex(count: number): string
}

/** mulberry32 (public domain, T. Ettinger): 32 bits of state, enough for test cases and for nothing else. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (end: number): number => Math.floor(next() * end)
  const text = (alphabet: string, count: number): string =>
    Array.from({ length: count }, () => alphabet[below(alphabet.length)]).join('')
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: (list) => {
      const found = list[below(list.length)]
      if (found === undefined) throw new Error('nothing to pick from')
      return found
    },
    chance: (share) => next() < share,
    digits: (count) => text('0123456789', count),
    hex: (count) => text('0123456789abcdef', count),
  }
}

/** The digit that makes the number before it pass Luhn (ISO/IEC 7812-1 annex B). */
export function checkDigit(payload: string): string {
  let sum = 0
  for (const [index, digit] of [...payload].reverse().entries()) {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return String((10 - (sum % 10)) % 10)
}
