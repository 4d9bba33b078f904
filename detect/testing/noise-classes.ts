/**
 * Strings that look like cards to a careless reader and are none: the 28 classes of the field page's table of false
 * positives, without card context. Random digits pass Luhn in one case of ten and begin like a card in up to four of ten.
 */
import { checkDigit, type Random, seeded } from './random.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/** From 2015 to 2033, any second. */
const moment = (random: Random): Date => new Date(1_420_070_400_000 + random.below(568_000_000) * 1_000)

const stamp = (random: Random): string => moment(random).toISOString().replace(/\D/g, '').slice(0, 14)

const exchange = (random: Random): string => `${random.between(2, 9)}${random.digits(2)}`
const areaCode = (random: Random): string => `${random.between(2, 9)}${random.below(10)}${random.below(10)}`
const phone = (random: Random): string => {
  const [area, middle, line] = [areaCode(random), exchange(random), random.digits(4)]
  return random.pick([`(${area}) ${middle}-${line}`, `${area}-${middle}-${line}`, `+1 ${area} ${middle} ${line}`])
}
const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const spokenPhone = (random: Random): string =>
  [...`${areaCode(random)}${exchange(random)}${random.digits(4)}`].map((digit) => words[Number(digit)]).join(' ')

/** ISO 7064 mod 97-10 over the moved letters of DE (D = 13, E = 14). */
function ibanOfGermany(random: Random): string {
  const account = random.digits(18)
  const check = 98n - (BigInt(`${account}131400`) % 97n)
  const iban = `DE${two(Number(check))}${account}`
  return random.chance(0.5) ? iban : iban.replace(/(.{4})(?=.)/g, '$1 ')
}

const coordinate = (random: Random, most: number): string =>
  `${random.chance(0.5) ? '-' : ''}${random.below(most)}.${random.digits(random.between(5, 8))}`

const money = (random: Random): string => {
  const amount = `${random.between(1, 999)},${random.digits(3)}${random.chance(0.3) ? `,${random.digits(3)}` : ''}`
  return random.pick([`$${amount}.${random.digits(2)}`, `EUR ${amount}.${random.digits(2)}`, `USD ${amount}`])
}
const some = (random: Random, least: number, most: number, one: () => string, between: string): string =>
  Array.from({ length: random.between(least, most) }, one).join(between)

const uuid = (random: Random): string => {
  const hex = random.hex(32)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)]
  return parts.join('-')
}

/** UPU S10, with its check digit: weights 8 6 4 2 3 5 9 7. */
function postal(random: Random): string {
  const serial = random.digits(8)
  const sum = [8, 6, 4, 2, 3, 5, 9, 7].reduce((total, weight, at) => total + weight * Number(serial[at]), 0)
  const rest = 11 - (sum % 11)
  return `${random.pick(['RR', 'CP', 'LX'])}${serial}${rest === 10 ? 0 : rest === 11 ? 5 : rest}US`
}
const tracking = (random: Random): string =>
  random.pick([
    () => `FedEx ${random.digits(4)} ${random.digits(4)} ${random.digits(4)}`,
    () => `tracking 1Z${random.hex(6).toUpperCase()}${random.digits(10)}`,
    () => `DHL JD01${random.digits(16)}`,
    () => `parcel ${postal(random)}`,
  ])()

const logLine = (random: Random): string =>
  `${moment(random).toISOString()} [${random.between(100, 99_999)}] GET /v1/items/${random.between(1, 999_999)} ` +
  `${random.pick(['200', '404', '500'])} ${random.below(9_999)}ms 10.${random.below(256)}.${random.below(256)}.1:${random.between(1_024, 65_535)}`

/** Type allocation codes begin with the two digits of the body that gave them: 35, 86, 01, 99. */
const imei = (random: Random): string => {
  const payload = `${random.pick(['35', '35', '86', '01', '99'])}${random.digits(12)}`
  return payload + checkDigit(payload)
}

/** Each gives one text. Names are the rows of the field page; those it leaves unnamed are named here. */
export const noiseClasses: Readonly<Record<string, (random: Random) => string>> = {
  order_16: (random) => `order ${random.digits(16)}`,
  bare_12: (random) => random.digits(12),
  bare_13: (random) => random.digits(13),
  bare_14: (random) => random.digits(14),
  bare_15: (random) => random.digits(15),
  bare_16: (random) => random.digits(16),
  bare_17: (random) => random.digits(17),
  bare_18: (random) => random.digits(18),
  bare_19: (random) => random.digits(19),
  digits_40: (random) => random.digits(40),
  imei,
  epoch_ms: (random) => `${random.pick(['', '', 'ts=', 'at '])}${moment(random).getTime() + random.below(1_000)}`,
  yyyymmddhhmmss: (random) => stamp(random),
  // 41 bits of milliseconds since 2015, 22 bits of worker and sequence.
  snowflake_18: (random) =>
    String((BigInt(30_000_000_000 + random.below(200_000_000) * 1_000) << 22n) + BigInt(random.below(4_194_304))),
  iccid_19: (random) => {
    const payload = `89${random.pick(['44', '49', '01', '33'])}${random.digits(14)}`
    return payload + checkDigit(payload)
  },
  usps_22: (random) => `${random.pick(['9400', '9205', '9361'])}${random.digits(18)}`,
  float_16: (random) => `0.${random.digits(16)}`,
  iban_de: ibanOfGermany,
  uuid,
  hash_hex: (random) => random.hex(random.pick([32, 40, 64])),
  int_list: (random) =>
    `${random.pick(['', '[', 'ids '])}${some(random, 8, 24, () => String(random.below(100)), random.pick([', ', ',', ' ']))}`,
  phones: (random) => `${phone(random)}${random.pick([' or ', ', ', ' and ', ' / '])}${phone(random)}`,
  spoken_phones: (random) => `${spokenPhone(random)}${random.pick([' or ', ' and ', ', ', ' '])}${spokenPhone(random)}`,
  coordinates: (random) => `${coordinate(random, 90)}${random.pick([', ', ',', ' '])}${coordinate(random, 180)}`,
  money: (random) => some(random, 2, 5, () => money(random), random.pick([', ', ' + ', '\n'])),
  tracking,
  bank_account: (random) => `ABA ${random.digits(9)} acct ${random.digits(random.between(8, 12))}`,
  log_line: logLine,
}

/** Those in which a single finding in a thousand is too many: their form alone says what they are. */
export const quietClasses: readonly string[] = [
  'imei',
  'epoch_ms',
  'uuid',
  'float_16',
  'phones',
  'spoken_phones',
  'int_list',
]

/** Of each class, the share of its strings that is taken for a card. */
export function falseAlarms(seed: number, perClass: number, isCard: (text: string) => boolean): Map<string, number> {
  return new Map(
    Object.entries(noiseClasses).map(([name, make]) => {
      const random = seeded(seed)
      let wrong = 0
      for (let index = 0; index < perClass; index += 1) if (isCard(make(random))) wrong += 1
      return [name, wrong / perClass]
    }),
  )
}
