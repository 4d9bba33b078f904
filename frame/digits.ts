/**
 * ASCII digits out of what a keyboard, a paste or autofill gave. Unicode has decimal digits in runs of ten, each run
 * beginning at its zero; full-width and Arabic digits are typed by people every day.
 */
const decimal = /\p{Nd}/u

/** Everything but decimal digits is dropped; those become ASCII. Letters' superscripts and the like are no digits. */
export function digitsOf(text: string): string {
  let out = ''
  for (const character of text) {
    if (character >= '0' && character <= '9') out += character
    else if (decimal.test(character)) out += decimalValue(character)
  }
  return out
}

/** Same, but what is not a digit stays: for formats whose separators mean something. */
export function withAsciiDigits(text: string): string {
  let out = ''
  for (const character of text) out += decimal.test(character) ? decimalValue(character) : character
  return out
}

/** How far the digit is from the beginning of its run; runs that touch are ten long each. */
function decimalValue(character: string): number {
  const code = character.codePointAt(0) ?? 0
  let zero = code
  while (decimal.test(String.fromCodePoint(zero - 1))) zero -= 1
  return (code - zero) % 10
}
