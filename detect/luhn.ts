/** ISO/IEC 7812-1 annex B. Digits as text or as ASCII bytes; anything else in them fails. */
export function luhn(digits: string | Uint8Array): boolean {
  let sum = 0
  let double = false
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    const code = typeof digits === 'string' ? digits.charCodeAt(index) : (digits[index] ?? 0)
    let value = code - 48
    if (value < 0 || value > 9) return false
    if (double) value = value > 4 ? value * 2 - 9 : value * 2
    sum += value
    double = !double
  }
  return digits.length > 1 && sum % 10 === 0
}
