/** One attack as two tests: against the real stack, and against a stand-in without the defence, where it must succeed. */
import type { Frame, Page } from '@playwright/test'
import { type CaptureAnswer, createSallyport, type Sallyport } from '../../agent/index.ts'
import { attackReport } from '../../server/testing/attack-report.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import { test as base, expect, type RunningStack } from '../stack.ts'
import { Site } from './site.ts'

export { expect } from '../stack.ts'

const test = base.extend<Record<never, never>, { site: Site }>({
  site: [
    async ({ stack }, use, { parallelIndex }) => {
      const site = await Site.open(stack.hostPorts[parallelIndex] ?? 0, stack.direct.capture)
      await use(site)
      await site.close()
    },
    { scope: 'worker' },
  ],
})

export interface Asked {
  captureId: string
  clientSecret: string
}

/** What an attack is made with, and the merchant's own view of what it did. */
export class Field {
  readonly page: Page
  readonly stack: RunningStack
  readonly site: Site
  readonly sallyport: Sallyport
  constructor(page: Page, stack: RunningStack, site: Site) {
    this.page = page
    this.stack = stack
    this.site = site
    site.got.length = 0
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
      conversation: `hostile_${++conversations}`,
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
  frame = async (page = this.page): Promise<Frame> => {
    const find = (): Frame | undefined => page.frames().find((frame) => frame.url().includes('/f/pk_'))
    await expect.poll(find).toBeDefined()
    return find() as Frame // sound: the line above waited for it
  }

  number = (frame: Frame) => frame.locator('input[autocomplete="cc-number"]')
}
let conversations = 0

interface Attack {
  /** What the attacker held when it began. */
  had: string
  defended: [claim: string, run: (field: Field) => Promise<void>]
  undefended: [claim: string, run: (field: Field) => Promise<void>]
}

const report = attackReport('Hostile pages')

export function attack(name: string, { had, defended, undefended }: Attack): void {
  test.describe(name, () => {
    let held = false
    test(`defended: ${defended[0]}`, async ({ page, stack, site }) => {
      await defended[1](new Field(page, stack, site))
      held = true
    })
    test(`undefended: ${undefended[0]}`, async ({ page, stack, site }) => {
      await undefended[1](new Field(page, stack, site))
      // Both in one worker, in this order: a row says what was seen.
      if (held) report.row({ attack: name, had, defended: sentence(defended[0]), undefended: sentence(undefended[0]) })
    })
  })
}

const sentence = (claim: string): string => `${claim.charAt(0).toUpperCase()}${claim.slice(1)}.`
