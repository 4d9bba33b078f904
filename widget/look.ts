/**
 * What the page says about the form's look, as the frame is told it. Read from the element's computed style, so that a
 * token may come from any rule of the page's, with its media queries and variables; the browser itself makes a colour
 * `#rrggbb` and a length pixels, so that any CSS does. Whether a value may be is the frame's to judge.
 */
import {
  colourNames,
  fontBytesMax,
  lengthNames,
  presets,
  type Preset,
  type Theme,
  type TokenName,
  tokenLengthMax,
  tokenNames,
} from '../protocol/look/tokens.ts'
import { colorSchemes, isOneOf, type ColorScheme, type DressCommand } from '../protocol/port.ts'
import type { SallyportCaptureElement } from './surface.ts'

export const prefersDark = '(prefers-color-scheme: dark)'
/** A sheet is for phones; where there is room the form stands in the chat. */
export const isNarrow = '(max-width: 40rem)'

/** @param probe an element inside, whose colour and indent show nowhere: there the browser resolves values. */
export function lookOf(element: SallyportCaptureElement, probe: HTMLElement): DressCommand {
  const style = getComputedStyle(element)
  const colorScheme = schemeOf(element, style)
  probe.style.colorScheme = colorScheme
  const theme: Theme = {}
  for (const name of tokenNames) {
    const text = style.getPropertyValue(`--sallyport-${name}`).trim()
    // What cannot be resolved, and what is cut off, is refused by the frame, and named.
    if (text !== '') theme[name] = resolve(name, text, probe).slice(0, tokenLengthMax)
  }
  const { font } = element
  return {
    colorScheme,
    preset: presetOf(element),
    theme,
    ...(font instanceof ArrayBuffer && font.byteLength <= fontBytesMax && { font }),
  }
}

function resolve(name: TokenName, text: string, probe: HTMLElement): string {
  if (isOneOf(lengthNames, name)) return computed(probe, 'text-indent', text) || text
  if (!isOneOf(colourNames, name)) return text
  // A mix in sRGB is told in sRGB, whatever space the colour is written in: color(srgb 0 0.667 0.467).
  const [, ...parts] =
    /^color\(srgb (\S+) (\S+) (\S+)\)$/.exec(computed(probe, 'color', `color-mix(in srgb, ${text} 100%, red)`)) ?? []
  const hex = parts.map((part) =>
    Math.round(255 * Math.min(1, Math.max(0, Number(part))))
      .toString(16)
      .padStart(2, '0'),
  )
  return hex.length === 3 ? `#${hex.join('')}` : text
}

/** Empty where the text is no value of the property. */
function computed(probe: HTMLElement, property: string, text: string): string {
  probe.style.setProperty(property, text)
  const value = probe.style.getPropertyValue(property) && getComputedStyle(probe).getPropertyValue(property)
  probe.style.removeProperty(property)
  return value
}

export function presetOf({ preset }: SallyportCaptureElement): Preset {
  const wanted = isOneOf(presets, preset) ? preset : 'bubble'
  return wanted === 'sheet' && !matchMedia(isNarrow).matches ? 'bubble' : wanted
}

function schemeOf({ colorScheme }: SallyportCaptureElement, style: CSSStyleDeclaration): ColorScheme {
  if (isOneOf(colorSchemes, colorScheme)) return colorScheme
  const own = style.colorScheme.split(' ')
  if (!own.includes('dark')) return 'light'
  return !own.includes('light') || matchMedia(prefersDark).matches ? 'dark' : 'light'
}
