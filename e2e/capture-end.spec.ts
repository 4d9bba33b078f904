/** How a form ends: by the person, the agent, time or another window, and what it says then. */
import { expect } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { problem } from './capture-door.ts'
import { ask, frameOf, nextCapture, number, requestOf, test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

test.describe.configure({ mode: 'parallel' })

test.describe('the end', () => {
  for (const way of ['the button', 'Escape'] as const) {
    test(`comes by ${way}`, async ({ page, doors }) => {
      const { form, result } = await ask(page, doors)
      await number(form).fill('4242')
      if (way === 'Escape') await page.keyboard.press('Escape')
      else await form.getByRole('button', { name: 'Not now' }).click()
      expect(await result).toEqual({ ok: true, status: 'canceled' })
      await expect(form.locator('#ending-text')).toHaveText('Closed. Nothing was stored.')
      expect(await number(form).inputValue()).toBe('')
      expect(doors.intake.state).toBe('canceled')
    })
  }

  test("is the person's own, also where the watch hears of it before their answer comes", async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    doors.intake.before = async (path) => {
      if (path !== '/v1/cancel') return undefined
      doors.intake.moveTo('canceled')
      await new Promise((resolve) => setTimeout(resolve, 400))
      return undefined
    }
    await form.getByRole('button', { name: 'Not now' }).click()
    expect(await result).toEqual({ ok: true, status: 'canceled' })
    await expect(form.locator('#ending-text')).toHaveText('Closed. Nothing was stored.')
  })

  test('comes by the agent, and by time', async ({ page, doors }) => {
    const first = await ask(page, doors)
    doors.intake.moveTo('canceled')
    expect(await first.result).toEqual({ ok: true, status: 'canceled' })
    await expect(first.form.locator('#ending-text')).toContainText('withdrawn')
    nextCapture(doors)
    const second = await ask(page, doors)
    doors.intake.moveTo('expired')
    expect(await second.result).toMatchObject({
      ok: false,
      name: 'SallyportError',
      code: 'customer.abandoned',
      retryable: false,
    })
    await expect(second.form.locator('#ending-text')).toContainText('expired')
  })

  test('comes when another window takes the form up', async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    await number(form).fill('4242')
    doors.intake.before = (path) => (path === '/v1/watch' ? problem(401, 'auth.unauthenticated') : undefined)
    doors.intake.moveTo('collecting')
    expect(await result).toMatchObject({ ok: false, code: 'channel.epoch_stale' })
    await expect(form.locator('#ending-text')).toHaveText('This form is open in another window.')
    expect(await number(form).inputValue()).toBe('')
  })

  test('by "Not now" waits for the form to be attached, where intake wants that', async ({ page, doors }) => {
    let attach = (): void => {}
    const held = new Promise<void>((resolve) => (attach = resolve))
    doors.intake.before = async (path) => {
      if (path === '/v1/attach') await held
      return path === '/v1/cancel' && doors.intake.epoch === 0 ? problem(401, 'auth.unauthenticated') : undefined
    }
    await page.goto(doors.host)
    const result = begin(page, doors.intake)
    const form = frameOf(page)
    await form.getByRole('button', { name: 'Not now' }).click()
    attach()
    expect(await result).toEqual({ ok: true, status: 'canceled' })
    expect(doors.intake.state).toBe('canceled')
  })

  test('of a capture that is shown again is told calmly, without a field, and the promise says which it was', async ({
    page,
    doors,
  }) => {
    const ends = [
      ['completed', 409, 'system.conflict', 'This is already done.', { ok: true, status: 'completed' }],
      ['canceled', 409, 'customer.canceled', 'withdrawn', { ok: true, status: 'canceled' }],
      [
        'expired',
        410,
        'customer.abandoned',
        'expired',
        { ok: false, name: 'SallyportError', code: 'customer.abandoned', retryable: false },
      ],
      [
        'failed',
        422,
        'input.too_many_attempts',
        'closed',
        { ok: false, name: 'SallyportError', code: 'input.too_many_attempts', retryable: false },
      ],
    ] as const
    for (const [state, status, code, words, said] of ends) {
      nextCapture(doors)
      doors.intake.before = (path) => (path === '/v1/attach' ? problem(status, code, { state }) : undefined)
      await page.goto(doors.host)
      expect(await page.evaluate((wanted) => window.ask(wanted), requestOf(doors)), state).toEqual(said)
      const form = frameOf(page)
      await expect(form.locator('#ending-text')).toContainText(words)
      await expect(form.locator('input:visible, button:visible')).toHaveCount(0)
      const heights = await Promise.all([
        page.evaluate(() => window.element.getBoundingClientRect().height),
        form.evaluate(() => document.querySelector('#card')?.getBoundingClientRect().height ?? 0),
      ])
      expect(Math.abs(heights[0] - heights[1])).toBeLessThan(1)
    }
  })

  test('of one request leaves the element ready for the next, in a document of its own', async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa)
    await result
    nextCapture(doors)
    const again = begin(page, doors.intake)
    const next = await formOf(page)
    expect(next).not.toBe(form)
    expect(await number(next).inputValue()).toBe('')
    await fillCard(page, cards.amex)
    expect(await again).toMatchObject({ status: 'completed', last4: '0005' })
  })
})
