/** A circuit breaker a tenant (cockatiel) on what processors say to cards that came in here. Knows no card and no token. */
import { CircuitState, circuitBreaker, type CircuitBreakerPolicy, CountBreaker, handleAll } from 'cockatiel'
import { cardTesting } from '../card-limits.ts'

/** Cockatiel's own has jitter, and a delay that does not depend on the attempt; here two intakes must come to the same. */
const openFor = (openMs: number) => ({
  duration: openMs,
  next: () => openFor(Math.min(openMs * cardTesting.openMs.growth, cardTesting.openMs.last)),
})

interface Known {
  breaker: CircuitBreakerPolicy
  openMs: number
  /** Until then no card is taken. */
  untilMs: number
  /** What was heard of cards since then: on probation, until there is enough of either. */
  approvals: number
  declines: number
}

export class DeclineBreakers {
  readonly #known = new Map<string, Known>()
  readonly #opened: (tenant: string, openMs: number) => Promise<void>

  /** @param opened told each time that one opens, and for how long; awaited */
  constructor(opened: (tenant: string, openMs: number) => Promise<void>) {
    this.#opened = opened
  }

  /** One outcome, in the order in which they came. What comes while it is open was sent before, and says nothing new. */
  async heard(tenant: string, declined: boolean): Promise<void> {
    const known = this.#of(tenant)
    const before = known.breaker.state
    if (before !== CircuitState.Closed && !isDecided(known, declined)) return
    let opens = false
    const listener = known.breaker.onBreak(() => {
      opens = true
    })
    try {
      await known.breaker.execute(() => (declined ? Promise.reject(new Error('declined')) : Promise.resolve()))
    } catch {
      // A decline, or an outcome that came too late to count.
    } finally {
      listener.dispose()
    }
    if (!opens) return
    const { first, growth, last } = cardTesting.openMs
    known.openMs = before === CircuitState.Closed ? first : Math.min(known.openMs * growth, last)
    known.untilMs = Date.now() + known.openMs
    await this.#opened(tenant, known.openMs)
  }

  /** Of how many no card is taken now. */
  get open(): number {
    const now = Date.now()
    return [...this.#known.values()].filter(({ untilMs }) => untilMs > now).length
  }

  #of(tenant: string): Known {
    const known = this.#known.get(tenant)
    if (known !== undefined) return known
    if (this.#known.size >= cardTesting.tenantsMax) this.#known.clear()
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: { next: () => openFor(cardTesting.openMs.first) },
      breaker: new CountBreaker(cardTesting.breaker),
    })
    const made = { breaker, openMs: 0, untilMs: 0, approvals: 0, declines: 0 }
    this.#known.set(tenant, made)
    return made
  }
}

/** Whether an outcome on probation opens the breaker again, or closes it; counted otherwise. */
function isDecided(known: Known, declined: boolean): boolean {
  if (Date.now() < known.untilMs) return false
  if (declined) known.declines += 1
  else known.approvals += 1
  const decided = declined ? known.declines > known.approvals : known.approvals >= cardTesting.trustedAfter
  if (decided) {
    known.approvals = 0
    known.declines = 0
  }
  return decided
}
