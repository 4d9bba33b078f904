/** Money is an integer in minor units and an ISO 4217 code: 80.00 EUR is `{ amount_minor: 8000, currency: 'EUR' }`, 80 JPY is `80`. */
export interface Amount {
  amount_minor: number
  currency: string
}

export const amountMinorMax = 9_999_999_999 // ten digits: above every scheme's own limit, far below 2^53

export const isCurrency = (value: unknown): value is string => typeof value === 'string' && /^[A-Z]{3}$/.test(value)
export const isAmountMinor = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= amountMinorMax

/** For people: `80,00 €` in German. The exponent is Intl's, which follows ISO 4217. */
export function formatAmount(amount: Amount, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: amount.currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amount.amount_minor / 10 ** digits)
}
