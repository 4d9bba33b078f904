/**
 * Colours as a host may write them, as numbers: sRGB, opaque, 0 to 1 in the steps of 255 that a screen is told. A colour with transparency would stand on a page
 * that the form cannot see, so that nobody could say whether it can be read: it is no colour here.
 */
export type Colour = readonly [red: number, green: number, blue: number]

export const white: Colour = [1, 1, 1]
export const black: Colour = [0, 0, 0]

/** WCAG 2.2: 1.4.3 for text, 1.4.11 for the edges of what one works with. */
export const textContrast = 4.5
export const edgeContrast = 3

/** What 100 % of each part is; a hue has none. */
const wholes: Readonly<Record<string, readonly number[]>> = {
  rgb: [255, 255, 255, 1],
  hsl: [0, 1, 1, 1],
  oklch: [1, 0.4, 0, 1],
}

/** `#rgb`, `#rrggbb`, `rgb()`, `hsl()`, `oklch()`, `white` and `black`; null for all else. */
export function parseColour(text: string): Colour | null {
  if (text === 'white') return white
  if (text === 'black') return black
  const [, short, long] = /^#(?:([\da-f]{3})|([\da-f]{6}))$/i.exec(text) ?? []
  const digits = long ?? short?.replace(/./g, '$&$&')
  if (digits !== undefined) return map((at) => Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16) / 255)
  const [, name = '', inside = ''] = /^(rgb|hsl|oklch)a?\(([^()]*)\)$/i.exec(text) ?? []
  const kind = name.toLowerCase()
  const parts = inside.trim().split(/\s*[,/]\s*|\s+/)
  const [a, b, c, alpha = 1, ...more] = parts.map((part, at) => numberOf(part, wholes[kind]?.[at]))
  if (a == null || b == null || c == null || alpha !== 1 || more.length > 0) return null
  if (kind === 'rgb') return stepped([a / 255, b / 255, c / 255])
  if (kind === 'oklch') return stepped(fromOklch(clamp(a), Math.max(0, b), c))
  return inside.split('%').length < 3 ? null : stepped(fromHsl(a, clamp(b), clamp(c)))
}

function numberOf(text: string, whole: number | undefined): number | null {
  if (text === 'none') return 0
  const [, digits, unit] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|deg)?$/i.exec(text) ?? []
  if (whole === undefined || digits === undefined) return null
  if (unit === '%') return whole === 0 ? null : (Number(digits) / 100) * whole
  return unit !== undefined && whole !== 0 ? null : Number(digits)
}

function fromHsl(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness)
  return map((at) => {
    const k = (((12 - at * 4 + hue / 30) % 12) + 12) % 12
    return lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))
  })
}

/** Björn Ottosson's OKLab; what a screen's sRGB cannot show is cut off at its edge. */
function fromOklch(lightness: number, chroma: number, hue: number): Colour {
  const angle = (hue * Math.PI) / 180
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)]
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return map((at) => {
    const value = clamp(linear[at] ?? 0)
    return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055
  })
}

/** Relative luminance (WCAG 2.2). */
export function luminance([red, green, blue]: Colour): number {
  const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

export function contrast(one: Colour, other: Colour): number {
  const [a, b] = [luminance(one) + 0.05, luminance(other) + 0.05]
  return Math.max(a, b) / Math.min(a, b)
}

export const mix = (one: Colour, other: Colour, share: number): Colour =>
  stepped(map((at) => (one[at] ?? 0) * (1 - share) + (other[at] ?? 0) * share))

/**
 * The colour itself where it stands out from its ground, else the nearest that does: lighter where it is the lighter of
 * the two and white is enough, darker otherwise. One of the two always is: no ground is far from both.
 */
export function mend(colour: Colour, ground: Colour, least: number): Colour {
  const enough = (one: Colour): boolean => contrast(one, ground) >= least
  const own = luminance(colour) >= luminance(ground) ? white : black
  const target = enough(own) ? own : own === white ? black : white
  let share = 0
  while (share < 1 && !enough(mix(colour, target, share))) share += 1 / 64
  return mix(colour, target, share)
}

export const toCss = (colour: Colour): string =>
  `#${colour
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

const stepped = (colour: Colour): Colour => map((at) => Math.round(clamp(colour[at] ?? 0) * 255) / 255)
const map = (part: (at: number) => number): Colour => [part(0), part(1), part(2)]
const clamp = (value: number): number => Math.min(1, Math.max(0, value))
