/**
 * What an embedder may say about the form's look: one table, read by the frame's parser, by the documentation and by the
 * playground. A token is given as the CSS custom property `--sallyport-<name>` on the element; every value is parsed by
 * its kind, and nothing else of a host's CSS reaches the form. What each token does is said in meanings.ts.
 */

/** The names alone: what the widget reads, so that the table need not ship with it. */
export const tokenNames = [
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
  'radius',
  'field-radius',
  'button-radius',
  'border',
  'padding',
  'field-height',
  'font-size',
  'amount-size',
  'label-weight',
  'strong-weight',
  'font',
  'fields',
  'shadow',
] as const
export type TokenName = (typeof tokenNames)[number]

/** `min` and `max` in CSS pixels; a length may also be given in rem. */
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
  shadow: { kind: 'enum', values: ['none', 'soft', 'raised'] },
} as const satisfies Record<TokenName, Token>

/** As it comes over the port: known names, short strings. */
export type Theme = Partial<Record<TokenName, string>>

/** `light-dark()` of two OKLCH colours fits; what is longer is no value of ours. */
export const tokenLengthMax = 96

/** How the form is set: in a chat bubble, as a sheet at the bottom of a phone, or with the room of a page. */
export const presets = ['bubble', 'sheet', 'page'] as const
export type Preset = (typeof presets)[number]
