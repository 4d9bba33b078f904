/** WebDriver over HTTP, as far as the tests need it (W3C WebDriver §8–§17). One command at a time: a session has one place. */
export const elementKey = 'element-6066-11e4-a52e-4f735466cecf'
export type Element = { [elementKey]: string }

/** A script that never returns would hold up all that comes after it, the end of the session too. */
const answerMsMax = 60_000

export class WebDriverError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message === '' ? code : message)
    this.code = code
  }
}

/** A session is there in a second or two, or never: a browser that hangs while it starts goes on hanging. */
export const openMsMax = 20_000

/** The driver or its browser hangs. */
export class Unanswered extends Error {}

export async function command<T>(
  address: string,
  method: 'GET' | 'POST' | 'DELETE',
  body: object = {},
  limitMs = answerMsMax,
): Promise<T> {
  const ask = async () => {
    const response = await fetch(address, {
      method,
      signal: AbortSignal.timeout(limitMs),
      ...(method === 'POST' && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    return { response, value: ((await response.json()) as { value: T & { error: string; message: string } }).value }
  }
  const { response, value } = await ask().catch((error: unknown) => {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    throw late ? new Unanswered(`${method} ${new URL(address).pathname} was not answered in ${limitMs} ms`) : error
  })
  if (!response.ok) throw new WebDriverError(value.error, value.message)
  return value
}

/** Where a session is: a window, and the way from its document into an iframe. */
export interface Place {
  window: string
  way: readonly Element[]
}

export class Session {
  readonly #address: string
  #at: Place | null = null
  /** Where the last click was: there the keyboard went. */
  #clicked: Place | null = null
  /** Whether another frame was gone to since. */
  #strayed = false
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(address: string) {
    this.#address = address
  }

  /** Without the driver's limit for scripts: it is a timer of the page's own, and some pages play with their timers. */
  static async open(driver: string, capabilities: object): Promise<{ session: Session; version: string }> {
    const opened = await command<{ sessionId: string; capabilities: { browserVersion: string } }>(
      `${driver}/session`,
      'POST',
      { capabilities: { alwaysMatch: { ...capabilities, timeouts: { script: null } } } },
      openMsMax,
    )
    return {
      session: new Session(`${driver}/session/${opened.sessionId}`),
      version: opened.capabilities.browserVersion,
    }
  }

  /** Goes there and does it, with nobody in between. */
  at<T>(place: Place, act: (send: Send) => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      try {
        await this.#go(place)
        return await act(this.#send)
      } catch (error) {
        // Where the session is after a failure is not worth knowing.
        this.#at = null
        throw error
      }
    })
    this.#queue = turn.catch(() => {})
    return turn
  }

  click(place: Place, element: Element): Promise<void> {
    return this.at(place, async (send) => {
      await send('POST', `/element/${element[elementKey]}/click`)
      this.#clicked = place
      this.#strayed = false
    })
  }

  /** Keys for whatever has the keyboard. WebKit gives it to each frame that is switched to: whoever was clicked has it back first. */
  keys(top: Place, keys: readonly string[]): Promise<void> {
    return this.at(top, async (send) => {
      if (this.#strayed && this.#clicked?.window === top.window) await this.#go(this.#clicked)
      await send('POST', '/actions', keyActions(keys))
    })
  }

  /** The window that opens with the session. */
  firstWindow = (): Promise<string> => this.#send<string>('GET', '/window')

  async end(): Promise<void> {
    await this.#queue
    await command(this.#address, 'DELETE').catch(() => {})
  }

  #send: Send = (method, path, body) => command(this.#address + path, method, body)

  async #go({ window, way }: Place): Promise<void> {
    const at = this.#at
    this.#at = null
    if (way.length > 0) this.#strayed = !isSame(way, this.#clicked?.way ?? [])
    if (at?.window !== window) await this.#send('POST', '/window', { handle: window })
    // From the top each time: whether the frame on the way is still the same one is what a switch tells.
    if (at?.window !== window || at.way.length > 0 || way.length > 0) await this.#send('POST', '/frame', { id: null })
    for (const id of way) await this.#send('POST', '/frame', { id })
    this.#at = { window, way }
  }
}

const isSame = (one: Place['way'], other: Place['way']): boolean =>
  one.length === other.length && one.every((element, index) => element[elementKey] === other[index]?.[elementKey])

export type Send = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>

const named: Record<string, string> = {
  Backspace: '\uE003',
  Tab: '\uE004',
  Enter: '\uE007',
  Shift: '\uE008',
  Escape: '\uE00C',
  Space: ' ',
  End: '\uE010',
  Home: '\uE011',
  ArrowLeft: '\uE012',
  ArrowRight: '\uE014',
  Delete: '\uE017',
}

/** Key actions: `Shift+Tab` holds the first while the second is pressed. */
export function keyActions(keys: readonly string[]): object {
  const actions = keys.flatMap((key) => {
    const held = (key.length > 1 ? key.split('+') : [key]).map((part) => named[part] ?? part)
    return [
      ...held.map((value) => ({ type: 'keyDown', value })),
      ...held.toReversed().map((value) => ({ type: 'keyUp', value })),
    ]
  })
  return { actions: [{ type: 'key', id: 'keyboard', actions }] }
}
