/** The card form between a strict host page and an intake that answers as each test wants: what people do, and what goes wrong. */
import { expect, type Frame, type Page, test } from '@playwright/test'
import { cardFrame, cards, fillCard } from '../testing/index.ts'
import { limits } from '../protocol/limits.ts'
import type { CaptureLink } from '../protocol/link.ts'
import { linkWordsIn } from '../server/intake/languages.ts'
import { axeFinds } from './axe-finds.ts'
import { type Doors, FakeIntake, hostPage, languages, openDoors, plainPage, problem } from './capture-door.ts'

// Every test has a capture of its own, and every worker doors of its own.
test.describe.configure({ mode: 'parallel' })

let doors: Doors
let intake: FakeIntake

test.beforeAll(async () => {
  doors = await openDoors()
})
test.afterAll(() => doors.close())
test.beforeEach(() => {
  intake = doors.intake = new FakeIntake()
  doors.frameViolations.length = 0
})

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

const heard = (page: Page): Promise<Heard> => page.evaluate(() => window.heard)
const request = () => ({ captureId: intake.captureId, clientSecret: intake.clientSecret })

/** Opens the page and asks for the card; the frame whose form is ready, and what the host's promise will say. */
async function ask(page: Page, query = ''): Promise<{ form: Frame; result: Promise<Record<string, unknown>> }> {
  await page.goto(`${doors.host}/${query}`)
  const result = page.evaluate((wanted) => window.ask(wanted), request())
  // A test that does not wait for it may end, or go elsewhere, while it is pending.
  result.catch(() => {})
  const frame = await cardFrame(page)
  const form = page.frames().find((other) => other === (frame as unknown))
  if (form === undefined) throw new Error('the frame is not of this page')
  return { form, result }
}

/** What browsers answer on a machine with a network, or with none but the loopback: the machine of the tests may be either. */
const says = (page: Page, { onLine }: { onLine: boolean }): Promise<unknown> =>
  page.addInitScript((value) => {
    Object.defineProperty(Navigator.prototype, 'onLine', { get: () => value })
  }, onLine)

/** As an agent hands it on. */
const linkTo = (origin: string): CaptureLink => ({
  url: `${origin}/l#${'aB3_-'.repeat(5).slice(0, 22)}`,
  phrase: 'amber lantern',
  qr: { size: 29, path: 'M0 0h7M8 0h1M0 1h1' },
  words: linkWordsIn(languages, 'ar'),
  expires_at: new Date(Date.now() + 600_000).toISOString(),
})

const number = (form: Frame) => form.locator('input[autocomplete="cc-number"]')
const expiry = (form: Frame) => form.locator('input[autocomplete="cc-exp"]')
const cvc = (form: Frame) => form.locator('input[autocomplete="cc-csc"]')
const pay = (form: Frame) => form.locator('button[type="submit"]')
const view = (form: Frame, id: string) =>
  form.locator(`#${id}`).evaluate((node) => {
    const input = node as HTMLInputElement
    return `${input.value.slice(0, input.selectionStart ?? 0)}|${input.value.slice(input.selectionStart ?? 0)}`
  })

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
  test('goes in by mouse, and the host hears a token, a brand and four digits', async ({ page }) => {
    const { form, result } = await ask(page)
    await number(form).click()
    await page.keyboard.type('4242424242424242')
    await expiry(form).click()
    await page.keyboard.type('1234')
    await cvc(form).click()
    await page.keyboard.type('123')
    await pay(form).click()
    expect(await result).toEqual({ ok: true, status: 'completed', token: intake.token, brand: 'visa', last4: '4242' })
    expect(intake.opened).toEqual([
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
  })

  test('complaint 4: goes in by keyboard alone, from the page into the form and out of it', async ({ page }) => {
    const { form, result } = await ask(page)
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
    expect(intake.opened[0]).toMatchObject({
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

  test('is gone from the fields before anyone hears of a token', async ({ page }) => {
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
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa)
    await result
    expect(await form.evaluate(() => (window as unknown as { told: string[] }).told)).toEqual([''])
  })

  test('filled by `sallyport/testing` is accepted for every listed scheme', async ({ page }) => {
    for (const card of [cards.mastercard, cards.amex, cards.diners, cards.unionpay]) {
      intake = doors.intake = new FakeIntake()
      const { result } = await ask(page)
      await fillCard(page, card)
      expect(await result).toMatchObject({ status: 'completed' })
      expect(intake.opened[0]).toMatchObject({ number: card.number, cvc: card.cvc, name: card.name })
    }
  })

  test('needs a code of four digits when it is an Amex, also when the number comes last', async ({ page }) => {
    const { form } = await ask(page)
    await cvc(form).fill('123')
    await number(form).pressSequentially('378282246310005')
    await expect(form.locator('#number-brand')).toHaveText('Amex')
    expect(await number(form).inputValue()).toBe('3782 822463 10005')
    await expect(form.locator('#cvc-error')).toHaveText('Enter all 4 digits.')
    await cvc(form).fill('1234')
    await expect(form.locator('#cvc-error')).toHaveText('')
    await number(form).fill('4242424242424242')
    await expect(form.locator('#cvc-error')).toHaveText('Enter 3 digits.')
  })
})

test.describe('typing', () => {
  test('keeps the caret beside the digit it was at', async ({ page }) => {
    const { form } = await ask(page)
    await number(form).pressSequentially('42424242')
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowLeft')
    expect(await view(form, 'number')).toBe('4242 |4242')
    await page.keyboard.type('1')
    expect(await view(form, 'number')).toBe('4242 1|424 2')
    await page.keyboard.press('Backspace')
    expect(await view(form, 'number')).toBe('4242| 4242')
    await page.keyboard.press('Delete')
    expect(await view(form, 'number')).toBe('4242| 242')
  })

  test('complaint 12: takes a pasted number with dashes, and a whole value written by a password manager', async ({
    page,
    context,
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: doors.capture })
    const { form } = await ask(page)
    await number(form).focus()
    await page.keyboard.insertText('4242-4242-4242-4242')
    expect(await number(form).inputValue()).toBe('4242 4242 4242 4242')
    await expiry(form).evaluate((node) => {
      const input = node as HTMLInputElement
      input.value = '12/2034'
      input.dispatchEvent(new Event('input', { bubbles: true }))
      input.dispatchEvent(new Event('change', { bubbles: true }))
    })
    expect(await expiry(form).inputValue()).toBe('12 / 2034')
    await cvc(form).fill('１２３')
    await pay(form).click()
    await expect.poll(() => intake.opened[0]).toMatchObject({ number: '4242424242424242', expYear: 2034, cvc: '123' })
  })

  test('of an expiry is read in any common way', async ({ page }) => {
    const { form } = await ask(page)
    const ways = {
      1234: '12 / 34',
      '12/34': '12 / 34',
      '1/34': '01 / 34',
      934: '09 / 34',
      '12/2034': '12 / 2034',
      '12 - 34': '12 / 34',
    }
    for (const [typed, shown] of Object.entries(ways)) {
      await expiry(form).fill('')
      await expiry(form).pressSequentially(typed)
      expect(await expiry(form).inputValue()).toBe(shown)
      await expiry(form).blur()
      await expect(form.locator('#expiry-error')).toHaveText('')
    }
  })

  test('before the scripts arrive is kept', async ({ page }) => {
    let arrive = (): void => {}
    const typed = new Promise<void>((resolve) => {
      arrive = resolve
    })
    await page.route(/\/assets\/.*\.js$/, async (route) => {
      // Of the form alone: the page's own begins it.
      if (route.request().frame().parentFrame() !== null) await typed
      await route.continue()
    })
    await page.goto(doors.host, { waitUntil: 'commit' })
    const early = () => page.frames().find((frame) => frame.url().includes('/f/pk_'))
    await expect.poll(() => early()?.locator('#number').isEditable(), { intervals: [10] }).toBe(true)
    await early()
      ?.locator('#number')
      .evaluate((input: HTMLInputElement) => {
        input.value = '4242424242424242'
      })
    arrive()
    const asked = page.evaluate((wanted) => window.ask(wanted), request())
    const form = (await cardFrame(page)) as unknown as Frame
    await expect(number(form)).toHaveValue('4242 4242 4242 4242')
    await expiry(form).fill('12/34')
    await cvc(form).fill('123')
    await pay(form).click()
    expect(await asked).toMatchObject({ status: 'completed' })
  })
})

test.describe('a mistake', () => {
  test('is said in words beside the field and aloud when it is left, and taken back while it is mended', async ({
    page,
  }) => {
    const { form } = await ask(page)
    // Of a single length: nothing that is told of it waits for a mark (`frame/pace.ts`).
    await number(form).pressSequentially('5555555555554445')
    await expect(form.locator('#number-error')).toHaveText('')
    await page.keyboard.press('Tab')
    await expect(form.locator('#number-error')).toHaveText('One of the digits does not seem right.')
    await expect(form.getByRole('status')).toHaveText('Card number: One of the digits does not seem right.')
    await expect(number(form)).toHaveAttribute('aria-invalid', 'true')
    expect(await number(form).getAttribute('aria-describedby')).toContain('number-error')
    await expect.poll(() => intake.items).toContainEqual({ kind: 'rejected', field: 'number', code: 'checksum' })
    await number(form).press('End')
    await page.keyboard.press('Backspace')
    await expect(form.locator('#number-error')).toHaveText('')
    await expect(number(form)).not.toHaveAttribute('aria-invalid')
    await page.keyboard.type('4')
    await expect
      .poll(() => intake.items)
      .toContainEqual({ kind: 'completed', field: 'number', brand: 'mastercard', last4: '4444' })
    expect(JSON.stringify(intake.items)).not.toMatch(/\d{5}/)
  })

  test('does not move the button away from under the pointer', async ({ page }) => {
    for (const width of [320, 360]) {
      await page.setViewportSize({ width, height: 800 })
      const { form } = await ask(page)
      const before = await pay(form).boundingBox()
      await number(form).fill('4242424242424241')
      await expiry(form).fill('01/20')
      await expiry(form).blur()
      await expect(form.locator('#expiry-error')).toHaveText('Card has expired.')
      expect((await pay(form).boundingBox())?.y).toBe(before?.y)
    }
  })

  test('in an empty form names every field, and the first one has the focus', async ({ page }) => {
    const { form } = await ask(page)
    await pay(form).click()
    await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
    expect(await form.evaluate(() => document.activeElement?.id)).toBe('number')
    expect(intake.submissions).toEqual([])
  })

  test('that intake alone sees is shown beside its field', async ({ page }) => {
    intake.before = (path) =>
      path === '/v1/submit' ? problem(422, 'input.not_accepted', { field: 'number' }) : undefined
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa)
    await expect(form.locator('#number-error')).toHaveText('This card is not accepted here.')
    intake.before = () => undefined
    await number(form).fill('5555555555554444')
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', last4: '4444' })
  })
})

test.describe('the way to intake', () => {
  test('survives one lost answer with the same bytes', async ({ page }) => {
    let lose = 1
    intake.before = (path, body) => {
      if (path !== '/v1/submit' || lose-- <= 0) return undefined
      const { enc, ciphertext } = body as { enc: string; ciphertext: string }
      intake.submissions.push(enc + ciphertext)
      return 'lost'
    }
    const { result } = await ask(page)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect(intake.submissions).toHaveLength(2)
    expect(new Set(intake.submissions).size).toBe(1)
  })

  // On this machine intake needs no network: what a browser says of one changes no word.
  for (const onLine of [true, false])
    test(`offers another try when it stays lost, keeps what is typed, and then sends the same bytes again, ${onLine ? 'online' : 'without a network'}`, async ({
      page,
    }) => {
      await says(page, { onLine })
      let down = true
      intake.before = (path, body) => {
        if (path !== '/v1/submit' || !down) return undefined
        const { enc, ciphertext } = body as { enc: string; ciphertext: string }
        intake.submissions.push(enc + ciphertext)
        return 'lost'
      }
      const { form, result } = await ask(page)
      await fillCard(page, cards.visa)
      await expect(form.locator('#notice-text')).toHaveText('The connection was lost. It is safe to try again.')
      expect(await number(form).inputValue()).toBe('4242 4242 4242 4242')
      down = false
      await pay(form).click()
      expect(await result).toMatchObject({ status: 'completed' })
      expect(new Set(intake.submissions).size).toBe(1)
      expect((await heard(page)).events).toContainEqual(
        expect.objectContaining({ name: 'error', code: 'channel.offline', fatal: false }),
      )
    })

  test('seals anew for the key that intake names when the key has expired', async ({ page }) => {
    const { result } = await ask(page)
    intake.newKey()
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect(intake.submissions).toHaveLength(2)
    expect(new Set(intake.submissions).size).toBe(2)
  })

  test('sends once, however often the button is pressed', async ({ page }) => {
    intake.before = async (path) => {
      if (path === '/v1/submit') await new Promise((resolve) => setTimeout(resolve, 300))
      return undefined
    }
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa, { submit: false })
    await form.evaluate(() => {
      for (let press = 0; press < 5; press += 1) document.querySelector<HTMLButtonElement>('#submit')?.click()
    })
    expect(await result).toMatchObject({ status: 'completed' })
    expect(intake.submissions).toHaveLength(1)
  })

  test('that took the frame for gone has it back, with what is typed, in a new epoch', async ({ page }) => {
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa, { submit: false })
    let gone = true
    intake.before = (path, body) => {
      if (path === '/v1/attach') gone = false
      return gone && path === '/v1/submit' && (body as { epoch: number }).epoch === 1
        ? problem(409, 'channel.lost')
        : undefined
    }
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', token: intake.token })
    expect([intake.epoch, intake.opened.length]).toEqual([2, 1])
  })

  test('has one card of a page that slept meanwhile, with what is typed, in a new epoch', async ({ page }) => {
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa, { submit: false })
    // As the browser tells a page that goes into its cache, and comes out of it.
    const turns = (name: string): Promise<boolean> =>
      form.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name)
    await turns('pagehide')
    await expect.poll(() => intake.items).toContainEqual({ kind: 'detached', reason: 'closed' })
    await turns('pageshow')
    await expect.poll(() => intake.epoch).toBe(2)
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', token: intake.token })
    expect([intake.opened.length, intake.submissions.length]).toEqual([1, 1])
  })

  test('that is slow says so, and a dead one offers another try that works', async ({ page }) => {
    let mode: 'slow' | 'dead' | 'fine' = 'slow'
    intake.before = async (path) => {
      if (path !== '/v1/attach') return undefined
      if (mode === 'slow') {
        await new Promise((resolve) => setTimeout(resolve, 2_500))
        mode = 'dead'
      }
      return mode === 'dead' ? 'lost' : undefined
    }
    await page.goto(doors.host)
    const result = page.evaluate((wanted) => window.ask(wanted), request())
    const form = page.frames().find((frame) => frame.url().includes('/f/pk_')) ?? page.mainFrame()
    await expect(form.locator('#notice-text')).toHaveText('Still connecting. You can go on typing.')
    await number(form).fill('4242424242424242')
    await expect(form.locator('#retry')).toBeVisible()
    expect(await pay(form).isEnabled()).toBe(false)
    mode = 'fine'
    await form.locator('#retry').click()
    await expect(pay(form)).toHaveText('Pay €42.00')
    expect(await number(form).inputValue()).toBe('4242 4242 4242 4242')
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })
})

test.describe('the end', () => {
  for (const way of ['the button', 'Escape'] as const) {
    test(`comes by ${way}`, async ({ page }) => {
      const { form, result } = await ask(page)
      await number(form).fill('4242')
      if (way === 'Escape') await page.keyboard.press('Escape')
      else await form.getByRole('button', { name: 'Not now' }).click()
      expect(await result).toEqual({ ok: true, status: 'canceled' })
      await expect(form.locator('#ending-text')).toHaveText('Closed. Nothing was stored.')
      expect(await number(form).inputValue()).toBe('')
      expect(intake.state).toBe('canceled')
    })
  }

  test("is the person's own, also where the watch hears of it before their answer comes", async ({ page }) => {
    const { form, result } = await ask(page)
    intake.before = async (path) => {
      if (path !== '/v1/cancel') return undefined
      intake.moveTo('canceled')
      await new Promise((resolve) => setTimeout(resolve, 400))
      return undefined
    }
    await form.getByRole('button', { name: 'Not now' }).click()
    expect(await result).toEqual({ ok: true, status: 'canceled' })
    await expect(form.locator('#ending-text')).toHaveText('Closed. Nothing was stored.')
  })

  test('comes by the agent, and by time', async ({ page }) => {
    const first = await ask(page)
    intake.moveTo('canceled')
    expect(await first.result).toEqual({ ok: true, status: 'canceled' })
    await expect(first.form.locator('#ending-text')).toContainText('withdrawn')
    intake = doors.intake = new FakeIntake()
    const second = await ask(page)
    intake.moveTo('expired')
    expect(await second.result).toMatchObject({ ok: false, name: 'SallyportError', code: 'customer.abandoned' })
    await expect(second.form.locator('#ending-text')).toContainText('expired')
  })

  test('comes when another window takes the form up', async ({ page }) => {
    const { form, result } = await ask(page)
    await number(form).fill('4242')
    intake.before = (path) => (path === '/v1/watch' ? problem(401, 'auth.unauthenticated') : undefined)
    intake.moveTo('collecting')
    expect(await result).toMatchObject({ ok: false, code: 'channel.epoch_stale' })
    await expect(form.locator('#ending-text')).toHaveText('This form is open in another window.')
    expect(await number(form).inputValue()).toBe('')
  })

  test('by "Not now" waits for the form to be attached, where intake wants that', async ({ page }) => {
    let attach = (): void => {}
    const held = new Promise<void>((resolve) => (attach = resolve))
    intake.before = async (path) => {
      if (path === '/v1/attach') await held
      return path === '/v1/cancel' && intake.epoch === 0 ? problem(401, 'auth.unauthenticated') : undefined
    }
    await page.goto(doors.host)
    const result = page.evaluate((wanted) => window.ask(wanted), request())
    const form = page.frames().find((frame) => frame.url().includes('/f/pk_')) ?? page.mainFrame()
    await form.getByRole('button', { name: 'Not now' }).click()
    attach()
    expect(await result).toEqual({ ok: true, status: 'canceled' })
    expect(intake.state).toBe('canceled')
  })

  test('of a capture that is shown again is told calmly, without a field, and the promise says which it was', async ({
    page,
  }) => {
    const ends = [
      ['completed', 409, 'system.conflict', 'This is already done.', { ok: true, status: 'completed' }],
      ['canceled', 409, 'customer.canceled', 'withdrawn', { ok: true, status: 'canceled' }],
      [
        'expired',
        410,
        'customer.abandoned',
        'expired',
        { ok: false, name: 'SallyportError', code: 'customer.abandoned' },
      ],
      [
        'failed',
        422,
        'input.too_many_attempts',
        'closed',
        { ok: false, name: 'SallyportError', code: 'input.too_many_attempts' },
      ],
    ] as const
    for (const [state, status, code, words, said] of ends) {
      intake = doors.intake = new FakeIntake()
      intake.before = (path) => (path === '/v1/attach' ? problem(status, code, { state }) : undefined)
      await page.goto(doors.host)
      expect(await page.evaluate((wanted) => window.ask(wanted), request()), state).toEqual(said)
      const form = page.frames().find((frame) => frame.url().includes('/f/pk_')) ?? page.mainFrame()
      await expect(form.locator('#ending-text')).toContainText(words)
      await expect(form.locator('input:visible, button:visible')).toHaveCount(0)
      const heights = await Promise.all([
        page.evaluate(() => window.element.getBoundingClientRect().height),
        form.evaluate(() => document.querySelector('#card')?.getBoundingClientRect().height ?? 0),
      ])
      expect(Math.abs(heights[0] - heights[1])).toBeLessThan(1)
    }
  })

  test('of one request leaves the element ready for the next, in a document of its own', async ({ page }) => {
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa)
    await result
    intake = doors.intake = new FakeIntake()
    const again = page.evaluate((wanted) => window.ask(wanted), request())
    const next = (await cardFrame(page)) as unknown as Frame
    expect(next).not.toBe(form)
    expect(await number(next).inputValue()).toBe('')
    await fillCard(page, cards.amex)
    expect(await again).toMatchObject({ status: 'completed', last4: '0005' })
  })
})

test.describe('the host', () => {
  test('complaints 6 and 10: may be as strict as hosts get: nested closed roots, nonces, Trusted Types, COEP', async ({
    page,
  }) => {
    const { result } = await ask(page, '?coep')
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect((await heard(page)).violations).toEqual([])
    expect(doors.frameViolations).toEqual([])
  })

  test('may import the element from the package instead of the script tag', async ({ page }) => {
    const { result } = await ask(page, '?package')
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed', token: intake.token })
    expect((await heard(page)).violations).toEqual([])
  })

  test('complaint 20: that does not allow the frame is told so by name', async ({ page }) => {
    await page.goto(`${doors.host}/?noframes`)
    expect(await page.evaluate((wanted) => window.ask(wanted), request())).toMatchObject({
      ok: false,
      code: 'channel.csp',
    })
  })

  test('shows the same form by link where its frame did not come: phrase, link and code, in the dark, at 320 px', async ({
    page,
  }) => {
    await page.clock.install()
    await page.setViewportSize({ width: 320, height: 900 })
    await page.goto(`${doors.host}/?noframes&scheme=dark`)
    await page.evaluate((wanted) => window.ask(wanted), request())
    const link = linkTo(doors.capture)
    await page.evaluate((made) => window.element.showLink(made), link)
    expect(await axeFinds(page)).toEqual([])
    const card = await page.evaluate(() => {
      const [shown, ...more] = window.element.shadowRoot?.querySelectorAll('section') ?? []
      const { href, target, rel } = shown?.querySelector('a') ?? {}
      return {
        cards: 1 + more.length,
        texts: [...(shown?.children ?? [])].map((child) => child.textContent).filter((text) => text !== ''),
        alert: shown?.querySelector('[role="alert"]')?.textContent,
        lang: [shown?.lang, shown?.dir],
        anchor: [href, target, rel],
        runs: shown?.querySelector('path')?.getAttribute('d'),
        wide: document.documentElement.scrollWidth,
      }
    })
    const { words } = link
    expect(card).toEqual({
      cards: 1,
      texts: [words.title, words.phrase, link.phrase, words.open, words.scan, words.next],
      alert: words.title,
      lang: ['ar', 'rtl'],
      anchor: [link.url, '_blank', 'noreferrer'],
      runs: link.qr.path,
      wide: 320,
    })
    expect((await heard(page)).violations.filter((one) => !one.startsWith('frame-src'))).toEqual([])
    // One that leads elsewhere, whoever made it, is none of ours; and the next request takes its place.
    const refused = await page.evaluate((made) => {
      try {
        return void window.element.showLink(made)
      } catch (error) {
        return String(error)
      }
    }, linkTo('http://evil.example'))
    expect(refused).toBe('TypeError: showLink() needs a link to frame-origin')
    const cards = () => page.evaluate(() => window.element.shadowRoot?.querySelectorAll('section').length)
    await page.evaluate((wanted) => window.ask({ ...wanted }), request())
    expect(await cards()).toBe(0)
    // Nor does it stand there when nobody can open it or pick its phrase any more; a newer one has a time of its own.
    const usefulMs = limits.linkTtlMs + limits.linkPickMs
    await page.evaluate((made) => window.element.showLink(made), link)
    await page.clock.fastForward(usefulMs - 60_000)
    await page.evaluate((made) => window.element.showLink(made), link)
    await page.clock.fastForward(usefulMs - 60_000)
    expect(await cards()).toBe(1)
    await page.clock.fastForward(60_000)
    expect(await cards()).toBe(0)
  })

  test('whose form waits for intake, is not listed, or is of another version, hears each by a code of its own', async ({
    page,
    context,
  }) => {
    const asks = async (here: Page): Promise<Record<string, unknown>> => {
      await here.goto(doors.host)
      return here.evaluate((wanted) => window.ask(wanted), request())
    }
    // An intake that takes the request and never answers: the form waits on, and the host may offer the link.
    intake.before = (path) => (path === '/v1/attach' ? new Promise(() => {}) : undefined)
    const started = Date.now()
    await page.goto(doors.host)
    page.evaluate((wanted) => window.ask(wanted), request()).catch(() => {})
    await expect
      .poll(async () => (await heard(page)).events.at(-1))
      .toMatchObject({ name: 'error', code: 'channel.timeout', fatal: false })
    expect(Date.now() - started).toBeLessThan(9_500)

    intake = doors.intake = new FakeIntake()
    intake.before = (path) => (path === '/v1/attach' ? problem(403, 'channel.origin') : undefined)
    expect(await asks(await context.newPage())).toMatchObject({ ok: false, code: 'channel.origin' })

    const other = await context.newPage()
    const hello = "parent.postMessage({ sallyport: 'hello', v: 2, n: '0'.repeat(32) }, '*')"
    await other.route('**/f/pk_*', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html><script>${hello}</script>` }),
    )
    expect(await asks(other)).toMatchObject({ ok: false, code: 'channel.version' })
  })

  test('complaint 7: whose frame does not come hears why, in eight seconds', async ({ context }) => {
    /** What the promise says, what stands in the chat, and what is printed for whoever builds the page. */
    const meets = async (address: string, onLine: boolean, code: string, words: string): Promise<string[]> => {
      const here = await context.newPage()
      await says(here, { onLine })
      await here.route('http://capture.example/**', (route) => route.abort())
      const printed: string[] = []
      here.on('console', (message) => printed.push(message.text()))
      await here.goto(address)
      const started = Date.now()
      expect(await here.evaluate((wanted) => window.ask(wanted), request())).toMatchObject({ ok: false, code })
      expect(Date.now() - started).toBeLessThan(9_500)
      expect(await here.evaluate(() => window.element.shadowRoot?.querySelector('p')?.textContent)).toBe(words)
      return printed.filter((line) => line.startsWith('Sallyport: '))
    }
    const away = 'The card form could not load. Please go on in the chat.'
    const unlisted = (mode: string): string => `${doors.host}/?key=pk_${mode}_unknown${'k'.repeat(20)}`
    const elsewhere = doors.serve({}, hostPage({ ...plainPage, capture: 'http://capture.example' }))
    const [told, live, alone] = await Promise.all([
      meets(unlisted('test'), true, 'channel.blocked', away),
      meets(unlisted('live'), true, 'channel.blocked', away),
      // A capture origin on this machine needs no network: its absence explains nothing.
      meets(unlisted('test'), false, 'channel.blocked', away),
      meets(elsewhere, true, 'channel.blocked', away),
      meets(
        elsewhere,
        false,
        'channel.offline',
        'This device has no connection, so the card form cannot go on for now.',
      ),
    ])
    // Whoever builds the page reads what to compare; no customer's console does.
    expect(live).toEqual([])
    for (const lines of [told, alone]) {
      expect(lines).toHaveLength(1)
      for (const part of ["tenant's", 'key', 'frame-origin', doors.host, doors.capture])
        expect(lines[0]).toContain(part)
    }
  })

  test('gets its form on a slow network, where the first page arrives after the second was asked for', async ({
    page,
  }) => {
    let scripts = 0
    let pages = 0
    const slowly = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    await page.route('**/assets/*.js', async (route) => {
      scripts += 1
      if (scripts === 1) await slowly(4_300)
      await route.continue().catch(() => {})
    })
    await page.route('**/f/pk_*', async (route) => {
      pages += 1
      if (pages === 2) await slowly(1_500)
      await route.continue()
    })
    const { form, result } = await ask(page)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ ok: true, status: 'completed' })
    expect(pages).toBe(2)
    expect(form.isDetached()).toBe(false)
  })

  test('that asks for what can never work hears so at once, in words, and sees no frame open', async ({ page }) => {
    await page.goto(doors.host)
    const tries = await page.evaluate(async (good) => {
      await customElements.whenDefined('sallyport-capture')
      const element = window.element as unknown as HTMLElement & { request(request?: unknown): Promise<unknown> }
      const heard = async (request?: unknown): Promise<string> => {
        const began = Date.now()
        const words = await element.request(request).then(String, (error: Error) => `${error.name}: ${error.message}`)
        const height = element.getBoundingClientRect().height
        return Date.now() - began < 1_000 && height === 0 ? words : `late or shown: ${words}`
      }
      const set = async (name: string, value: string, run: () => Promise<string>): Promise<string> => {
        const before = element.getAttribute(name) ?? ''
        element.setAttribute(name, value)
        const words = await run()
        element.setAttribute(name, before)
        return words
      }
      const wrong = [
        undefined,
        null,
        {},
        { id: 'cap_x', client_secret: 'y' },
        { ...good, captureId: 'cap_x' },
        { ...good, clientSecret: '' },
      ]
      const attributes = [
        ['publishable-key', 'pk_test_…'],
        ['publishable-key', 'sk_test_aaaaaaaaaaaaaaaaaaaaaaaa'],
        ['frame-origin', 'capture.localhost'],
        ['frame-origin', ''],
      ] as const
      const said = { arguments: [] as string[], attributes: [] as string[] }
      for (const request of wrong) said.arguments.push(await heard(request))
      for (const [name, value] of attributes) said.attributes.push(await set(name, value, () => heard(good)))
      return said
    }, request())
    expect([...new Set(tries.arguments)]).toEqual(['TypeError: request() needs { captureId, clientSecret }'])
    expect([...new Set(tries.attributes)]).toEqual([
      'TypeError: <sallyport-capture> needs publishable-key="pk_…" and frame-origin="https://…"',
    ])
    // Control: the same element, asked rightly.
    const result = page.evaluate((wanted) => window.ask(wanted), request())
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })

  test('may ask by an event on the window', async ({ page }) => {
    await page.goto(doors.host)
    await page.evaluate((detail) => window.dispatchEvent(new CustomEvent('sallyport:request', { detail })), request())
    await fillCard(page, cards.visa)
    await expect
      .poll(async () => (await heard(page)).events.at(-1))
      .toMatchObject({ name: 'complete', token: intake.token })
  })

  test('complaint 15: sees the form appear without a second move, and nothing wider than 320 px', async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 900 })
    const { form } = await ask(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    expect(await form.evaluate(() => [document.documentElement.scrollWidth, innerWidth])).toEqual([296, 296])
    const [height, inner] = await Promise.all([
      page.evaluate(() => window.element.getBoundingClientRect().height),
      form.evaluate(() => document.querySelector('#card')?.getBoundingClientRect().height ?? 0),
    ])
    expect(height).toBe(Math.ceil(inner))
  })

  test('that removes the element loses the form, and has it again when it puts it back', async ({ page }) => {
    const { result } = await ask(page)
    await page.evaluate(() => window.element.remove())
    expect(await result).toMatchObject({ ok: false, code: 'channel.lost' })
    await expect.poll(() => intake.items).toContainEqual({ kind: 'detached', reason: 'closed' })
    await page.evaluate(() => window.place.append(window.element))
    const again = page.evaluate((wanted) => window.ask(wanted), request())
    await fillCard(page, cards.visa)
    expect(await again).toMatchObject({ status: 'completed' })
    expect(intake.epoch).toBe(2)
  })

  test('complaint 9: has nothing left of the element after a hundred mounts: no frame, no listener, none on a signal either', async ({
    page,
  }) => {
    await page.addInitScript(() => {
      const live = new Map<string, number>()
      const change = (type: string, by: number): unknown => live.set(type, (live.get(type) ?? 0) + by)
      const signal = new AbortController().signal
      const isWatched = (target: unknown): boolean => [window, document, signal].some((one) => one === target)
      const add = EventTarget.prototype.addEventListener
      const remove = EventTarget.prototype.removeEventListener
      EventTarget.prototype.addEventListener = function (type, listener, options) {
        add.call(this, type, listener, options)
        if (!isWatched(this)) return
        change(type, 1)
        if (typeof options === 'object') options.signal?.addEventListener('abort', () => change(type, -1))
      }
      EventTarget.prototype.removeEventListener = function (type, listener, options) {
        remove.call(this, type, listener, options)
        if (isWatched(this)) change(type, -1)
      }
      Object.assign(window, { signal, live: () => Object.fromEntries(live) })
    })
    await page.goto(doors.host)
    const live = () => page.evaluate(() => (window as unknown as { live(): object }).live())
    await page.evaluate(() => window.element.remove())
    const before = await live()
    await page.evaluate(async (wanted) => {
      for (let mount = 0; mount < 100; mount += 1) {
        window.place.append(window.element)
        window.element.remove()
      }
      // Asked for under a signal that outlives every request, and under one that ends it.
      for (let mount = 0; mount < 20; mount += 1) {
        window.place.append(window.element)
        const own = new AbortController()
        const lasting = mount % 2 === 0
        const asked = window.element.request({ ...wanted, signal: lasting ? window.signal : own.signal })
        if (lasting) window.element.remove()
        else own.abort()
        await asked.catch(() => {})
        window.element.remove()
      }
    }, request())
    expect(await live()).toEqual({ ...before, abort: 0 })
    await expect.poll(() => page.frames().length).toBe(1)
  })

  test('that moves the element keeps its request', async ({ page }) => {
    const { result } = await ask(page)
    await page.evaluate(() => {
      const box = document.createElement('section')
      window.place.append(box)
      box.append(window.element)
    })
    await expect.poll(() => intake.epoch).toBe(2)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })

  test('whose frame is sent elsewhere hears that the channel is lost', async ({ page }) => {
    const { result } = await ask(page)
    await page.evaluate(() => window.element.shadowRoot?.querySelector('iframe')?.setAttribute('src', 'about:blank'))
    expect(await result).toMatchObject({ ok: false, code: 'channel.lost' })
  })

  test('whose script answers the hello first gains no token, and the widget says that the channel is lost', async ({
    page,
  }) => {
    await page.addInitScript(() => {
      if (location.pathname.startsWith('/f/')) return
      addEventListener(
        'message',
        (event) => {
          if (event.data?.sallyport !== 'hello') return
          const { port1, port2 } = new MessageChannel()
          Object.assign(window, { stolen: [] })
          port1.onmessage = ({ data }) => (window as unknown as { stolen: unknown[] }).stolen.push(data)
          ;(event.source as Window).postMessage({ sallyport: 'port', v: 1, n: event.data.n }, event.origin, [port2])
        },
        true,
      )
    })
    await page.goto(doors.host)
    expect(await page.evaluate((wanted) => window.ask(wanted), request())).toMatchObject({
      ok: false,
      code: 'channel.lost',
    })
    expect(intake.epoch).toBe(0)
    expect(
      JSON.stringify(await page.evaluate(() => (window as unknown as { stolen: unknown[] }).stolen)),
    ).not.toContain('token')
  })

  test('can forge no hello and no event', async ({ page }) => {
    await page.goto(doors.host)
    await page.evaluate(() => window.element.preload())
    await page.evaluate((origin) => {
      const iframe = window.element.shadowRoot?.querySelector('iframe')
      window.dispatchEvent(
        new MessageEvent('message', {
          data: { sallyport: 'hello', v: 1, n: '0'.repeat(32) },
          origin,
          source: iframe?.contentWindow ?? null,
        }),
      )
    }, doors.capture)
    const result = page.evaluate((wanted) => window.ask(wanted), request())
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })
})

test('nobody with a screen reader or tired eyes is left out: axe finds nothing in host or frame', async ({ page }) => {
  test.slow() // axe looks nine times
  for (const scheme of ['light', 'dark']) {
    intake = doors.intake = new FakeIntake()
    const { form, result } = await ask(page, `?scheme=${scheme}`)
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
  }
})
