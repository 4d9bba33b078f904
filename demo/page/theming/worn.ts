/**
 * What each colour is where nothing was said of it: the form's own reckoning, from the same table. It fills the wells and
 * placeholders of the page alone; the form reads its theme by itself.
 */
import { lookOf } from '../../../protocol/look/theme.ts'
import { colourNames, type Theme } from '../../../protocol/look/tokens.ts'
import { type Choices, told } from './choices.ts'

const ink = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })

/** Any colour of CSS as `#rrggbb`; what is none stays as it is. */
function resolve(text: string): string {
  if (ink === null || !CSS.supports('color', text) || /var\(|light-dark|currentcolor/i.test(text)) return text
  ink.clearRect(0, 0, 1, 1)
  ink.fillStyle = text
  ink.fillRect(0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0, alpha = 0] = ink.getImageData(0, 0, 1, 1).data
  if (alpha < 255) return text
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

let last: { key: string; properties: Record<string, string> } | null = null

export function worn({ theme, scheme }: Choices): Record<string, string> {
  const dark = scheme === 'dark' || (scheme === '' && matchMedia('(prefers-color-scheme: dark)').matches)
  const given: Theme = Object.fromEntries(
    told(theme).map(([name, value]) => [
      name,
      (colourNames as readonly string[]).includes(name) ? resolve(value) : value,
    ]),
  )
  const key = JSON.stringify([dark, given])
  // Each of the table's colours asks in turn.
  if (last?.key !== key) last = { key, properties: lookOf(dark ? 'dark' : 'light', given).properties }
  return last.properties
}
