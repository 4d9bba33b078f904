/**
 * How often somebody at one address may be refused. For guesses at what cannot be guessed anyway: a link's secret has 128
 * bits. Honest people are not refused twenty times a minute, also where a whole street shares one address, since only
 * refusals count. In the memory of one process; where the table is full, the oldest address is forgotten.
 */
import { SallyportError } from '../../protocol/errors.ts'
import { isIPv6 } from 'node:net'

interface Counted {
  refused: number
  until: number
}

export interface RefusalLimits {
  refusedMax: number
  windowMs: number
  addressesMax: number
  now: () => number
}

export const linkRefusals = { refusedMax: 20, windowMs: 60_000, addressesMax: 10_000 } as const

export class Refusals {
  readonly #limits: RefusalLimits
  readonly #counted = new Map<string, Counted>()

  constructor(limits: RefusalLimits) {
    this.#limits = limits
  }

  /** Does it, and keeps it counted where it is refused. Throws `request.rate_limited` before it is begun. */
  async bounded<T>(address: string | undefined, act: () => Promise<T>): Promise<T> {
    const { refusedMax, windowMs, addressesMax, now } = this.#limits
    const key = neighbourhood(address ?? '')
    const known = this.#counted.get(key)
    const counted = known !== undefined && known.until > now() ? known : { refused: 0, until: now() + windowMs }
    if (counted.refused >= refusedMax)
      throw new SallyportError('request.rate_limited', { retryAfterMs: counted.until - now() })
    // Counted from the start, and taken back where it is good: a thousand at once are not one.
    counted.refused += 1
    this.#counted.delete(key)
    this.#counted.set(key, counted)
    const [oldest] = this.#counted.keys()
    if (this.#counted.size > addressesMax && oldest !== undefined) this.#counted.delete(oldest)
    try {
      const done = await act()
      counted.refused -= 1
      return done
    } catch (error) {
      // A failure of our own is nobody's guess.
      if (!(error instanceof SallyportError) || error.status >= 500) counted.refused -= 1
      throw error
    }
  }
}

/** One subscriber: an IPv4 address, or the 64 bits of an IPv6 one that a subscriber has to itself. */
export function neighbourhood(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIPv6(plain)
    ? new URL(`http://[${plain.split('%')[0]}]`).hostname.slice(1, -1).split(':', 4).join(':')
    : plain
}
