/**
 * What an embedder may say about the form's look: one table, read by the frame's parser, by the documentation and by the
 * playground. A token is given as the CSS custom property `--sallyport-<name>` on the element; every value is parsed by
 * its kind, and nothing else of a host's CSS reaches the form. What each token does is said in meanings.ts.
 */

/**
 * The names alone, which the widget reads, so that the table need not ship with it; by what they are resolved as there.
 * A colour comes to the frame as `#rrggbb` and a length in pixels, in whatever way CSS a page wrote it.
 */
export const colourNames = [
  'accent',
  'accent-text',
  'surface',
  'text',
  'muted',
  'line',
  'quiet',
  'field',
  'field-line',
  'focus',
  'error',
  'success',
] as const
export const lengthNames = [
  'radius',
  'field-radius',
  'button-radius',
  'border',
  'padding',
  'field-height',
  'font-size',
  'amount-size',
] as const
const wordNames = ['label-weight', 'strong-weight', 'font', 'fields'] as const
export const tokenNames = [...colourNames, ...lengthNames, ...wordNames] as const
export type TokenName = (typeof tokenNames)[number]

/** `min` and `max` in CSS pixels, or as weights go. */
export type Token =
  | { kind: 'colour' }
  | { kind: 'length' | 'radius' | 'weight'; min: number; max: number }
  | { kind: 'enum'; values: readonly string[] }

export type TokenKind = Token['kind']

const colour = { kind: 'colour' } as const
const between = <K extends 'length' | 'radius' | 'weight'>(kind: K, min: number, max: number) => ({ kind, min, max })

export const tokens = {
  accent: colour,
  'accent-text': colour,
  surface: colour,
  text: colour,
  muted: colour,
  line: colour,
  quiet: colour,
  field: colour,
  'field-line': colour,
  focus: colour,
  error: colour,
  success: colour,
  radius: between('radius', 0, 32),
  'field-radius': between('radius', 0, 24),
  'button-radius': between('radius', 0, 32),
  border: between('length', 0, 3),
  padding: between('length', 12, 40),
  // A finger needs 44 px.
  'field-height': between('length', 44, 64),
  // iOS zooms into a field whose text is smaller.
  'font-size': between('length', 16, 20),
  'amount-size': between('length', 18, 48),
  'label-weight': between('weight', 400, 700),
  'strong-weight': between('weight', 400, 800),
  font: { kind: 'enum', values: ['system', 'humanist', 'geometric', 'rounded', 'serif', 'mono'] },
  fields: { kind: 'enum', values: ['outlined', 'filled', 'underlined'] },
} as const satisfies Record<TokenName, Token>

/** As it comes over the port: known names, short strings. */
export type Theme = Partial<Record<TokenName, string>>

/** No value of a token is longer, once the browser has resolved it. */
export const tokenLengthMax = 32

/** A family in one weight is about 20 kB; a variable one with Latin, Greek and Cyrillic fits. */
export const fontBytesMax = 131_072

/** Why a token is not as it was given: `malformed` ones are left out, others brought to the nearest that works. */
export const themeVerdicts = ['malformed', 'out_of_range', 'low_contrast'] as const
export type ThemeVerdict = (typeof themeVerdicts)[number]
export type ThemeNotes = Partial<Record<TokenName, ThemeVerdict>>

/** How the form is set: in a chat bubble, as a sheet at the bottom of a phone, or with the room of a page. */
export const presets = ['bubble', 'sheet', 'page'] as const
export type Preset = (typeof presets)[number]
