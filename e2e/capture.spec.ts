/** The card form between a strict host page and an intake that answers as each test wants: what people do. */
import { expect, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import { ask, cvc, expiry, heard, number, pay, test } from './form-in-chat.ts'

test.describe.configure({ mode: 'parallel' })

/** Nothing that the host can see holds seven digits of the number in a row, whatever stands between them. */
async function expectNoDigits(page: Page, digits: string): Promise<void> {
  const { messages, events } = await heard(page)
  const attributes = await page.evaluate(
    () => document.documentElement.outerHTML + window.place.innerHTML + (window.element.shadowRoot?.innerHTML ?? ''),
  )
  const seen = [JSON.stringify(messages), JSON.stringify(events), attributes, page.url()]
    .join('\n')
    .replaceAll(/[\s-]/g, '')
  for (let at = 0; at + 7 <= digits.length; at += 1) expect(seen).not.toContain(digits.slice(at, at + 7))
}

test.describe('a card', () => {
  test('goes in by mouse, and the host hears a token, a brand and four digits; no third origin is asked for anything', async ({
    page,
    doors,
  }) => {
    const origins = new Set<string>()
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    const { form, result } = await ask(page, doors)
    await number(form).click()
    await page.keyboard.type('4242424242424242')
    await expiry(form).click()
    await page.keyboard.type('1234')
    await cvc(form).click()
    await page.keyboard.type('123')
    await pay(form).click()
    expect(await result).toEqual({
      ok: true,
      status: 'completed',
      token: doors.intake.token,
      brand: 'visa',
      last4: '4242',
    })
    expect(doors.intake.opened).toEqual([
      { number: '4242424242424242', expMonth: 12, expYear: 2034, cvc: '123', name: undefined },
    ])
    await expect(form.locator('#ending-text')).toHaveText('Visa •••• 4242 · €42.00')
    const { events, violations, messages } = await heard(page)
    // Whoever listens on the page sees one hello, and no port.
    expect(messages.map((message) => JSON.parse(message).sallyport)).toEqual(['hello'])
    expect(events.map((event) => event.name).filter((event) => event !== 'progress')).toEqual(['ready', 'complete'])
    expect(events.at(-1)?.name).toBe('complete')
    expect(violations).toEqual([])
    expect(doors.frameViolations).toEqual([])
    await expectNoDigits(page, '4242424242424242')
    expect([...origins].sort()).toEqual([doors.capture, doors.host].sort())
  })

  test('complaint 4: goes in by keyboard alone, from the page into the form and out of it', async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    await page.keyboard.press('Tab')
    await page.keyboard.type('5555555555554444')
    await page.keyboard.press('Tab')
    await page.keyboard.type('1/34')
    await page.keyboard.press('Tab')
    await page.keyboard.type('123')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Zoë Müller')
    await page.keyboard.press('Enter')
    expect(await result).toMatchObject({ status: 'completed', last4: '4444' })
    expect(doors.intake.opened[0]).toMatchObject({
      number: '5555555555554444',
      expMonth: 1,
      expYear: 2034,
      name: 'Zoë Müller',
    })
    // Whoever goes by keyboard is not thrown out of the form when it folds up.
    expect(await form.evaluate(() => document.activeElement?.id)).toBe('ending')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('composer')
  })

  test('is gone from the fields before anyone hears of a token', async ({ page, doors }) => {
    await page.addInitScript(() => {
      if (!location.pathname.startsWith('/f/')) return
      const told: string[] = []
      const post = MessagePort.prototype.postMessage
      MessagePort.prototype.postMessage = function (this: MessagePort, message: { t?: string }) {
        if (message.t === 'complete')
          told.push([...document.querySelectorAll('input')].map((input) => input.value).join(''))
        post.call(this, message)
      } as typeof post
      Object.assign(window, { told })
    })
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa)
    await result
    expect(await form.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual([''])
  })
})

test('nobody with a screen reader or tired eyes is left out: axe finds nothing in host or frame', async ({
  page,
  doors,
}) => {
  test.slow() // axe looks five times
  const { form, result } = await ask(page, doors, '?scheme=dark')
  expect([...(await axeFinds(page)), ...(await axeFinds(form))]).toEqual([])
  await number(form).fill('4242424242424241')
  await expiry(form).fill('01/20')
  await pay(form).click()
  expect(await axeFinds(form)).toEqual([])
  await form.evaluate(() => document.querySelector('label[for="cvc"]')?.remove())
  expect(await axeFinds(form)).toHaveLength(1) // the control: a field without a label is found
  await fillCard(page, cards.visa)
  await result
  expect(await axeFinds(form)).toEqual([])
})
