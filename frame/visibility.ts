/**
 * Whether a person can see what they agree to, as the browser tells it (IntersectionObserver v2): nothing painted over
 * who asks, how much, a field or the button, nothing see-through or turned around them. Of a form that something lies
 * over nothing is sealed. Engines that cannot tell hold nobody up, and the capture says so. Holds no digits.
 */
import type { Visibility } from '../protocol/capture-states.ts'

/** What was covered has to be seen for that long, or nobody has read it. */
const historyMs = 500
/** What comes and goes is met within that. A payment takes so much longer. */
const steadyMs = 200
/** A fade ends within that, and so does a lift; longer is what somebody means. */
const patienceMs = 1_500
const stepMs = 50

/** As much of an observer's entry as is asked. */
export interface Sight {
  /** False: scrolled away, or folded. That is not covered. */
  readonly isIntersecting: boolean
  readonly isVisible?: boolean
}

export interface GateDeps {
  /** Calls back at once, with every change, and after the function that it answers no more. */
  observe(heard: (sight: Sight) => void): () => void
  now(): number
  wait(ms: number): Promise<void>
  /** Above the page, or back to its place. */
  lift(up: boolean): void
  /** Tells the person and the agent. Never rejects. */
  refuse(): Promise<void>
  /** Intake takes nothing of an epoch whose shield has failed. False: that cannot be, which has been told. */
  comeBack(): Promise<boolean>
  isWanted(): boolean
}

export class Gate {
  readonly #deps: GateDeps
  #sight: Sight | null = null
  /** Null while nobody asks: of a frame that asks, Chromium drops clicks for half a second after each move. */
  #stop: (() => void) | null = null
  #clearAt = 0
  #lifted = false
  #down = false
  /** From the press of the button until it is known what came of it. */
  #asked = false

  constructor(deps: GateDeps) {
    this.#deps = deps
  }

  /** Of what is in view, now. */
  get visibility(): Visibility {
    return this.#looks(true) ? 'verified' : 'unverified'
  }

  /**
   * Soon, where the form is in full view; else after a lift, if need be. False: covered all the same, which has been
   * told. The person may try again once it can be seen; the capture is taken up anew for that, unasked.
   */
  async passes(): Promise<boolean> {
    const { now, wait, refuse, comeBack, isWanted } = this.#deps
    const until = now() + patienceMs
    this.#asked = true
    this.#watch()
    while (!this.#isClear && now() < until) {
      if (this.#isCovered) this.#lift(true)
      await wait(stepMs)
    }
    // A browser that says nothing at all cannot tell either.
    if (this.#isClear || this.#sight === null) return isWanted() && (!this.#down || comeBack())
    this.#asked = false
    this.#lift(false)
    await refuse()
    if (this.#down) return false
    this.#down = true
    void (async () => {
      while (!this.#isClear && isWanted()) await wait(historyMs)
      if (!this.#down || !isWanted()) return
      await comeBack()
      if (!this.#asked) this.lower()
    })()
    return false
  }

  /** A new epoch has a shield of its own. */
  again(): void {
    this.#down = false
  }

  /** The form has been sent, or not. */
  lower(): void {
    this.#asked = false
    this.#lift(false)
    if (this.#down) return
    this.#stop?.()
    this.#stop = this.#sight = null
  }

  #watch(): void {
    const { now, observe } = this.#deps
    this.#clearAt = Math.max(this.#clearAt, now() + steadyMs)
    this.#stop ??= observe((sight) => {
      if (this.#isCovered) this.#clearAt = now() + historyMs
      this.#sight = sight
    })
  }

  get #isClear(): boolean {
    if (this.#sight?.isVisible === undefined) return this.#sight !== null
    // Lifted it has to be in view: a page that hides it then has not shown it.
    const isFree = this.#lifted ? this.#looks(true) : !this.#isCovered
    return isFree && this.#deps.now() >= this.#clearAt
  }

  get #isCovered(): boolean {
    return this.#looks(false)
  }

  #looks(visible: boolean): boolean {
    return this.#sight?.isIntersecting === true && this.#sight.isVisible === visible
  }

  #lift(up: boolean): void {
    if (this.#lifted === up) return
    this.#lifted = up
    this.#deps.lift(up)
  }
}

/** Below 100 ms the browser asks nothing, for what it costs. */
const delayMs = 100

/**
 * The form rather than its document, for a corner of the page that is covered is nobody's concern; and as a whole, for
 * our own labels lie over our own fields, and what is inside of what is asked about covers nothing. Elsewhere than in
 * Chromium an entry has no `isVisible`, and so says nothing.
 */
export function observeForm(form: HTMLElement, heard: (sight: Sight) => void): () => void {
  const options = { trackVisibility: true, delay: delayMs } as IntersectionObserverInit // newer than our types
  const observer = new IntersectionObserver((entries) => entries.forEach(heard), options)
  observer.observe(form)
  return () => observer.disconnect()
}
