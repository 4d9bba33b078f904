/** Pages, frames and locators as Playwright has them, made of a driver. Waiting is done here, once for every engine. */
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineFrame, EngineLocator, EnginePage, FrameFinder, Query } from './browser.ts'
import type { Call, Doc, Tab } from './driver.ts'
import { countAt, elementAt, type Seen, seenAt, type Step, stepsOf, withElementAt } from './find.ts'

const lookEveryMs = 40
const patienceMs = 20_000

/** Until it gives something; a document that is on its way out, or not there yet, is asked again. */
async function until<T>(what: string, give: () => Promise<T | null>, timeoutMs = patienceMs): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let why: unknown
  for (; ; await delay(lookEveryMs)) {
    try {
      const given = await give()
      if (given !== null) return given
    } catch (error) {
      why = error
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: why })
  }
}

const call = (run: (...input: never[]) => unknown, input: readonly unknown[]): Call => ({ source: String(run), input })

class DrivenLocator implements EngineLocator {
  readonly #tab: Tab
  readonly #doc: () => Promise<Doc | null>
  readonly #steps: Step[]

  constructor(tab: Tab, doc: () => Promise<Doc | null>, steps: Step[]) {
    this.#tab = tab
    this.#doc = doc
    this.#steps = steps
  }

  get #name(): string {
    return this.#steps.map(({ css }) => css).join(' ')
  }

  async #run(made: Call): Promise<unknown> {
    const doc = await this.#doc()
    if (doc === null) throw new Error('there is no such document')
    return doc.run(made)
  }

  // Sound: what `look` in find.ts gives.
  #seen = async (): Promise<Seen> => (await this.#run(seenAt(this.#steps))) as Seen

  async #ofElement<T>(run: (element: HTMLInputElement) => T): Promise<T> {
    const given = await until(this.#name, () => this.#run(withElementAt(this.#steps, run)))
    // Sound: `withElementAt` puts what `run` gave into a list.
    return (given as [T])[0]
  }

  async click({ timeout }: { timeout?: number } = {}): Promise<void> {
    let place = ''
    await until(
      `a click on ${this.#name}`,
      async () => {
        const seen = await this.#seen()
        const stands = seen.visible && seen.enabled && seen.place === place
        place = seen.place
        if (!stands) return null
        await (await this.#doc())?.click(elementAt(this.#steps))
        return true
      },
      timeout,
    )
  }

  async fill(value: string, options: { timeout?: number } = {}): Promise<void> {
    await this.click(options)
    await this.#ofElement((element) => element.select())
    await this.#tab.keys(value === '' ? ['Backspace'] : [...value])
  }

  async press(key: string): Promise<void> {
    await this.#focus()
    await this.#tab.keys([key])
  }

  async pressSequentially(text: string): Promise<void> {
    await this.#focus()
    await this.#tab.keys([...text])
  }

  /** By a click where it has no focus yet: WebKit moves the keyboard into a frame for a gesture alone. */
  async #focus(): Promise<void> {
    const has = (element: HTMLInputElement): boolean =>
      element.ownerDocument.hasFocus() && element.ownerDocument.activeElement === element
    if (!(await this.#ofElement(has))) await this.click()
  }

  inputValue = (): Promise<string> => this.#ofElement((element) => element.value)
  textContent = (): Promise<string | null> => this.#ofElement((element) => element.textContent)
  evaluate = <R>(run: (element: HTMLInputElement) => R): Promise<R> => this.#ofElement(run)

  async getAttribute(name: string): Promise<string | null> {
    // The name travels in the source: a function for an element takes nothing else.
    const run = `(element) => element.getAttribute(${JSON.stringify(name)})`
    const given = await until(this.#name, () =>
      this.#run(withElementAt(this.#steps, run as unknown as (element: HTMLInputElement) => unknown)),
    )
    return (given as [string | null])[0]
  }

  isVisible = async (): Promise<boolean> => (await this.#seen()).visible
  isEnabled = async (): Promise<boolean> => (await this.#seen()).enabled
  count = async (): Promise<number> => Number(await this.#run(countAt(this.#steps)))

  locator(selector: string, query?: Query): EngineLocator {
    return new DrivenLocator(this.#tab, this.#doc, [...this.#steps, ...stepsOf(selector, query)])
  }

  frameLocator(selector: string): FrameFinder {
    const steps = [...this.#steps, ...stepsOf(selector)]
    const inside = async (): Promise<Doc | null> => (await (await this.#doc())?.inside(elementAt(steps))) ?? null
    return { locator: (inner, query) => new DrivenLocator(this.#tab, inside, stepsOf(inner, query)) }
  }

  last(): EngineLocator {
    return new DrivenLocator(
      this.#tab,
      this.#doc,
      this.#steps.map((step, index) => (index === this.#steps.length - 1 ? { ...step, last: true } : step)),
    )
  }
}

class DrivenFrame implements EngineFrame {
  readonly #tab: Tab
  readonly #doc: Doc
  constructor(tab: Tab, doc: Doc) {
    this.#tab = tab
    this.#doc = doc
  }

  url = (): string => this.#doc.url
  /** No driver tells; whoever uses a frame that is gone is told by a failure. */
  isDetached = (): boolean => false
  // Sound: the caller's own function says what it gives.
  evaluate = async <R>(run: (...input: never[]) => R | Promise<R>, ...input: unknown[]): Promise<R> =>
    (await this.#doc.run(call(run, input))) as R
  waitForFunction = (run: () => unknown): Promise<unknown> => until(String(run), () => holds(this.#doc, run))
  locator(selector: string, query?: Query): EngineLocator {
    return new DrivenLocator(this.#tab, async () => this.#doc, stepsOf(selector, query))
  }
}

async function holds(doc: Doc, run: () => unknown): Promise<true | null> {
  const source = `() => { const given = (${run})(); return given instanceof Promise ? given.then(Boolean) : Boolean(given) }`
  return (await doc.run({ source, input: [] })) === true ? true : null
}

export class DrivenPage implements EnginePage {
  readonly #tab: Tab
  constructor(tab: Tab) {
    this.#tab = tab
  }

  goto = (address: string): Promise<void> => this.#tab.goto(address)
  reload = (): Promise<void> => this.#tab.reload()
  waitForTimeout = (ms: number): Promise<void> => delay(ms)
  close = (): Promise<void> => this.#tab.close()
  frames = async (): Promise<EngineFrame[]> => (await this.#tab.docs()).map((doc) => new DrivenFrame(this.#tab, doc))
  evaluate = async <R>(run: (...input: never[]) => R | Promise<R>, ...input: unknown[]): Promise<R> => {
    return (await this.#tab.main().run(call(run, input))) as R // sound: as above
  }
  waitForFunction = (run: () => unknown): Promise<unknown> => until(String(run), () => holds(this.#tab.main(), run))

  locator(selector: string, query?: Query): EngineLocator {
    return new DrivenLocator(this.#tab, async () => this.#tab.main(), stepsOf(selector, query))
  }
  frameLocator(selector: string): FrameFinder {
    const inside = (): Promise<Doc | null> => this.#tab.main().inside(elementAt(stepsOf(selector)))
    return { locator: (inner, query) => new DrivenLocator(this.#tab, inside, stepsOf(inner, query)) }
  }

  readonly keyboard = {
    type: (text: string): Promise<void> => this.#tab.keys([...text]),
    press: (key: string): Promise<void> => this.#tab.keys([key]),
  }

  context = (): { newPage(): Promise<EnginePage> } => ({
    newPage: async () => new DrivenPage(await this.#tab.another()),
  })
}
