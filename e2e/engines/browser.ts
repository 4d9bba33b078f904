/**
 * What a test needs of a browser, whichever engine it has: open, look, run a script in a page or a frame, find, click,
 * type. Playwright's own `Page` has all of this and more, under the same names; `driven-page.ts` makes the same of
 * a Firefox behind WebDriver BiDi and of a WebKit behind WebDriver. A test that keeps to these types runs on all three.
 */
export interface Query {
  hasText?: string | RegExp
}

export interface EngineLocator {
  click(options?: { timeout?: number }): Promise<void>
  /** Puts the value in the place of what stands there. */
  fill(value: string, options?: { timeout?: number }): Promise<void>
  press(key: string): Promise<void>
  pressSequentially(text: string): Promise<void>
  inputValue(): Promise<string>
  textContent(): Promise<string | null>
  getAttribute(name: string): Promise<string | null>
  isVisible(): Promise<boolean>
  isEnabled(): Promise<boolean>
  count(): Promise<number>
  evaluate<R>(run: (element: HTMLInputElement) => R): Promise<R>
  locator(selector: string, query?: Query): EngineLocator
  frameLocator(selector: string): FrameFinder
  last(): EngineLocator
}

/** The document in an iframe, found anew for each use. */
export interface FrameFinder {
  locator(selector: string, query?: Query): EngineLocator
}

export interface EngineFrame {
  url(): string
  isDetached(): boolean
  evaluate<R, A>(run: (input: A) => R | Promise<R>, input: A): Promise<R>
  evaluate<R>(run: () => R | Promise<R>): Promise<R>
  waitForFunction(run: () => unknown): Promise<unknown>
  locator(selector: string, query?: Query): EngineLocator
}

export interface EnginePage {
  goto(address: string): Promise<unknown>
  reload(): Promise<unknown>
  evaluate<R, A>(run: (input: A) => R | Promise<R>, input: A): Promise<R>
  evaluate<R>(run: () => R | Promise<R>): Promise<R>
  waitForFunction(run: () => unknown): Promise<unknown>
  waitForTimeout(ms: number): Promise<void>
  /** The page's own document first. WebDriver has to ask the browser for it. */
  frames(): EngineFrame[] | Promise<EngineFrame[]>
  locator(selector: string, query?: Query): EngineLocator
  frameLocator(selector: string): FrameFinder
  readonly keyboard: { type(text: string): Promise<void>; press(key: string): Promise<void> }
  /** Where a second window of the same customer comes from. */
  context(): { newPage(): Promise<EnginePage> }
  close(): Promise<void>
}

export const engines = ['chromium', 'firefox', 'webkit'] as const
export type Engine = (typeof engines)[number]

/** Set where each engine is a project of its own; see test.ts. */
export const everyEngine = 'SALLYPORT_EVERY_ENGINE'
