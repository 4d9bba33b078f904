/**
 * How far the fields are, to intake and to the host: coarse hints, one batch in 300 ms, and nothing any more once the
 * end is announced (a timer that fires after `complete` was once measured to do so).
 */
import type { ProgressItem } from '../protocol/capture-http.ts'
import { portLimits } from '../protocol/limits.ts'
import type { FieldHint } from '../protocol/port-to-host.ts'

/** Of one batch; intake takes no more. */
const itemsMax = 8

export interface ProgressDeps {
  /** Sends to intake; resolves when it is taken. Rejects to have the items kept for the next batch. */
  send(items: ProgressItem[]): Promise<void>
  tellHost(hint: FieldHint): void
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
}

export class Progress {
  readonly #deps: ProgressDeps
  #items: ProgressItem[] = []
  #timer: unknown = null
  #sending: Promise<void> = Promise.resolve()
  #ended = false
  readonly #told = new WeakSet<ProgressItem>()

  constructor(deps: ProgressDeps) {
    this.#deps = deps
  }

  add(item: ProgressItem): void {
    if (this.#ended) return
    // Of several levels of one field in a batch only the last is news, and none is beside a verdict.
    if ('field' in item && item.kind !== 'started') {
      this.#items = this.#items.filter((old) => !(old.kind === 'progress' && old.field === item.field))
    }
    this.#items.push(item)
    this.#timer ??= this.#deps.setTimeout(() => void this.flush(), portLimits.progressIntervalMs)
  }

  /** Sends what waits, after what is under way. Never rejects. */
  flush(): Promise<void> {
    this.#deps.clearTimeout(this.#timer)
    this.#timer = null
    this.#sending = this.#sending.then(async () => {
      while (this.#items.length > 0 && !this.#ended) {
        const batch = this.#items.splice(0, itemsMax)
        for (const item of batch) this.#tell(item)
        try {
          await this.#deps.send(batch)
        } catch {
          // Hints: after a gap in the network the next ones say enough. The latest verdicts are worth one more try.
          this.#items = [...batch.filter((item) => item.kind !== 'progress'), ...this.#items].slice(-itemsMax)
          return
        }
      }
    })
    return this.#sending
  }

  /** Nothing is told from here on. */
  end(): void {
    this.#ended = true
    this.#items = []
    this.#deps.clearTimeout(this.#timer)
    this.#timer = null
  }

  #tell(item: ProgressItem): void {
    if (this.#told.has(item)) return
    this.#told.add(item)
    switch (item.kind) {
      case 'started':
        return this.#deps.tellHost({ field: item.field, status: 'active' })
      case 'progress':
        return this.#deps.tellHost({ field: item.field, status: 'active', level: item.level })
      case 'rejected':
        return this.#deps.tellHost({ field: item.field, status: 'rejected', code: item.code })
      case 'completed': {
        const { field, brand, last4 } = item
        return this.#deps.tellHost({ field, status: 'complete', ...(brand && { brand }), ...(last4 && { last4 }) })
      }
      case 'shield_failed':
      case 'detached':
        return
    }
  }
}
