/**
 * A host's theme, parsed into what the form's style sheet reads. Values are written anew from what was understood; a
 * text that a host wrote goes nowhere. Whatever a theme says, every text of the form keeps the contrast of WCAG 2.2 AA,
 * and every field, focus ring and mark that of 1.4.11: a tenant cannot make a form that cannot be read.
 */
import {
  type Colour,
  black,
  contrast,
  edgeContrast,
  luminance,
  mend,
  mix,
  parseColour,
  textContrast,
  toCss,
  white,
} from './colour.ts'
import { tokens, type Theme, type ThemeNotes, type ThemeVerdict, type Token, type TokenName } from './tokens.ts'

export interface Look {
  /** CSS custom properties of the frame's own sheet, without their dashes. */
  properties: Record<string, string>
  /** For `data-` attributes that the sheet selects by; undefined for the preset's own. */
  choices: Record<'font' | 'fields', string | undefined>
  /** What is drawn by the browser itself, such as the caret, has to stand out from the fields. */
  scheme: 'light' | 'dark'
  notes: ThemeNotes
}

const hex = (digits: string): Colour => parseColour(`#${digits}`) ?? black
const bases = {
  light: { surface: white, text: hex('14171c'), focus: hex('2459d6'), error: hex('b3201c'), success: hex('18754a') },
  dark: {
    surface: hex('1b1d21'),
    text: hex('f1f3f6'),
    focus: hex('8fb2ff'),
    error: hex('ff9c94'),
    success: hex('5fd09a'),
  },
} as const
const amber = hex('f5b13d')
/** Darker than this, white stands out better than black. */
const middle = 0.179

export function lookOf(scheme: 'light' | 'dark', theme: Theme = {}): Look {
  const notes: ThemeNotes = {}
  const note = (token: TokenName, verdict: ThemeVerdict): void => {
    notes[token] ??= verdict
  }
  const properties: Look['properties'] = {}
  const choices: Look['choices'] = { font: undefined, fields: undefined }
  const given: Partial<Record<TokenName, Colour>> = {}
  // Sound: a theme's own names are names of tokens.
  for (const [name, text] of Object.entries(theme) as [TokenName, string][]) {
    const token: Token = tokens[name]
    if (token.kind === 'colour') {
      const colour = parseColour(text)
      if (colour === null) note(name, 'malformed')
      else given[name] = colour
    } else if (token.kind === 'enum') {
      if (token.values.includes(text))
        choices[name as keyof typeof choices] = text // the two names of this kind
      else note(name, 'malformed')
    } else {
      const value = numberOf(text, token)
      if (value === null) note(name, 'malformed')
      else {
        const inside = Math.min(token.max, Math.max(token.min, value))
        if (inside !== value) note(name, 'out_of_range')
        properties[name] = token.kind === 'weight' ? String(inside) : `${inside}px`
      }
    }
  }
  const colours = colourise(scheme, given, choices.fields, (token) => note(token, 'low_contrast'))
  for (const [name, colour] of Object.entries(colours)) properties[name] = toCss(colour)
  return { properties, choices, scheme: luminance(colours.field) < middle ? 'dark' : 'light', notes }
}

/** Pixels, or a weight; null for what is neither. */
function numberOf(text: string, { kind }: Token): number | null {
  const [, digits, unit] = /^(\d{1,4}(?:\.\d+)?)(px)?$/.exec(text) ?? []
  return digits === undefined || (kind === 'weight') !== (unit === undefined) ? null : Number(digits)
}

/**
 * All colours of the form, each with the ground it stands on: what was given is mended, the rest follows from what was
 * given, so that a few tokens make a whole.
 */
function colourise(
  scheme: 'light' | 'dark',
  given: Partial<Record<TokenName, Colour>>,
  fields: string | undefined,
  mended: (token: TokenName) => void,
) {
  const base = bases[scheme]
  const own = (name: keyof typeof base): Colour => given[name] ?? base[name]
  const on = (ground: Colour, colour: Colour, least: number, token?: TokenName): Colour => {
    const better = mend(colour, ground, least)
    if (token !== undefined && given[token] !== undefined && toCss(better) !== toCss(colour)) mended(token)
    return better
  }
  const { surface, accent, ...rest } = { surface: own('surface'), ...given }
  const text = on(surface, own('text'), textContrast, 'text')
  const isDark = luminance(surface) < middle
  const quiet = rest.quiet ?? mix(surface, text, 0.075)
  const ownField = { filled: quiet, underlined: surface }[fields ?? '']
  const field = rest.field ?? ownField ?? mix(surface, isDark ? black : white, isDark ? 0.3 : 0.6)
  const muted = rest.muted ?? mix(text, surface, 0.32)
  const fill = accent ?? text
  const onFill = rest['accent-text'] ?? (contrast(white, fill) >= textContrast ? white : mix(black, fill, 0.1))
  const fillText = on(fill, onFill, textContrast, 'accent-text')
  const hover = mix(fill, fillText, 0.12)
  const errorQuiet = mix(surface, own('error'), 0.08)
  const badge = mix(surface, amber, 0.25)
  return {
    surface,
    text,
    muted: on(surface, muted, textContrast, 'muted'),
    line: rest.line ?? mix(surface, text, 0.13),
    quiet,
    'quiet-text': on(quiet, own('text'), textContrast, 'text'),
    'quiet-muted': on(quiet, muted, textContrast, 'muted'),
    field,
    'field-line': on(surface, rest['field-line'] ?? mix(surface, text, 0.52), edgeContrast, 'field-line'),
    'field-text': on(field, own('text'), textContrast, 'text'),
    'field-muted': on(field, muted, textContrast, 'muted'),
    accent: fill,
    'accent-text': fillText,
    // A button as bright as its card has an edge at least.
    'accent-line': on(surface, fill, edgeContrast),
    'accent-hover':
      contrast(hover, fillText) >= textContrast
        ? hover
        : mix(fill, luminance(fillText) > luminance(fill) ? black : white, 0.12),
    focus: on(surface, rest.focus ?? accent ?? base.focus, edgeContrast, 'focus'),
    error: on(surface, own('error'), textContrast, 'error'),
    'error-line': on(surface, own('error'), edgeContrast),
    'error-quiet': errorQuiet,
    'error-quiet-text': on(errorQuiet, own('error'), textContrast, 'error'),
    success: on(surface, own('success'), edgeContrast, 'success'),
    badge,
    'badge-text': mend(mix(amber, black, 0.55), badge, textContrast),
  }
}
