/**
 * Who waits for a tenant's events, in this process. A hint and no more: whoever wakes reads the database, and whoever
 * is not woken looks again after its time.
 */
export class Wakeups {
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #turns = new Map<string, number>()
  #turn = 0

  /** Taken before reading; `wait` returns at once if a wake came since. */
  turn(): number {
    return this.#turn
  }

  wake(tenants: Iterable<string>): void {
    this.#turn += 1
    for (const tenant of tenants) {
      this.#turns.set(tenant, this.#turn)
      this.#release(tenant)
    }
  }

  wakeAll(): void {
    this.wake([...this.#waiting.keys()])
  }

  wait(tenant: string, since: number, ms: number, signal: AbortSignal): Promise<void> {
    if ((this.#turns.get(tenant) ?? 0) > since || ms <= 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(tenant) ?? new Set()
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        waiting.delete(done)
        if (waiting.size === 0 && this.#waiting.get(tenant) === waiting) this.#waiting.delete(tenant)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      waiting.add(done)
      this.#waiting.set(tenant, waiting)
    })
  }

  #release(tenant: string): void {
    for (const done of [...(this.#waiting.get(tenant) ?? [])]) done()
  }
}
