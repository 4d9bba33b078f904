/** Firefox without a screen, driven over WebDriver BiDi. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bidi, type Remote } from './bidi.ts'
import { DrivenPage } from './driven-page.ts'
import { type Browser, type Call, callAsText, type Customer, type Doc, type Tab, valueIn } from './driver.ts'
import { Program } from './program.ts'
import { keyActions } from './webdriver.ts'

export async function startFirefox(program: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'sallyport-firefox-'))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0']
  const firefox = new Program(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await firefox.says(2, /WebDriver BiDi listening on (ws:\S+)\s/)
  const bidi = await Bidi.connect(`${address}/session`)
  const { capabilities } = await bidi.send<{ capabilities: { browserVersion: string } }>('session.new', {
    capabilities: {},
  })
  return {
    version: `Firefox ${capabilities.browserVersion}`,
    async customer(): Promise<Customer> {
      const { userContext } = await bidi.send<{ userContext: string }>('browser.createUserContext')
      const tab = await FirefoxTab.open(bidi, userContext)
      const leave = (): Promise<void> => bidi.send('browser.removeUserContext', { userContext })
      return { page: new DrivenPage(tab), screenshot: () => tab.screenshot(), leave }
    },
    async close() {
      bidi.close()
      await firefox.end()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Node {
  context: string
  url: string
  children: Node[]
}

class FirefoxTab implements Tab {
  readonly #bidi: Bidi
  readonly #user: string
  readonly #context: string
  private constructor(bidi: Bidi, user: string, context: string) {
    this.#bidi = bidi
    this.#user = user
    this.#context = context
  }

  static async open(bidi: Bidi, userContext: string): Promise<FirefoxTab> {
    const { context } = await bidi.send<{ context: string }>('browsingContext.create', { type: 'tab', userContext })
    await bidi.send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 900 } })
    return new FirefoxTab(bidi, userContext, context)
  }

  main = (): Doc => new FirefoxDoc(this.#bidi, this.#context, '')
  another = (): Promise<Tab> => FirefoxTab.open(this.#bidi, this.#user)
  #tell = (method: string, more: object = {}): Promise<void> =>
    this.#bidi.send(`browsingContext.${method}`, { context: this.#context, ...more })
  /**
   * Once more where Firefox takes the tab's own first document for the page that was asked for: it then names no error and
   * no error page ("Address rejected" is its word for "none"), which a page that cannot be had always does.
   */
  async goto(url: string): Promise<void> {
    const go = (): Promise<void> => this.#tell('navigate', { url, wait: 'complete' })
    await go().catch((error: Error) => (error.message.endsWith('Address rejected') ? go() : Promise.reject(error)))
  }
  reload = (): Promise<void> => this.#tell('reload', { wait: 'complete' })
  close = (): Promise<void> => this.#tell('close')
  async keys(keys: readonly string[]): Promise<void> {
    await this.#bidi.send('input.performActions', { context: await this.#keyboardAt(), ...keyActions(keys) })
  }

  /** Firefox hands keys to the document that they are sent to, wherever the keyboard is: the innermost that has it. */
  async #keyboardAt(): Promise<string> {
    const has = await Promise.all(
      (await this.docs()).map(async (doc) => ((await doc.hasFocus()) ? doc.context : this.#context)),
    )
    return has.findLast((context) => context !== this.#context) ?? this.#context
  }

  async docs(): Promise<FirefoxDoc[]> {
    const { contexts } = await this.#bidi.send<{ contexts: Node[] }>('browsingContext.getTree', { root: this.#context })
    for (const { children } of contexts) contexts.push(...children)
    return contexts.map(({ context, url }) => new FirefoxDoc(this.#bidi, context, url))
  }

  async screenshot(): Promise<Buffer> {
    const { data } = await this.#bidi.send<{ data: string }>('browsingContext.captureScreenshot', {
      context: this.#context,
    })
    return Buffer.from(data, 'base64')
  }
}

class FirefoxDoc implements Doc {
  readonly url: string
  readonly context: string
  readonly #bidi: Bidi
  constructor(bidi: Bidi, context: string, url: string) {
    this.#bidi = bidi
    this.context = context
    this.url = url
  }

  /** So does every document around one that has it. A document on its way out has none. */
  hasFocus = (): Promise<boolean> =>
    this.#bidi.evaluate(this.context, 'document.hasFocus()').then(
      ({ value }) => value === true,
      () => false,
    )

  async run(call: Call): Promise<unknown> {
    const expression = `(async () => JSON.stringify({ value: await ${callAsText(call)} }))()`
    return valueIn((await this.#bidi.evaluate(this.context, expression)).value)
  }

  async click(call: Call): Promise<void> {
    const scrolled = `((element) => (element?.scrollIntoView({ block: 'nearest' }), element))(${callAsText(call)})`
    const { sharedId }: Remote = await this.#bidi.evaluate(this.context, scrolled)
    if (sharedId === undefined) throw new Error('there is nothing to click')
    const origin = { type: 'element', element: { sharedId } }
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ]
    await this.#bidi.send('input.performActions', {
      context: this.context,
      actions: [{ type: 'pointer', id: 'mouse', actions }],
    })
  }

  async inside(call: Call): Promise<Doc | null> {
    const { type, value } = await this.#bidi.evaluate(this.context, `(${callAsText(call)})?.contentWindow`)
    // Sound: what BiDi says of a window.
    return type === 'window' ? new FirefoxDoc(this.#bidi, (value as { context: string }).context, '') : null
  }
}
