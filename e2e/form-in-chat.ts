/** Tests of the form in a chat: each has doors of its own, and a capture that its page's one element asks for. */
import { test as base, type Frame, type Page } from '@playwright/test'
import type { CaptureLink } from '../protocol/link.ts'
import { linkWordsIn } from '../server/intake/languages.ts'
import { type Doors, FakeIntake, languages, openDoors } from './capture-door.ts'
import { begin, formOf } from './look.ts'

interface Heard {
  messages: string[]
  violations: string[]
  events: { name: string; [member: string]: unknown }[]
}
declare global {
  interface Window {
    heard: Heard
    element: HTMLElement & {
      frameOrigin: string
      preload(): Promise<void>
      showLink(link: CaptureLink | null): void
      request(request: object): Promise<unknown>
    }
    signal: AbortSignal
    place: ShadowRoot
    ask(request: object): Promise<Record<string, unknown>>
  }
}

export const test = base.extend<{ doors: Doors }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
  doors: async ({}, use) => {
    const doors = await openDoors()
    await use(doors)
    await doors.close()
  },
})

/** Another capture at the same doors: what is asked for next. */
export function nextCapture(doors: Doors, offer: FakeIntake['offer'] = {}): void {
  doors.intake = new FakeIntake()
  doors.intake.offer = offer
}

export const requestOf = ({ intake }: Doors): { captureId: string; clientSecret: string } => ({
  captureId: intake.captureId,
  clientSecret: intake.clientSecret,
})

/** A link as an agent hands it on, which opens nothing. */
export const linkTo = (origin: string, lang: string): CaptureLink => ({
  url: `${origin}/l#${'aB3_-'.repeat(5).slice(0, 22)}`,
  phrase: 'amber lantern',
  qr: { size: 29, path: 'M0 0h7M8 0h1M0 1h1' },
  words: linkWordsIn(languages, lang),
  expires_at: new Date(Date.now() + 600_000).toISOString(),
})

/** Opens the page and asks for the card; the frame whose form is ready, and what the host's promise will say. */
export async function ask(
  page: Page,
  doors: Doors,
  query = '',
): Promise<{ form: Frame; result: Promise<Record<string, unknown>> }> {
  await page.goto(`${doors.host}/${query}`)
  const result = begin(page, doors.intake)
  return { form: await formOf(page), result }
}

export const heard = (page: Page): Promise<Heard> => page.evaluate(() => window.heard)

/** The frame's document, whose form need not be ready. */
export const frameOf = (page: Page): Frame =>
  page.frames().find((frame) => frame.url().includes('/f/pk_')) ?? page.mainFrame()

/** What browsers answer on a machine with a network, or with none but the loopback: the machine of the tests may be either. */
export const says = (page: Page, { onLine }: { onLine: boolean }): Promise<unknown> =>
  page.addInitScript((value) => {
    Object.defineProperty(Navigator.prototype, 'onLine', { get: () => value })
  }, onLine)

export const number = (form: Frame) => form.locator('input[autocomplete="cc-number"]')
export const expiry = (form: Frame) => form.locator('input[autocomplete="cc-exp"]')
export const cvc = (form: Frame) => form.locator('input[autocomplete="cc-csc"]')
export const pay = (form: Frame) => form.locator('button[type="submit"]')
