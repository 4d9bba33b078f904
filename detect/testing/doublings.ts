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

/** What is timed at once takes at least this long: a collection of garbage or the compiler at work would decide less. */
const enoughMs = 40

/**
 * How many times longer the run takes for `bytes` of the unit than for half of them, in CPU time: the least of a few tries,
 * since a machine can only make a try slower. A run that is short is repeated, as often for the whole as for the half.
 */
export function doublings(unit: string, bytes: number, run: (text: string) => void, tries = 3): number {
  const text = unit.repeat(Math.ceil(bytes / unit.length))
  const half = text.slice(0, text.length / 2)
  // Once each for the compiler, then to know how often.
  run(text)
  run(half)
  const once = cpuMs(() => run(half))
  const repeats = Math.ceil(enoughMs / Math.max(0.1, once))
  const least = (input: string): number =>
    Math.min(
      ...Array.from({ length: tries }, () =>
        cpuMs(() => {
          for (let done = 0; done < repeats; done += 1) run(input)
        }),
      ),
    )
  let ratio = least(text) / least(half)
  for (let again = 0; ratio > 2.2 && again < 2; again += 1) ratio = Math.min(ratio, least(text) / least(half))
  return ratio
}
