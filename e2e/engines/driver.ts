/** The little that a driver of an engine has to give; driven-page.ts makes pages and locators of it. */
import type { EnginePage } from './browser.ts'

/** A script as text: a function, and its arguments as JSON. */
export interface Call {
  source: string
  input: readonly unknown[]
}

export interface Doc {
  /** Where it was when it was found. */
  readonly url: string
  /** Runs in the page's own realm and waits for what it promises. Rejects with what it throws, or when it is gone. */
  run(call: Call): Promise<unknown>
  /** A real click, on the element that the call returns. */
  click(call: Call): Promise<void>
  /** The document in the iframe that the call returns; null where there is none yet. */
  inside(call: Call): Promise<Doc | null>
}

export interface Tab {
  goto(address: string): Promise<void>
  reload(): Promise<void>
  /** The page's own document. */
  main(): Doc
  /** The page's own first, then whatever is embedded, at any depth. */
  docs(): Promise<Doc[]>
  /** Real keys, for whatever has the keyboard: names as in `KeyboardEvent.key`, or characters. */
  keys(keys: readonly string[]): Promise<void>
  screenshot(): Promise<Buffer>
  another(): Promise<Tab>
  close(): Promise<void>
}

/** A customer who was never here before: no cookie, nothing in any storage. */
export interface Customer {
  readonly page: EnginePage
  screenshot(): Promise<Buffer>
  /** Closes every window. */
  leave(): Promise<void>
}

export interface Browser {
  /** Its name and version, for the table. */
  readonly version: string
  customer(): Promise<Customer>
  close(): Promise<void>
}

/** What comes back from every driver is the JSON of `{ value }`, so that it is the same everywhere. */
export const valueIn = (json: unknown): unknown => (JSON.parse(String(json)) as { value?: unknown }).value

export const callAsText = ({ source, input }: Call): string =>
  `(${source})(...${JSON.stringify(input.map((one) => one ?? null))})`
