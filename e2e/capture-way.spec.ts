/** The way from the form to intake, where answers are lost, late or refused: one card, the same bytes, and a word for it. */
import { expect } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { problem } from './capture-door.ts'
import { ask, frameOf, heard, number, pay, says, test } from './form-in-chat.ts'
import { begin } from './look.ts'

test.describe.configure({ mode: 'parallel' })

test.describe('the way to intake', () => {
  test('survives one lost answer with the same bytes', async ({ page, doors }) => {
    let lose = 1
    doors.intake.before = (path, body) => {
      if (path !== '/v1/submit' || lose-- <= 0) return undefined
      const { enc, ciphertext } = body as { enc: string; ciphertext: string }
      doors.intake.submissions.push(enc + ciphertext)
      return 'lost'
    }
    const { result } = await ask(page, doors)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect(doors.intake.submissions).toHaveLength(2)
    expect(new Set(doors.intake.submissions).size).toBe(1)
  })

  // On this machine intake needs no network: what a browser says of one changes no word.
  for (const onLine of [true, false])
    test(`offers another try when it stays lost, keeps what is typed, and then sends the same bytes again, ${onLine ? 'online' : 'without a network'}`, async ({
      page,
      doors,
    }) => {
      await says(page, { onLine })
      let down = true
      doors.intake.before = (path, body) => {
        if (path !== '/v1/submit' || !down) return undefined
        const { enc, ciphertext } = body as { enc: string; ciphertext: string }
        doors.intake.submissions.push(enc + ciphertext)
        return 'lost'
      }
      const { form, result } = await ask(page, doors)
      await fillCard(page, cards.visa)
      await expect(form.locator('#notice-text')).toHaveText('The connection was lost. It is safe to try again.')
      expect(await number(form).inputValue()).toBe('4242 4242 4242 4242')
      down = false
      await pay(form).click()
      expect(await result).toMatchObject({ status: 'completed' })
      expect(new Set(doors.intake.submissions).size).toBe(1)
      expect((await heard(page)).events).toContainEqual(
        expect.objectContaining({ name: 'error', code: 'channel.offline', fatal: false }),
      )
    })

  test('seals anew for the key that intake names when the key has expired', async ({ page, doors }) => {
    const { result } = await ask(page, doors)
    doors.intake.newKey()
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect(doors.intake.submissions).toHaveLength(2)
    expect(new Set(doors.intake.submissions).size).toBe(2)
  })

  test('sends once, however often the button is pressed', async ({ page, doors }) => {
    doors.intake.before = async (path) => {
      if (path === '/v1/submit') await new Promise((resolve) => setTimeout(resolve, 300))
      return undefined
    }
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa, { submit: false })
    await form.evaluate(() => {
      for (let press = 0; press < 5; press += 1) document.querySelector<HTMLButtonElement>('#submit')?.click()
    })
    expect(await result).toMatchObject({ status: 'completed' })
    expect(doors.intake.submissions).toHaveLength(1)
  })

  test('that took the frame for gone has it back, with what is typed, in a new epoch', async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa, { submit: false })
    let gone = true
    doors.intake.before = (path, body) => {
      if (path === '/v1/attach') gone = false
      return gone && path === '/v1/submit' && (body as { epoch: number }).epoch === 1
        ? problem(409, 'channel.lost')
        : undefined
    }
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', token: doors.intake.token })
    expect([doors.intake.epoch, doors.intake.opened.length]).toEqual([2, 1])
  })

  test('has one card of a page that slept meanwhile, with what is typed, in a new epoch', async ({ page, doors }) => {
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa, { submit: false })
    // As the browser tells a page that goes into its cache, and comes out of it.
    const turns = (name: string): Promise<boolean> =>
      form.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name)
    await turns('pagehide')
    await expect.poll(() => doors.intake.items).toContainEqual({ kind: 'detached', reason: 'closed' })
    await turns('pageshow')
    await expect.poll(() => doors.intake.epoch).toBe(2)
    await pay(form).click()
    expect(await result).toMatchObject({ status: 'completed', token: doors.intake.token })
    expect([doors.intake.opened.length, doors.intake.submissions.length]).toEqual([1, 1])
  })

  test('that is slow says so, and a dead one offers another try that works', async ({ page, doors }) => {
    let mode: 'slow' | 'dead' | 'fine' = 'slow'
    doors.intake.before = async (path) => {
      if (path !== '/v1/attach') return undefined
      if (mode === 'slow') {
        await new Promise((resolve) => setTimeout(resolve, 2_500))
        mode = 'dead'
      }
      return mode === 'dead' ? 'lost' : undefined
    }
    await page.goto(doors.host)
    const result = begin(page, doors.intake)
    const form = frameOf(page)
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
