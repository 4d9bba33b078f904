/**
 * The link channel's part of the hunt. The agent's one answer and the customer's page may hold a link, the page while it
 * shows it; the gateway derives it, the phone sends it once, to intake.
 */
import type { Page } from '@playwright/test'
import { type CaptureLink, createSallyport } from '../../agent/index.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import { secretOf, TestLink } from '../../server/testing/link.ts'
import type { Stack } from '../../server/testing/stack.ts'
import type { SallyportCaptureElement } from '../../widget/surface.ts'
import type { Canary } from './canary.ts'

export interface HuntedLink {
  id: string
  link: CaptureLink
}

/** Before anything is searched: this answer is the one that has it. */
export async function askForLink(stack: Stack): Promise<HuntedLink> {
  const sallyport = createSallyport({ baseUrl: stack.direct.gateway, secretKey: stack.tenant.secret_key })
  const { id, link } = await sallyport.captures.create({
    conversation: 'leak-hunt',
    purpose: 'pay',
    amount: { amount_minor: 5_000, currency: 'EUR' },
    channel: 'link',
  })
  if (link === null) throw new Error('a capture by link brings its link')
  return { id, link }
}

/**
 * The page shows the link while a phone opens it, picks the phrase and pays; then it takes it away.
 * @returns what the element held while it showed the link.
 */
export async function payByLink(stack: Stack, page: Page, { id, link }: HuntedLink, canary: Canary): Promise<string> {
  const shown = await show(page, link)
  const phone = new TestLink(stack.direct.capture)
  const { body: opened } = await phone.open(secretOf(link))
  const { body: attached } = await phone.pick(opened.choices.indexOf(link.phrase))
  const frame = new TestFrame(stack.direct.capture, id)
  const sealed = await frame.seal(attached, { number: canary.pan, cvcCanary: canary.cvc })
  const { body: done } = await frame.submit(attached, sealed)
  if (done.token === undefined) throw new Error(`the canary was not taken by link: ${done.code}`)
  await misuse(stack, id, secretOf(link))
  await show(page, null)
  return shown
}

const show = (page: Page, link: CaptureLink | null): Promise<string> =>
  page
    .locator('sallyport-capture')
    .last()
    .evaluate((element: SallyportCaptureElement, made) => {
      element.showLink(made)
      return element.shadowRoot?.innerHTML ?? ''
    }, link)

/** A link that is opened again, and a secret where a careless page or a person puts it: each refusal may be logged. */
async function misuse({ direct: { capture } }: Stack, id: string, secret: string): Promise<void> {
  const again = await new TestLink(capture).open(secret)
  if (again.body.code !== 'channel.link_expired') throw new Error(`a link opened twice: ${again.status}`)
  await new TestFrame(capture, id).attach(secret)
  await new TestFrame(capture, secret).attach(secret)
  await new TestFrame(capture, id).post(`/v1/link/${secret}`, secret, { v: 1, claim: secret })
  for (const path of [`/l/${secret}`, `/l?s=${secret}`]) {
    await fetch(capture + path, { headers: { referer: `${capture}/l?${secret}` } })
  }
}
