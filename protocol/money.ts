/** Money is an integer in minor units and an ISO 4217 code: 80.00 EUR is `{ amount_minor: 8000, currency: 'EUR' }`, 80 JPY is `80`. */
export interface Amount {
  amount_minor: number
  currency: string
}

export const amountMinorMax = 9_999_999_999 // ten digits: above every scheme's own limit, far below 2^53

export const isCurrency = (value: unknown): value is string => typeof value === 'string' && /^[A-Z]{3}$/.test(value)
export const isAmountMinor = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= amountMinorMax

/**
 * ISO 4217's minor units, of the currencies that do not have two. Not Intl's: it leaves out what nobody pays in coins any
 * more, so 4200 minor units, 42 forints, would read `4,200 Ft`; and each engine leaves out others.
 */
const minorUnits: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}
const exponentOf = (currency: string): number =>
  Number(Object.keys(minorUnits).find((digits) => minorUnits[Number(digits)]?.includes(currency)) ?? 2)

/** For people: `80,00 €` in German. Units that a country does not write are left out where they are nought. */
export function formatAmount({ amount_minor, currency }: Amount, locale: string): string {
  const digits = exponentOf(currency)
  const options = { style: 'currency', currency } as const
  const usual = new Intl.NumberFormat(locale, options).resolvedOptions().minimumFractionDigits ?? digits
  return new Intl.NumberFormat(locale, {
    ...options,
    minimumFractionDigits: amount_minor % 10 ** digits === 0 ? Math.min(usual, digits) : digits,
    maximumFractionDigits: digits,
  }).format(amount_minor / 10 ** digits)
}
