/**
 * ASCII digits out of what a keyboard, a paste or autofill gave. Unicode has decimal digits in runs of ten, each run
 * beginning at its zero; full-width and Arabic digits are typed by people every day.
 */
const decimal = /\p{Nd}/u

/** Everything but decimal digits is dropped; those become ASCII. Letters' superscripts and the like are no digits. */
export const digitsOf = (text: string): string => withAsciiDigits(text).replace(/\D/g, '')

/** Same, but what is not a digit stays: for formats whose separators mean something. */
export function withAsciiDigits(text: string): string {
  let out = ''
  // Most of it is ASCII, at every key: that needs no table of Unicode's.
  for (const character of text)
    out += character > '\x7f' && decimal.test(character) ? decimalValue(character) : character
  return out
}

/** How far the digit is from the beginning of its run; runs that touch are ten long each. */
function decimalValue(character: string): number {
  const code = character.codePointAt(0) ?? 0
  let zero = code
  while (decimal.test(String.fromCodePoint(zero - 1))) zero -= 1
  return (code - zero) % 10
}
