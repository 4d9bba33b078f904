/**
 * For end-to-end tests of a page that embeds `<sallyport-capture>`: fills the card form as a person does. Playwright's
 * `Page` fits the types; nothing is imported from it. Works through closed shadow roots, since frames are found by page.
 */
import type { TestCard } from './cards.ts'

export { cards, type TestCard } from './cards.ts'

export interface LocatorLike {
  fill(value: string, options?: { timeout?: number }): Promise<void>
  click(options?: { timeout?: number }): Promise<void>
  isVisible(): Promise<boolean>
  isEnabled(): Promise<boolean>
}
export interface FrameLike {
  url(): string
  isDetached(): boolean
  locator(selector: string): LocatorLike
}
export interface PageLike {
  /** At once, as Playwright tells it, or later, as a driver does that has to ask. */
  frames(): FrameLike[] | Promise<FrameLike[]>
}

export interface FillOptions {
  /** Presses the button afterwards; true without it. */
  submit?: boolean
  timeoutMs?: number
}

const lookEveryMs = 50
/** A form that was pressed says so before that. */
const answerMsMax = 1_000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The frame whose form is open and attached. Rejects when there is none in time. */
export async function cardFrame(page: PageLike, timeoutMs = 10_000): Promise<FrameLike> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await pause(lookEveryMs)) {
    for (const frame of await page.frames()) {
      if (frame.isDetached() || !/\/(f\/pk_|l\b)/.test(frame.url())) continue
      if (await isOpen(frame).catch(() => false)) return frame
    }
  }
  throw new Error(`no card form was open within ${timeoutMs} ms`)
}

/**
 * Fills the fields that are asked for, and sends the form: resolves once it says so, or says what is wrong with it. What
 * becomes of the payment is the page's to show. Rejects where no form is open, and where the form asks for a postal code
 * that the card has not: `{ ...cards.visa, postalCode: '94107' }`.
 */
export async function fillCard(page: PageLike, card: TestCard, options: FillOptions = {}): Promise<void> {
  const { submit = true, timeoutMs = 10_000 } = options
  const frame = await cardFrame(page, timeoutMs)
  const values = {
    'cc-number': card.number,
    'cc-exp': card.expiry,
    'cc-csc': card.cvc,
    'cc-name': card.name,
    'postal-code': card.postalCode,
  }
  for (const [autocomplete, value] of Object.entries(values)) {
    const input = frame.locator(`input[autocomplete="${autocomplete}"]`)
    if (!(await input.isVisible())) continue
    if (value === undefined) throw new Error(`the form asks for ${autocomplete}, and the card that was given has none`)
    await input.fill(value, { timeout: timeoutMs })
  }
  if (submit) await press(frame, timeoutMs)
}

/** Pressed again until the form answers: a click into a frame that a chat has scrolled just now may go to the page instead. */
async function press(frame: FrameLike, timeoutMs: number): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    await frame.locator('button[type="submit"]').click({ timeout: timeoutMs })
    for (const until = Date.now() + answerMsMax; Date.now() < until; await pause(lookEveryMs)) {
      if (await hasAnswered(frame).catch(() => true)) return
    }
  }
  throw new Error(`the form did not take the press of its button within ${timeoutMs} ms`)
}

/** It is being sent, says what is wrong, or is gone. */
async function hasAnswered(frame: FrameLike): Promise<boolean> {
  if (frame.isDetached() || !(await isOpen(frame))) return true
  return frame.locator('form:has([aria-busy="true"], [aria-invalid="true"], #notice:not([hidden]))').isVisible()
}

/** The button can be pressed once the form knows what is paid to whom. */
async function isOpen(frame: FrameLike): Promise<boolean> {
  const button = frame.locator('button[type="submit"]')
  return (await button.isVisible()) && (await button.isEnabled())
}
