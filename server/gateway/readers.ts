import { SallyportError } from '../../protocol/errors.ts'
import { httpLimits } from '../http-limits.ts'

/** Counts who waits or streams, so that one tenant's forgotten connections do not take those of the others. */
export class Readers {
  readonly #count = new Map<string, number>()
  readonly #max: number
  constructor(max: number = httpLimits.waitingReadersPerTenantMax) {
    this.#max = max
  }

  /** Throws request.rate_limited. */
  async during<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const count = this.#count.get(tenant) ?? 0
    if (count >= this.#max) throw new SallyportError('request.rate_limited')
    this.#count.set(tenant, count + 1)
    try {
      return await work()
    } finally {
      const left = (this.#count.get(tenant) ?? 1) - 1
      if (left > 0) this.#count.set(tenant, left)
      else this.#count.delete(tenant)
    }
  }
}
