/** The sandbox processor's memory: an append-only file of JSON lines, so that a restart forgets nothing. No card numbers. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Payment } from './payments.ts'

/** What a key was used for: its answer is the payment as it was then. */
export interface KnownKey {
  /** HMAC of the body under the processor's secret: a bare hash of it could be searched for the card number. */
  digest: string
  status: number
  answer: Payment
}

interface Line {
  payment: Payment
  key?: { name: string } & KnownKey
}

export class Books {
  readonly #file: string
  readonly #payments = new Map<string, Payment>()
  readonly #keys = new Map<string, KnownKey>()

  constructor(file: string) {
    this.#file = file
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if (!existsSync(file)) return
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      if (text === '') continue
      let line: Line
      try {
        line = JSON.parse(text)
      } catch {
        continue // a line that a kill cut off was never answered
      }
      this.#apply(line)
    }
  }

  key(name: string): KnownKey | undefined {
    return this.#keys.get(name)
  }
  payment(id: string): Payment | undefined {
    return this.#payments.get(id)
  }
  /** Newest first. */
  list(filter: { reference?: string | undefined; order?: string | undefined }): Payment[] {
    return [...this.#payments.values()]
      .filter(({ reference }) => filter.reference === undefined || reference === filter.reference)
      .filter(({ order }) => filter.order === undefined || order === filter.order)
      .reverse()
  }

  /** Made or changed since, in the order in which they were made; a page behind the payment of that id. */
  changed(since: Date, after: string | undefined, limit: number): { data: Payment[]; left: number } {
    const found = [...this.#payments.values()].filter(
      ({ created_at, updated_at }) => new Date(updated_at ?? created_at) >= since,
    )
    const begin = after === undefined ? 0 : found.findIndex(({ id }) => id === after) + 1
    return { data: found.slice(begin, begin + limit), left: Math.max(0, found.length - begin - limit) }
  }

  /** Payment and key in one line: both are remembered or neither. */
  write(payment: Payment, key?: { name: string } & KnownKey): void {
    const line: Line = { payment, ...(key === undefined ? {} : { key }) }
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 })
    this.#apply(line)
  }

  #apply({ payment, key }: Line): void {
    this.#payments.set(payment.id, payment)
    if (key !== undefined) this.#keys.set(key.name, key)
  }
}
