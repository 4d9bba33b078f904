/** One attack as two tests: against the real stack, and against a stand-in without the defence, where it must succeed. */
import { type CaptureAnswer, createSallyport, type Sallyport } from '../../agent/index.ts'
import { attackReport } from '../../server/testing/attack-report.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import type { EngineFrame, EngineLocator, EnginePage } from '../engines/browser.ts'
import { test as base, expect } from '../engines/test.ts'
import type { RunningStack } from '../stack.ts'
import { Site } from './site.ts'

export { expect } from '../engines/test.ts'

// Of each test, as the deployment is: no worker begins for these alone.
export const test = base.extend<{ site: Site }>({
  site: async ({ stack }, use, { parallelIndex }) => {
    const site = await Site.open(stack.hostPorts[parallelIndex] ?? 0, stack.direct.capture)
    await use(site)
    await site.close()
  },
})

export interface Asked {
  captureId: string
  clientSecret: string
}

/** What an attack is made with, and the merchant's own view of what it did. */
export class Field {
  readonly page: EnginePage
  readonly stack: RunningStack
  readonly site: Site
  readonly sallyport: Sallyport
  constructor(page: EnginePage, stack: RunningStack, site: Site) {
    this.page = page
    this.stack = stack
    this.site = site
    this.sallyport = createSallyport({ baseUrl: stack.direct.gateway, secretKey: stack.tenant.secret_key })
  }

  get capture(): string {
    return this.stack.urls.capture
  }
  /** Where the form's document is, at the real capture origin or at a weak one. */
  form = (origin = this.capture): string => `${origin}/f/${this.stack.tenant.publishable_key}`

  /** The agent asks for a card, 80 euros. */
  async ask(more: { top_origin?: string } = {}): Promise<Asked> {
    const { id, client_secret } = await this.sallyport.captures.create({
      conversation: `hostile_${process.pid}_${++conversations}`,
      purpose: 'pay',
      amount: { amount_minor: 8000, currency: 'EUR' },
      ...more,
    })
    return { captureId: id, clientSecret: client_secret }
  }

  /** The frame's part, spoken by whoever knows the protocol. */
  speaker = ({ captureId }: Asked): TestFrame => new TestFrame(this.stack.direct.capture, captureId)

  state = ({ captureId }: Asked): Promise<CaptureAnswer> => this.sallyport.captures.get(captureId)

  /** The types of a capture's events so far. */
  async events({ captureId }: Asked): Promise<string[]> {
    const response = await fetch(`${this.stack.direct.gateway}/v1/captures/${captureId}/events`, {
      headers: { authorization: `Bearer ${this.stack.tenant.secret_key}` },
    })
    const { events } = (await response.json()) as { events: { type: string }[] }
    return events.map(({ type }) => type)
  }

  /** The document of the form, wherever it was embedded. */
  frame = (): Promise<EngineFrame> => this.embedded('/f/pk_')

  /** The embedded document whose address has this in it. */
  embedded = async (part: string): Promise<EngineFrame> => {
    const find = async (): Promise<EngineFrame | undefined> =>
      (await this.page.frames()).slice(1).find((frame) => frame.url().includes(part))
    await expect.poll(async () => (await find())?.url()).toBeDefined()
    return (await find()) as EngineFrame // sound: the line above waited for it
  }

  /** The browser put a page of its own where the form should be: a whole document, and no form in it. */
  isRefused = async (): Promise<boolean> => {
    const embedded = (await this.page.frames()).slice(1).filter((frame) => !isOurPage(frame))
    const looks = embedded.map((frame) =>
      frame.evaluate(() => ({
        whole: location.href !== 'about:blank' && document.readyState === 'complete',
        form: document.querySelector('input') !== null,
      })),
    )
    const seen = await Promise.all(looks)
    return seen.length > 0 && seen.every(({ whole, form }) => whole && !form)
  }

  number = (frame: EngineFrame): EngineLocator => frame.locator('input[autocomplete="cc-number"]')
}
let conversations = 0
const isOurPage = (frame: EngineFrame): boolean => /\/page-\d+\.html$/.test(frame.url())

interface Attack {
  /** What the attacker held when it began. */
  had: string
  /** What it is made with and not every engine has: its name, and a script that looks for it. */
  needs?: [name: string, there: () => boolean]
  defended: [claim: string, run: (field: Field) => Promise<void>]
  undefended: [claim: string, run: (field: Field) => Promise<void>]
}

const report = attackReport('Hostile pages')

export function attack(name: string, { had, needs, defended, undefended }: Attack): void {
  const possible = async (page: EnginePage): Promise<void> => {
    if (needs !== undefined && !(await page.evaluate(needs[1]))) test.skip(true, `this engine has no ${needs[0]}`)
  }
  test.describe(name, () => {
    test.describe.configure({ mode: 'default' })
    let held = false
    test(`defended: ${defended[0]}`, async ({ page, stack, site }) => {
      await possible(page)
      await defended[1](new Field(page, stack, site))
      held = true
    })
    test(`undefended: ${undefended[0]}`, async ({ page, stack, site }) => {
      await possible(page)
      await undefended[1](new Field(page, stack, site))
      // Both in one worker, in this order: a row says what was seen.
      if (held) report.row({ attack: name, had, defended: sentence(defended[0]), undefended: sentence(undefended[0]) })
    })
  })
}

const sentence = (claim: string): string => `${claim.charAt(0).toUpperCase()}${claim.slice(1)}.`
