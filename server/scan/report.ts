/** What a scan says: a line a finding for people, an object a finding for programs. Neither holds a digit that was found. */
import type { Found } from './scan.ts'

/** How many findings, by kind; how many files and bytes were read; how many names could not be. */
export interface Totals {
  files: number
  bytes: number
  findings: number
  unreadable: number
}

const words: Record<Found['kind'], string> = {
  pan: 'card number',
  pan_suspect: 'probably a card number',
  cvc: 'security code',
  expiry: 'expiry date',
  track: 'magnetic stripe data',
}

/** `chat.log:12:5-24  card number (visa)  PAN.A.grouped: LUHN, shape 4-4-4-4` */
export function asLine(name: string, { kind, brand, rule, reasons, places }: Found): string {
  const where = places.map(({ line, column, end_column: end }) => `${line}:${column}-${end - 1}`).join(',')
  const what = brand === undefined ? words[kind] : `${words[kind]} (${brand})`
  return `${name}:${where}  ${what}  ${rule}: ${reasons.join(', ')}\n`
}

export const asJson = (name: string, found: Found): string => `${JSON.stringify({ file: name, ...found })}\n`

export function summary({ files, bytes, findings, unreadable }: Totals): string {
  const found = findings === 0 ? 'No card data was found' : `${plural(findings, 'finding')}`
  const left = unreadable === 0 ? '' : `; ${plural(unreadable, 'name')} could not be read`
  return `${found} in ${plural(files, 'file')}, ${size(bytes)}${left}.`
}

const plural = (count: number, word: string): string => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`

export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}
