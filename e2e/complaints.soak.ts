/** Complaints that take their time: a start-up that is given up, and two forms on one page. docs/complaints.md has them all. */
import { expect, type Frame } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { requestOf, test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

test('complaint 8: a start-up is aborted at once, wherever it stands, and the next request is not held up by it', async ({
  page,
  doors,
}) => {
  const held: (() => void)[] = []
  let holds = '/f/'
  doors.intake.before = async (path) => {
    if (!path.startsWith(holds)) return undefined
    await new Promise<void>((resolve) => held.push(resolve))
    return undefined
  }
  const abort = () =>
    page.evaluate(async (wanted) => {
      await customElements.whenDefined('sallyport-capture')
      const own = new AbortController()
      const asked = window.element.request({ ...wanted, signal: own.signal })
      setTimeout(() => own.abort(new Error('the route has changed')), 300)
      const began = performance.now()
      const why = await asked.catch((error: Error) => error.message)
      return { why, late: performance.now() - began > 2_000 }
    }, requestOf(doors))
  await page.goto(doors.host)
  // While the page is on its way, and while its attach is.
  expect(await abort()).toEqual({ why: 'the route has changed', late: false })
  holds = '/v1/attach'
  for (const go of held) go()
  expect(await abort()).toEqual({ why: 'the route has changed', late: false })
  holds = 'nothing'
  for (const go of held) go()
  const result = begin(page, doors.intake)
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ ok: true, status: 'completed' })
})

test('complaint 18: two forms on one page each hear their own person alone', async ({ page, doors }) => {
  await page.goto(doors.host)
  begin(page, doors.intake)
  const first = await formOf(page, 20_000)
  const second = page.evaluate(async (wanted) => {
    const other = window.element.cloneNode() as typeof window.element
    const heard: string[] = []
    Object.assign(window, { second: heard })
    other.addEventListener('sallyport:progress', () => heard.push('progress'))
    window.place.append(other)
    return other.request(wanted)
  }, requestOf(doors))
  const forms = () => page.frames().filter((frame) => frame.url().includes('/f/pk_'))
  await expect.poll(() => forms().length).toBe(2)
  const other = forms().find((frame) => frame !== first) as Frame
  await expect(other.locator('#submit')).toBeEnabled()
  const of = (name: 'heard' | 'second') =>
    page.evaluate((which) => JSON.stringify((window as unknown as Record<string, unknown>)[which]), name)
  await other.locator('#number').fill('5555555555554444')
  await other.locator('#expiry').fill('1234')
  await expect.poll(() => of('second')).toContain('progress')
  expect(await first.locator('#number').inputValue()).toBe('')
  const heardBySecond = await of('second')
  await first.locator('#number').fill('4242424242424242')
  await first.locator('#expiry').fill('1230')
  await page.waitForTimeout(500)
  expect(await of('second')).toBe(heardBySecond)
  expect(await other.locator('#number').inputValue()).toBe('5555 5555 5555 4444')
  await other.locator('#cvc').fill('123')
  await other.locator('#cvc').press('Enter')
  expect(await second).toMatchObject({ status: 'completed', last4: '4444' })
})
