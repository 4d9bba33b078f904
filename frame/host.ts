import type { FrameEvent } from '../protocol/port-to-host.ts'

/**
 * What the frame tells its host: hints without digits. Numbered from 1; nothing follows an end. On the link page
 * there is no host, and nothing is told.
 */
export class Host {
  #port: { postMessage(message: unknown): void } | null = null
  #seq = 0
  #ended = false

  bind(port: { postMessage(message: unknown): void }): void {
    this.#port = port
  }

  tell(event: FrameEvent): void {
    if (this.#port === null || this.#ended) return
    this.#ended = event.t === 'complete' || event.t === 'canceled' || (event.t === 'error' && event.fatal)
    this.#seq += 1
    this.#port.postMessage({ sp: 1, seq: this.#seq, ...event })
  }
}

/** Calls `tell` with the height at once and whenever it changes. */
export function tellHeight(element: HTMLElement, tell: (height: number) => void): () => void {
  let told = -1
  const measure = (): void => {
    const height = Math.ceil(element.getBoundingClientRect().height)
    if (height === told) return
    told = height
    tell(height)
  }
  // A frame that is laid out with no height gets no ResizeObserver call: the first measure must not wait for one.
  new ResizeObserver(measure).observe(element)
  measure()
  return measure
}
