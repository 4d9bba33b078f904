/** A page of examples/ as a customer meets it, and everything that its origin could have seen meanwhile. */
import { expect, test as base, type Frame, type Page } from '@playwright/test'
import { createSallyport, type CaptureAnswer } from '../../agent/index.ts'
import { cardFrame, cards, fillCard } from '../../testing/index.ts'
import { composers, type Example } from './composers.ts'
import { type Hosts, hostsVariable } from './deployment.ts'

export { cards, expect }

export interface Seen {
  /** Address and body of each request to the host's origin. */
  requests: string[]
  violations: string[]
  printed: string[]
}

export class ChatPage {
  readonly page: Page
  readonly hosts: Hosts
  readonly seen: Seen = { requests: [], violations: [], printed: [] }
  readonly #example: Example

  private constructor(page: Page, hosts: Hosts, example: Example) {
    this.page = page
    this.hosts = hosts
    this.#example = example
  }

  static async open(page: Page, hosts: Hosts, example: Example): Promise<ChatPage> {
    const chat = new ChatPage(page, hosts, example)
    const { seen } = chat
    page.on('request', (request) => {
      if (request.url().startsWith(hosts.shop)) seen.requests.push(`${request.url()} ${request.postData() ?? ''}`)
    })
    page.on('console', (message) => seen.printed.push(message.text()))
    await page.exposeFunction('violated', (line: string) => seen.violations.push(line))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { violated } = window as unknown as { violated(line: string): void }
        violated(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)
      })
    })
    await page.goto(`${hosts.shop}/${example}/`)
    await chat.hears('Say “pay” to book it')
    return chat
  }

  say(text: string): Promise<void> {
    return composers[this.#example](this.page, text)
  }

  async hears(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).last().waitFor({ state: 'attached' })
  }

  /** Asks for the form. */
  async toForm(): Promise<Frame> {
    await this.say('I would like to pay')
    return this.form()
  }

  /** The form that takes input now. */
  async form(): Promise<Frame> {
    const open = await cardFrame(this.page, 20_000)
    const frame = this.page.frames().find((one) => one === (open as unknown))
    if (frame === undefined) throw new Error('the form is none of this page')
    return frame
  }

  async pays(card = cards.visa): Promise<void> {
    await fillCard(this.page, card)
  }

  /** Talks before and after, and pays: a list that renders again leaves the form alone, open or done. */
  async paysInTalk(beforeSending = async () => {}): Promise<void> {
    const form = await this.toForm()
    await this.say('When is breakfast?')
    await this.hears('The form stays open')
    expect(form.isDetached()).toBe(false)
    await fillCard(this.page, cards.visa, { submit: false })
    await beforeSending()
    await form.locator('button[type="submit"]').click()
    await this.hears('The card ending in 4242 paid €80')
    await this.say('Thank you')
    await this.hears('Check-in is from three')
    expect(form.isDetached()).toBe(false)
  }

  /** The newest capture of the deployment that is this page's, as the agent sees it. */
  async capture(): Promise<CaptureAnswer> {
    const sallyport = createSallyport({ baseUrl: this.hosts.gateway, secretKey: this.hosts.secretKey })
    const id = await this.page.evaluate(async () => {
      const stream = new EventSource('api/messages')
      return new Promise<string>((resolve) => {
        stream.addEventListener('message', ({ data }) => {
          const { card } = JSON.parse(data)
          if (card === undefined) return
          stream.close()
          resolve(card.captureId)
        })
      })
    })
    return sallyport.captures.get(id)
  }

  /** All text of the page, shadow roots that are open and values of its inputs among it. */
  text(): Promise<string> {
    return this.page.evaluate(() => {
      const parts: string[] = []
      const read = (root: Document | ShadowRoot): void => {
        parts.push(root instanceof Document ? root.documentElement.outerHTML : root.innerHTML)
        for (const element of root.querySelectorAll('*')) {
          if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) parts.push(element.value)
          if (element.shadowRoot) read(element.shadowRoot)
        }
      }
      read(document)
      return parts.join('\n')
    })
  }

  /** Seven digits of the number in a row, whatever stands between them, in anything that the host's origin saw. */
  async leaks(digits: string): Promise<string[]> {
    const surfaces = { ...this.seen, text: [await this.text()] }
    const pieces = Array.from({ length: digits.length - 6 }, (_, at) => digits.slice(at, at + 7))
    return Object.entries(surfaces).flatMap(([name, lines]) => {
      const bare = lines.join('\n').replaceAll(/[\s\-–]|%20|&nbsp;/g, '')
      return pieces.some((piece) => bare.includes(piece)) ? [name] : []
    })
  }
}

export const test = base.extend<Record<never, never>, { hosts: Hosts }>({
  hosts: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
    async ({}, use) => {
      const told = process.env[hostsVariable]
      if (told === undefined) throw new Error(`${hostsVariable} is not set; run the tests with \`npm run test:hosts\``)
      await use(JSON.parse(told))
    },
    { scope: 'worker' },
  ],
})
