/**
 * Cards typed key by key, with slips, while everything that the host page can read is kept: what comes over its port, its
 * events, its document and accessibility tree, performance entries, storage and console. Time in the form's document is
 * the test's own, so that ten thousand cards take minutes.
 */
import type { Frame, Page } from '@playwright/test'
import { brandInfo, brands } from '../detect/brands.ts'
import { luhn } from '../detect/luhn.ts'
import { cardFrame } from '../testing/index.ts'
import type { Doors } from './capture-door.ts'

export interface TypedCard {
  brand: string
  number: string
  cvc: string
  expiry: string
}

export interface Told {
  card: TypedCard
  keys: number
  /** What came over the port while it was typed, in order, as JSON. */
  messages: string[]
}

/** Small, seeded, and good enough to draw cards with. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A number that passes for one of its scheme. Of no scheme's test range, and nobody's: its digits are drawn. */
export function randomCard(random: () => number): TypedCard {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T // sound: none of the lists is empty
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
  const brand = pick(brands)
  const { lengths, prefixes, cvcLength } = brandInfo(brand)
  const prefix = (pick(prefixes.split(' ')).split('-')[0] ?? '4').slice(0, 8)
  const body = prefix + digits(pick(lengths) - prefix.length - 1)
  const check = [...'0123456789'].find((digit) => luhn(body + digit)) ?? '0'
  const expiry = `${String(1 + Math.floor(random() * 12)).padStart(2, '0')}/${30 + Math.floor(random() * 9)}`
  return { brand, number: body + check, cvc: digits(cvcLength), expiry }
}

declare global {
  interface Window {
    portHeard: string[]
    /** What a page hears of its own performance by asking to be told. */
    observed: PerformanceEntry[]
    tick(ms: number): void
    afterReal(run: () => void, ms: number): void
  }
}

/** Before any script: the host keeps what its ports hear; the form's clock moves when the test says so. */
async function prepare(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (!location.pathname.startsWith('/f/')) {
      window.portHeard = []
      window.observed = []
      // Sound: Chromium knows the threshold, which the DOM's types do not.
      for (const type of ['event', 'first-input', 'layout-shift', 'element', 'largest-contentful-paint'])
        new PerformanceObserver((list) => void window.observed.push(...list.getEntries())).observe({
          type,
          buffered: true,
          durationThreshold: 16,
        } as PerformanceObserverInit)
      const Channel = MessageChannel
      window.MessageChannel = class extends Channel {
        constructor() {
          super()
          for (const port of [this.port1, this.port2])
            port.addEventListener('message', ({ data }) => window.portHeard.push(JSON.stringify(data)))
        }
      }
      return
    }
    let now = Date.now()
    let timers: { id: number; at: number; run: () => void }[] = []
    let ids = 1_000_000
    const real = { setTimeout: setTimeout.bind(window), clearTimeout: clearTimeout.bind(window) }
    let held = false
    const later = (run: () => void, ms = 0): number => {
      if (!held) return real.setTimeout(run, ms) as unknown as number
      ids += 1
      timers.push({ id: ids, at: now + ms, run })
      return ids
    }
    const cancel = (id: number): void => {
      timers = timers.filter((timer) => timer.id !== id)
      real.clearTimeout(id)
    }
    Object.assign(window, { setTimeout: later, clearTimeout: cancel, afterReal: real.setTimeout })
    const [date, performanceNow] = [Date.now, performance.now.bind(performance)]
    Date.now = () => (held ? now : date())
    performance.now = () => (held ? now : performanceNow())
    window.tick = (ms) => {
      if (!held) now = date()
      held = true
      const until = now + ms
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = until
    }
  })
}

export class TypingHost {
  readonly page: Page
  readonly form: Frame
  readonly #printed: string[] = []
  readonly #asked: string[] = []
  private constructor(page: Page, form: Frame) {
    this.page = page
    this.form = form
    page.on('console', (message) => this.#printed.push(message.text()))
    page.on('request', (request) => {
      if (request.frame() === page.mainFrame()) this.#asked.push(`${request.url()} ${request.postData() ?? ''}`)
    })
  }

  static async open(page: Page, doors: Doors): Promise<TypingHost> {
    await prepare(page)
    await page.goto(doors.host)
    const { captureId, clientSecret } = doors.intake
    page.evaluate((wanted) => window.ask(wanted), { captureId, clientSecret }).catch(() => {})
    const found = await cardFrame(page)
    const form = page.frames().find((frame) => frame === (found as unknown))
    if (form === undefined) throw new Error('the frame is not of this page')
    return new TypingHost(page, form)
  }

  /** Types one card over an empty form and takes it out again; what the host was told meanwhile. */
  async type(card: TypedCard, seed: number): Promise<Told> {
    const before = await this.page.evaluate(() => window.portHeard.length)
    const keys = await this.form.evaluate(typeOne, { card, seed })
    const messages = await this.page.evaluate(async (from) => {
      // What is under way between the two processes arrives.
      await new Promise((resolve) => setTimeout(resolve, 5))
      return window.portHeard.slice(from)
    }, before)
    return { card, keys, messages }
  }

  /** Everything that stands on the host's side at this moment, as text; numbers of clocks are rounded. */
  async everything(): Promise<string> {
    return JSON.stringify([await this.page.evaluate(() => window.heard.events), await this.standing()])
  }

  /**
   * All of it but what the page was told in messages and events: nothing of this may change while somebody types, not even
   * how much of it there is. Long frames are left out: those are slow moments of a machine, and no key is one (`npm run
   * bench` counts them with the CPU slowed fourfold).
   */
  async standing(): Promise<readonly string[]> {
    const client = await this.page.context().newCDPSession(this.page)
    const tree = await client.send('Accessibility.getFullAXTree')
    await client.detach()
    const inPage = await this.page.evaluate(() => ({
      document:
        document.documentElement.outerHTML + window.place.innerHTML + (window.element.shadowRoot?.innerHTML ?? ''),
      names: [document.title, window.name, location.href, document.cookie],
      storage: [JSON.stringify(localStorage), JSON.stringify(sessionStorage)],
      messages: window.heard.messages,
      entries: [...performance.getEntries(), ...window.observed]
        .filter(({ entryType }) => entryType !== 'long-animation-frame')
        .map((entry) => entry.toJSON()),
      counts: [...performance.eventCounts].filter(([, count]) => count > 0),
    }))
    const rounded = (_: string, value: unknown): unknown => (typeof value === 'number' ? Math.round(value) : value)
    const values = tree.nodes.map(({ name, value, description }) => [name?.value, value?.value, description?.value])
    const { entries, ...rest } = inPage
    return [rest, ...entries, values, this.#printed, this.#asked].map((one) => JSON.stringify(one, rounded))
  }
}

/** Runs in the form's document. Key by key into each field, with slips that are taken back, at a person's pace. */
async function typeOne({ card, seed }: { card: TypedCard; seed: number }): Promise<number> {
  let state = seed
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  // Sound: the form has all three.
  const field = (name: string) => document.querySelector(`input[autocomplete="${name}"]`) as HTMLInputElement
  /** Requests that hints wait for are answered by a server of this machine. */
  const rest = (): Promise<void> => new Promise((resolve) => window.afterReal(resolve, 4))
  let keys = 0
  const press = (text: string | null): void => {
    keys += 1
    if (text === null) document.execCommand('delete')
    else document.execCommand('insertText', false, text)
    window.tick(60 + Math.floor(random() * 200))
  }
  const values = { 'cc-number': card.number, 'cc-exp': card.expiry, 'cc-csc': card.cvc }
  for (const [name, value] of Object.entries(values)) {
    field(name).focus()
    for (const character of value) {
      if (random() < 0.08) {
        press(String(Math.floor(random() * 10)))
        press(null)
      }
      press(character)
    }
    await rest()
  }
  field('cc-csc').blur()
  for (let marks = 0; marks < 6; marks += 1) {
    window.tick(20_000)
    await rest()
  }
  for (const name of Object.keys(values)) {
    field(name).focus()
    field(name).select()
    document.execCommand('delete')
    field(name).blur()
  }
  window.tick(120_000)
  await rest()
  return keys
}
