/**
 * The form takes on what its host asked for: a preset, a scheme, a theme that was parsed. Host texts end in the parser;
 * what is written here is a number, a colour or a word of ours, by CSSOM.
 */
import { lookOf } from '../protocol/look/theme.ts'
import type { ThemeNotes } from '../protocol/look/tokens.ts'
import type { DressCommand } from '../protocol/port.ts'

/**
 * Letters alone: whoever can draw digits anew can show another amount than the one that is agreed to. Latin, Greek and
 * Cyrillic with their marks, and the space and dashes between words.
 */
const letters = 'U+20, U+41-5A, U+61-7A, U+AA-24F, U+300-3E1, U+3F0-52F, U+1E00-1FFF, U+2010-2019'

let face: FontFace | null = null

export function dress(document: Document, { colorScheme, preset, theme, font }: DressCommand): ThemeNotes {
  const { documentElement: root } = document
  const { properties, choices, scheme, notes } = lookOf(colorScheme, theme)
  // What an earlier look said, and this one does not, is the preset's own again.
  for (const name of [...root.style]) root.style.removeProperty(name)
  for (const [name, value] of Object.entries(properties)) root.style.setProperty(`--${name}`, value)
  for (const [name, value] of Object.entries({ ...choices, scheme, preset })) {
    if (value === undefined) delete root.dataset[name]
    else root.dataset[name] = value
  }
  if (font !== undefined) wear(document, font)
  return notes
}

/** A family of the host's own, from bytes: nothing is asked for, so the policy of this page stays as it is. */
function wear({ fonts, documentElement }: Document, bytes: ArrayBuffer): void {
  if (face !== null) fonts.delete(face)
  const own = new FontFace('own', bytes, { weight: '100 900', unicodeRange: letters })
  face = own
  fonts.add(own)
  // What is no font is as if none had been given.
  own.load().then(
    () => documentElement.classList.add('own-font'),
    () => fonts.delete(own),
  )
}
