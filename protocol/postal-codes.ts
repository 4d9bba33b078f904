/**
 * Postal codes as cards are checked with them (AVS), by country, as data: for the three whose banks compare them, and a
 * few whose form is strict enough to find a slip. Everywhere else anything short goes; another country is a line. `9` is a digit, `A` a letter, `*`
 * either, `[ ]` a separator that may be left out and is written in. Patterns follow the Universal Postal Union's list.
 */
const forms: Readonly<Record<string, string>> = {
  US: '99999|99999[-]9999',
  CA: 'A9A[ ]9A9',
  GB: 'A9[ ]9AA|A99[ ]9AA|AA9[ ]9AA|AA99[ ]9AA|A9A[ ]9AA|AA9A[ ]9AA',
  IE: 'A9*[ ]****',
  NL: '9999[ ]AA',
  JP: '999[-]9999',
  AU: '9999',
  DE: '99999',
  FR: '99999',
  ES: '99999',
  IT: '99999',
  AT: '9999',
  CH: '9999',
  BE: '9999',
  NZ: '9999',
  SE: '999[ ]99',
  PL: '99[-]999',
}

/** Longer than any country's; shorter than a card number. */
export const postalCodeCharactersMax = 10

export interface PostalRule {
  /** Of digits alone, also where a separator stands between them: the numeric keyboard will do. */
  numeric: boolean
  /** The code as the country writes it, or null where it is none of its. */
  read(text: string): string | null
  /** More characters could make it one. */
  couldBecome(text: string): boolean
}

const bare = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '')
const fits = (form: string, text: string): boolean =>
  [...text].every((character, at) => {
    const wanted = form[at]
    if (wanted === '9') return /\d/.test(character)
    return wanted === 'A' ? /[A-Z]/.test(character) : wanted === '*' && /[A-Z\d]/.test(character)
  })

/** Null: the country is not in the table, and any short code will do. */
export function postalRule(country: string | undefined): PostalRule | null {
  const written = country === undefined || !Object.hasOwn(forms, country) ? undefined : forms[country]
  if (written === undefined) return null
  const all = written.split('|').map((form) => ({ form: form.replaceAll(/\[.\]/g, ''), written: form }))
  return {
    numeric: !/[A*]/.test(written),
    read(text) {
      const code = bare(text)
      const found = all.find(({ form }) => form.length === code.length && fits(form, code))
      if (found === undefined) return null
      let at = 0
      // `[x]` becomes x, every other sign the code's next character.
      return found.written.replaceAll(/\[(.)\]|./g, (_sign, separator?: string) => separator ?? code[at++] ?? '')
    },
    couldBecome: (text) => all.some(({ form }) => bare(text).length < form.length && fits(form, bare(text))),
  }
}

/** One of the right form, of no place in particular: for test cards. */
export const postalExample = (country: string | undefined): string =>
  (forms[country ?? '']?.split('|')[0] ?? '99999').replaceAll(/\[.\]/g, '').replaceAll('9', '1').replaceAll('*', 'A')

/** The same for the frame, which need not carry the table: of the code without separators, in capitals. */
export function postalHint(
  country: string | undefined,
): { pattern: string; shortest: number; numeric: boolean } | null {
  const rule = postalRule(country)
  const written = forms[country ?? '']?.replaceAll(/\[.\]/g, '')
  if (rule === null || written === undefined) return null
  const pattern = written
    .replaceAll('9', '[0-9]')
    .replaceAll(/A(?!-)/g, '[A-Z]')
    .replaceAll('*', '[A-Z0-9]')
  const shortest = Math.min(...written.split('|').map(({ length }) => length))
  return { pattern: `^(?:${pattern})$`, shortest, numeric: rule.numeric }
}

/** A country's region of a language tag: `en-GB` → `GB`. */
export function regionOf(locale: string | undefined): string | undefined {
  const region = locale
    ?.split('-')
    .slice(1)
    .find((part) => /^[A-Za-z]{2}$/.test(part))
  return region?.toUpperCase()
}

export type PostalFault = 'incomplete' | 'too_long' | 'not_accepted'

/** One judgement for frame and intake. Null: it can be taken. */
export function judgePostalCode(text: string, country: string | undefined): PostalFault | null {
  const code = text.trim()
  const rule = postalRule(country)
  if (code === '') return 'incomplete'
  if (rule !== null) return rule.read(code) !== null ? null : rule.couldBecome(code) ? 'incomplete' : 'not_accepted'
  if (code.length > postalCodeCharactersMax) return 'too_long'
  return /^[\p{L}\p{N}][\p{L}\p{N} -]*$/u.test(code) ? null : 'not_accepted'
}
