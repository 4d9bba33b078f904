/** What is typed, pasted and written into the fields, and what is wrong with it, in a real document. */
import { expect, type Frame } from '@playwright/test'
import { portLimits } from '../protocol/limits.ts'
import { cards, fillCard } from '../testing/index.ts'
import { problem } from './capture-door.ts'
import { ask, frameOf, cvc, expiry, number, pay, test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

test.describe.configure({ mode: 'parallel' })

const view = (form: Frame, id: string) =>
  form.locator(`#${id}`).evaluate((node) => {
    const input = node as HTMLInputElement
    return `${input.value.slice(0, input.selectionStart ?? 0)}|${input.value.slice(input.selectionStart ?? 0)}`
  })

test.describe('typing', () => {
  test('keeps the caret beside the digit it was at', async ({ page, doors }) => {
    const { form } = await ask(page, doors)
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
    doors,
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: doors.capture })
    const { form } = await ask(page, doors)
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
    await expect
      .poll(() => doors.intake.opened[0])
      .toMatchObject({ number: '4242424242424242', expYear: 2034, cvc: '123' })
  })

  test('before the scripts arrive is kept, though they take longer than a frame is given', async ({ page, doors }) => {
    let arrive = (): void => {}
    const typed = new Promise<void>((resolve) => {
      arrive = resolve
    })
    let pages = 0
    await page.route(/\/f\/pk_/, async (route) => {
      pages += 1
      await route.continue()
    })
    await page.route(/\/assets\/.*\.js$/, async (route) => {
      // Of the form alone: the page's own begins it.
      if (route.request().frame().parentFrame() !== null) await typed
      await route.continue()
    })
    const began = Date.now()
    await page.goto(doors.host, { waitUntil: 'commit' })
    await page.waitForFunction(() => 'ask' in window)
    const asked = begin(page, doors.intake)
    await expect.poll(() => frameOf(page) === page.mainFrame()).toBe(false)
    await number(frameOf(page)).click()
    await page.keyboard.type('4242424242424242')
    await page.waitForTimeout(Math.max(0, began + portLimits.helloRetryMs + 500 - Date.now()))
    arrive()
    const form = await formOf(page)
    await expect(number(form)).toHaveValue('4242 4242 4242 4242')
    await expiry(form).fill('12/34')
    await cvc(form).fill('123')
    await pay(form).click()
    expect(await asked).toMatchObject({ status: 'completed' })
    expect(pages).toBe(1)
  })
})

test.describe('a mistake', () => {
  test('is said in words beside the field and aloud when it is left, and taken back while it is mended', async ({
    page,
    doors,
  }) => {
    const { form } = await ask(page, doors)
    // Of a single length: nothing that is told of it waits for a mark (`frame/pace.ts`).
    await number(form).pressSequentially('5555555555554445')
    await expect(form.locator('#number-error')).toHaveText('')
    await page.keyboard.press('Tab')
    await expect(form.locator('#number-error')).toHaveText('One of the digits does not seem right.')
    await expect(form.getByRole('status')).toHaveText('Card number: One of the digits does not seem right.')
    await expect(number(form)).toHaveAttribute('aria-invalid', 'true')
    expect(await number(form).getAttribute('aria-describedby')).toContain('number-error')
    await expect.poll(() => doors.intake.items).toContainEqual({ kind: 'rejected', field: 'number', code: 'checksum' })
    await number(form).press('End')
    await page.keyboard.press('Backspace')
    await expect(form.locator('#number-error')).toHaveText('')
    await expect(number(form)).not.toHaveAttribute('aria-invalid')
    await page.keyboard.type('4')
    await expect
      .poll(() => doors.intake.items)
      .toContainEqual({ kind: 'completed', field: 'number', brand: 'mastercard', last4: '4444' })
    expect(JSON.stringify(doors.intake.items)).not.toMatch(/\d{5}/)
  })

  test('in an empty form names every field, and the first one has the focus', async ({ page, doors }) => {
    const { form } = await ask(page, doors)
    await pay(form).click()
    await expect(form.locator('[aria-invalid="true"]')).toHaveCount(3)
    expect(await form.evaluate(() => document.activeElement?.id)).toBe('number')
    expect(doors.intake.submissions).toEqual([])
  })

  test('that intake alone sees is shown beside its field', async ({ page, doors }) => {
    doors.intake.before = (path) =>
      path === '/v1/submit' ? problem(422, 'input.not_accepted', { field: 'number' }) : undefined
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa)
    await expect(form.locator('#number-error')).toHaveText('This card is not accepted here.')
    doors.intake.before = () => undefined
    await number(form).fill('5555555555554444')
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', last4: '4444' })
  })
})
