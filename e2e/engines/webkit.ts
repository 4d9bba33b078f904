/** WebKit: MiniBrowser of WebKitGTK on a screen of its own, driven by WebKitWebDriver. */
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '../../server/testing/free-ports.ts'
import { DrivenPage } from './driven-page.ts'
import { type Browser, type Call, callAsText, type Customer, type Doc, type Tab, valueIn } from './driver.ts'
import { Program, startMsMax } from './program.ts'
import { command, type Element, type Place, Session, Unanswered } from './webdriver.ts'

export interface WebKitPrograms {
  driver: string
  miniBrowser: string
  xvfb: string
}

const askEveryMs = 20

/**
 * A browser that hangs before its first page, which one in some hundreds does, says nothing of ours: that customer gets
 * another, from the screen on; the one that hangs goes when all do.
 */
export async function startWebKit(programs: WebKitPrograms): Promise<Browser> {
  const started: Browser[] = []
  const again = async <T>(work: () => Promise<T>): Promise<T> =>
    work().catch(async (error: unknown) => {
      if (!(error instanceof Unanswered)) throw error
      process.stderr.write(`WebKit is started again: ${error.message}\n`)
      started.push(await startOnce(programs))
      return work()
    })
  const newest = async (): Promise<Browser> => {
    if (started.length === 0) started.push(await startOnce(programs))
    return started.at(-1) as Browser // sound: the line above put one there
  }
  const { version } = await again(newest)
  return {
    version,
    customer: () => again(async () => (await newest()).customer()),
    async close() {
      for (const one of started) await one.close()
    },
  }
}

async function startOnce(programs: WebKitPrograms): Promise<Browser> {
  const screenArgs = ['-displayfd', '3', '-screen', '0', '1400x1100x24', '-nolisten', 'tcp']
  const screen = new Program(programs.xvfb, screenArgs, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const [port = 0] = await freePorts(1)
  const driver = new Program(programs.driver, [`--port=${port}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${await screen.says(3, /(\d+)\s/)}`,
      // Without a desktop there is no bus and there are no settings to ask; asking takes seconds.
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      GSETTINGS_BACKEND: 'memory',
      GIO_USE_VFS: 'local',
      NO_AT_BRIDGE: '1',
    },
  })
  const address = `http://127.0.0.1:${port}`
  await answers(address, driver)
  const capabilities = {
    pageLoadStrategy: 'normal',
    'webkitgtk:browserOptions': { binary: programs.miniBrowser, args: ['--automation'] },
  }
  const open = async (): Promise<Customer & { version: string }> => {
    const { session, version } = await Session.open(address, capabilities)
    const tab = await new WebKitTab(session, await session.firstWindow()).wide()
    return { page: new DrivenPage(tab), version, screenshot: () => tab.screenshot(), leave: () => session.end() }
  }
  const close = async (): Promise<void> => {
    for (const program of [driver, screen]) await program.end()
  }
  try {
    // Only a session tells the version: the one that does is the first customer's.
    const first = await open()
    const ready: Customer[] = [first]
    return { version: `WebKitGTK ${first.version}`, customer: async () => ready.pop() ?? (await open()), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function answers(address: string, driver: Program): Promise<void> {
  for (const deadline = Date.now() + startMsMax; Date.now() < deadline; await delay(50)) {
    if (driver.hasEnded) throw new Error('WebKitWebDriver ended before it answered')
    if (await command(`${address}/status`, 'GET').then(Boolean, () => false)) return
  }
  throw new Error(`WebKitWebDriver did not answer in ${startMsMax} ms`)
}

class WebKitTab implements Tab {
  readonly #session: Session
  readonly #top: Place
  constructor(session: Session, window: string) {
    this.#session = session
    this.#top = { window, way: [] }
  }

  main = (): Doc => new WebKitDoc(this.#session, this.#top, '')

  goto = (url: string): Promise<void> => this.#session.at(this.#top, (send) => send('POST', '/url', { url }))
  reload = (): Promise<void> => this.#session.at(this.#top, (send) => send('POST', '/refresh'))
  keys = (keys: readonly string[]): Promise<void> => this.#session.keys(this.#top, keys)

  async docs(): Promise<Doc[]> {
    const main = new WebKitDoc(this.#session, this.#top, String(await this.main().run(href)))
    const docs = [main]
    for (const doc of docs) docs.push(...(await doc.children()))
    return docs
  }

  async screenshot(): Promise<Buffer> {
    const image = await this.#session.at(this.#top, (send) => send<string>('GET', '/screenshot'))
    return Buffer.from(image, 'base64')
  }

  async another(): Promise<Tab> {
    const opened = await this.#session.at(this.#top, (send) =>
      send<{ handle: string }>('POST', '/window/new', { type: 'window' }),
    )
    return new WebKitTab(this.#session, opened.handle).wide()
  }

  /** As wide as the other engines' pages are. */
  async wide(): Promise<this> {
    await this.#session.at(this.#top, (send) => send('POST', '/window/rect', { width: 1290, height: 1000 }))
    return this
  }

  close = (): Promise<void> => this.#session.at(this.#top, (send) => send('DELETE', '/window'))
}

const href: Call = { source: '() => location.href', input: [] }

/** A page with frames in closed shadow roots lists them in `window.framesOfTest`: WebDriver finds no way in. */
const iframes: Call = {
  source: `() => {
    const below = (root) => [...root.querySelectorAll('*')].flatMap((element) =>
      element.localName === 'iframe' ? [element] : element.shadowRoot ? below(element.shadowRoot) : [])
    return [...below(document), ...(window.framesOfTest ?? [])]
  }`,
  input: [],
}

/** Runs at once, or leaves a promise's answer where it is asked for later: WebDriver's own way to wait stops all else. */
const begin = (call: Call, slot: string): string => `
  const answers = (window[Symbol.for('answers')] ??= new Map())
  const settle = (slot, answer) => answers.set(slot, answer)
  const given = ${callAsText(call)}
  if (!(given instanceof Promise)) return JSON.stringify({ value: given })
  settle('${slot}', null)
  given.then(
    (value) => settle('${slot}', { json: JSON.stringify({ value }) }),
    (error) => settle('${slot}', { error: String(error) }),
  )
  return null`
const collect = (slot: string): string =>
  `return [window[Symbol.for('answers')]?.has('${slot}') ?? false, window[Symbol.for('answers')]?.get('${slot}') ?? null]`
let slots = 0

class WebKitDoc implements Doc {
  readonly url: string
  readonly #session: Session
  readonly #place: Place
  constructor(session: Session, place: Place, url: string) {
    this.#session = session
    this.#place = place
    this.url = url
  }

  #script = <T>(script: string): Promise<T> =>
    this.#session.at(this.#place, (send) => send<T>('POST', '/execute/sync', { script, args: [] }))

  async run(call: Call): Promise<unknown> {
    const slot = String(++slots)
    const json = await this.#script<string | null>(begin(call, slot))
    if (json !== null) return valueIn(json)
    for (; ; await delay(askEveryMs)) {
      const [known, answer] = await this.#script<[boolean, { json?: string; error?: string } | null]>(collect(slot))
      if (!known) throw new Error('the document was left before it answered')
      if (answer?.error !== undefined) throw new Error(answer.error)
      if (answer !== null) return valueIn(answer.json)
    }
  }

  async click(call: Call): Promise<void> {
    const element = await this.#element(call)
    if (element === null) throw new Error('there is nothing to click')
    await this.#session.click(this.#place, element)
  }

  #element = (call: Call): Promise<Element | null> => this.#script(`return ${callAsText(call)} ?? null`)

  async inside(call: Call): Promise<Doc | null> {
    const element = await this.#element(call)
    return element === null ? null : this.#below(element)
  }

  async children(): Promise<WebKitDoc[]> {
    const elements = await this.#script<Element[]>(`return ${callAsText(iframes)}`).catch(() => [])
    const docs = await Promise.all(elements.map((element) => this.#below(element).catch(() => null)))
    return docs.filter((doc) => doc !== null)
  }

  async #below(element: Element): Promise<WebKitDoc> {
    const place = { ...this.#place, way: [...this.#place.way, element] }
    const url = await new WebKitDoc(this.#session, place, '').run(href)
    return new WebKitDoc(this.#session, place, String(url))
  }
}
