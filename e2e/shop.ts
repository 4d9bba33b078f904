import { createSallyport, type Sallyport, type SallyportEvent } from '../agent/index.ts'
import type { Received } from '../demo/talk.ts'
import { cards, fillCard } from '../testing/index.ts'
import type { EngineLocator, EnginePage } from './engines/browser.ts'
import { expect } from './engines/expect.ts'
import type { RunningStack } from './stack.ts'

type Addresses = Pick<RunningStack, 'urls' | 'direct' | 'tenant'>

/** The demo's shop as a customer meets it, and its agent's log as the panel's own route tells it. */
export class Shop {
  readonly page: EnginePage
  private readonly stack: Addresses
  constructor(page: EnginePage, stack: Addresses) {
    this.page = page
    this.stack = stack
  }

  async open(): Promise<this> {
    await this.page.goto(this.stack.urls.demo)
    await this.hears('welcome to Harbour Rooms')
    return this
  }

  hears(text: string | RegExp): Promise<void> {
    return expect(this.page.locator('.said.agent', { hasText: text }).last()).toBeVisible()
  }

  async says(text: string): Promise<void> {
    const message = this.page.locator('[data-composer] input')
    await message.fill(text)
    await message.press('Enter')
  }

  async chooses(reply: string): Promise<void> {
    await this.page.locator('.replies button', { hasText: reply }).click()
  }

  /** From the greeting to the open form, by mouse. */
  async toForm(item = 'Lantern Room, one night'): Promise<void> {
    await this.page.locator('[data-catalogue] button', { hasText: item }).click()
    await this.hears('Shall I take the payment')
    await this.chooses('Yes, pay by card')
    await this.formIsOpen()
  }

  /** In the open form: a card that is declined, then another in the same talk. */
  async paysAfterDecline(): Promise<void> {
    await fillCard(this.page, cards.declined)
    await this.hears('declined that card')
    await this.chooses('Use another card')
    await this.formIsOpen()
    await fillCard(this.page, cards.visa)
    await this.hears('All set')
  }

  async formIsOpen(): Promise<void> {
    await expect(this.form).toBeVisible()
    await expect(this.form.frameLocator('iframe').locator('button[type="submit"]')).toBeEnabled()
  }

  get form(): EngineLocator {
    return this.page.locator('.form-message.shown:not(.ended)')
  }
  field(autocomplete: string): EngineLocator {
    return this.form.frameLocator('iframe').locator(`input[autocomplete="${autocomplete}"]`)
  }
  button(name: RegExp | string): EngineLocator {
    return this.form.frameLocator('iframe').locator('button', { hasText: name })
  }

  async received(): Promise<Received[]> {
    const { received } = await this.page.evaluate(async () => (await fetch('/api/received')).json())
    return received
  }

  async events(): Promise<SallyportEvent[]> {
    // Sound: what the demo's agent wrote down came out of `events()`.
    return (await this.received()).filter(({ what }) => what === 'event').map(({ json }) => json as SallyportEvent)
  }

  /** The capture that the form stands for. */
  async captureId(): Promise<string> {
    const created = (await this.events()).filter(({ type }) => type === 'capture.created').at(-1)
    if (created === undefined) throw new Error('no capture was created')
    return created.subject
  }

  /** The merchant's own view, beside the demo's agent. */
  get sallyport(): Sallyport {
    return createSallyport({ baseUrl: this.stack.direct.gateway, secretKey: this.stack.tenant.secret_key })
  }
}

/** Sequences of each subject are 1, 2, 3 … without a gap. */
export function expectContiguous(events: SallyportEvent[]): void {
  for (const subject of new Set(events.map((event) => event.subject))) {
    const own = events.filter((event) => event.subject === subject).map(({ sequence }) => sequence)
    expect(own, subject).toEqual(own.map((_, index) => index + 1))
  }
}

export const typesOf = (events: SallyportEvent[], prefix = ''): string[] =>
  events.map(({ type }) => type).filter((type) => type.startsWith(prefix))
