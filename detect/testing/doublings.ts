/** What makes a scanner of digits look back: all digits, digits one by one, words of digits, words that may be one. */
export const hostileUnits: readonly string[] = [
  '4',
  '4 ',
  'four ',
  'for ',
  '42 ',
  '4242-',
  '&#52;',
  '%34',
  'double ',
  'cvc ',
  'QUFB',
  '\u0664',
]

/** CPU time of this process alone: what others do on the machine does not count. */
export function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/**
 * How many times longer the run takes for `bytes` of the unit than for half of them: the least of a few tries, since a
 * machine can only make a try slower.
 */
export function doublings(unit: string, bytes: number, run: (text: string) => void, tries = 3): number {
  const text = unit.repeat(Math.ceil(bytes / unit.length))
  const half = text.slice(0, text.length / 2)
  // Once for the compiler.
  run(half)
  const least = (input: string): number => Math.min(...Array.from({ length: tries }, () => cpuMs(() => run(input))))
  // Below two milliseconds the clock's own step would decide.
  let ratio = least(text) / Math.max(2, least(half))
  for (let again = 0; ratio > 2.2 && again < 2; again += 1)
    ratio = Math.min(ratio, least(text) / Math.max(2, least(half)))
  return ratio
}
