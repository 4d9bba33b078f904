/**
 * Colours as numbers: sRGB, opaque, 0 to 1 in the steps of 255 that a screen is told. A colour with transparency would
 * stand on a page that the form cannot see, and nobody could say whether it can be read: it is no colour here.
 */
export type Colour = readonly [red: number, green: number, blue: number]

export const white: Colour = [1, 1, 1]
export const black: Colour = [0, 0, 0]

/** WCAG 2.2: 1.4.3 for text, 1.4.11 for the edges of what one works with. */
export const textContrast = 4.5
export const edgeContrast = 3

/** `#rrggbb`, as the widget sends it, whatever a page wrote; null for all else. */
export function parseColour(text: string): Colour | null {
  const [, ...parts] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/.exec(text) ?? []
  return parts.length === 3 ? map((at) => Number.parseInt(parts[at] ?? '', 16) / 255) : null
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
  map((at) => Math.round(255 * ((one[at] ?? 0) * (1 - share) + (other[at] ?? 0) * share)) / 255)

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

const map = (part: (at: number) => number): Colour => [part(0), part(1), part(2)]
