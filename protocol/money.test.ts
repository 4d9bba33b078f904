import { expect, test } from 'vitest'
import { formatAmount } from './money.ts'

/** The spaces and marks that Intl puts in differ between its versions. */
const plain = (text: string): string => text.replaceAll(/\s/g, ' ').replaceAll(/[\u200e\u200f\u061c]/g, '')

test.each([
  [8000, 'EUR', 'de', '80,00 €'],
  [8050, 'EUR', 'de-AT', '€ 80,50'],
  [1_234_567, 'BRL', 'pt-BR', 'R$ 12.345,67'],
  [80, 'JPY', 'ja', '￥80'],
  [80, 'JPY', 'en', '¥80'],
  [1500, 'KRW', 'ko', '₩1,500'],
  [123_456, 'KWD', 'en', 'KWD 123.456'],
  [123_456, 'KWD', 'ar-AE', '123.456 د.ك.'],
  [4200, 'ILS', 'he', '42.00 ₪'],
  // Two minor units by ISO 4217, none by Intl's custom: a hundred times too much, if its own were taken.
  [4200, 'HUF', 'hu', '42 Ft'],
  [4250, 'HUF', 'hu', '42,50 Ft'],
  [4200, 'IDR', 'en', 'IDR 42'],
  [4250, 'IDR', 'en', 'IDR 42.50'],
  // Three, and Intl says none.
  [42_500, 'IQD', 'en', 'IQD 42.500'],
  [9_999_999_999, 'EUR', 'en', '€99,999,999.99'],
  [1, 'EUR', 'en', '€0.01'],
])('%i minor units of %s in %s are written %s', (amount_minor, currency, locale, text) => {
  expect(plain(formatAmount({ amount_minor, currency }, locale))).toBe(text)
})

test('the minor units are those of ISO 4217, whatever an engine leaves out', () => {
  for (const currency of Intl.supportedValuesOf('currency')) {
    const usual = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits
    const text = formatAmount({ amount_minor: 11_111, currency }, 'en').replaceAll(/[^\d.]/g, '')
    const digits = text.split('.')[1]?.length ?? 0
    expect(digits, currency).toBeGreaterThanOrEqual(usual ?? 0)
  }
})
