/**
 * How far the fields are, to intake and to the host: coarse hints, one batch in 300 ms or, where its time would tell the
 * number's length, one field at a mark (`pace.ts`); and nothing any more once the end is announced (a timer that fires
 * after `complete` was once measured to do so).
 */
import type { ProgressItem } from '../protocol/capture-http.ts'
import { portLimits } from '../protocol/limits.ts'
import type { FieldHint } from '../protocol/port-to-host.ts'
import type { Pace } from './pace.ts'

/** Of one batch; intake takes no more. */
const itemsMax = 8

export interface ProgressDeps {
  /** Sends to intake; resolves when it is taken. Rejects to have the items kept for the next batch. */
  send(items: ProgressItem[]): Promise<void>
  tellHost(hint: FieldHint): void
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  pace: Pick<Pace, 'holds' | 'stepMs' | 'untilMarkMs'>
}

const fieldOf = (item: ProgressItem | undefined): string => (item !== undefined && 'field' in item ? item.field : '')

export class Progress {
  readonly #deps: ProgressDeps
  #items: ProgressItem[] = []
  #timer: unknown = null
  #sending: Promise<void> = Promise.resolve()
  #ended = false
  /** The person has been seen in the form: where they stand is no news any more, and when they go on would be. */
  #begun = false
  readonly #told = new WeakSet<ProgressItem>()

  constructor(deps: ProgressDeps) {
    this.#deps = deps
  }

  add(item: ProgressItem): void {
    if (this.#ended) return
    // Of several levels of one field in a batch only the last is news, and none is beside a verdict. Nor is a number that
    // was whole for a moment and went on: that it could have ended there is what its scheme's other lengths are about.
    if ('field' in item && item.kind !== 'started') {
      const isOver = (old: ProgressItem): boolean =>
        (old.kind === 'progress' || old.kind === 'completed') && old.field === item.field
      this.#items = this.#items.filter((old) => !isOver(old))
    }
    this.#items.push(item)
    this.#arm()
  }

  /** A new epoch knows nothing yet: what is announced to it is no repetition. */
  again(): void {
    this.#items = []
    this.#begun = false
  }

  /** Sends what waits, after what is under way. Never rejects. */
  flush(): Promise<void> {
    this.#disarm()
    return this.#send(() => this.#items.splice(0, itemsMax))
  }

  /** Nothing is told from here on. */
  end(): void {
    this.#ended = true
    this.#items = []
    this.#disarm()
  }

  #disarm(): void {
    this.#deps.clearTimeout(this.#timer)
    this.#timer = null
  }

  #arm(): void {
    const { pace } = this.#deps
    this.#disarm()
    if (this.#items.length === 0) return
    // That the person has come is told at once: the page sees it too, by the focus.
    const comes = !this.#begun && this.#items[0]?.kind === 'started'
    if (comes || !pace.holds)
      return this.#in(portLimits.progressIntervalMs, () => {
        if (!comes && pace.holds) return
        this.#begun = true
        this.#sendAll(pace.holds ? this.#items.splice(0, 1) : this.#items.splice(0))
      })
    const step = pace.stepMs
    this.#in(pace.untilMarkMs, () => {
      // Slower than it seemed: the mark is a later one.
      if (pace.holds && pace.stepMs !== step) return
      const field = fieldOf(this.#items[0])
      const due = this.#items.filter((item) => fieldOf(item) === field)
      this.#items = this.#items.filter((item) => fieldOf(item) !== field)
      this.#sendAll(due)
    })
  }

  #in(ms: number, run: () => void): void {
    this.#timer = this.#deps.setTimeout(() => {
      this.#timer = null
      run()
      this.#arm()
    }, ms)
  }

  #sendAll(items: ProgressItem[]): void {
    void this.#send(() => items.splice(0, itemsMax))
  }

  #send(next: () => ProgressItem[]): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      for (let batch = next(); batch.length > 0 && !this.#ended; batch = next()) {
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
