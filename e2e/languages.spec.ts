/** The form in the languages of people: chosen, written from either side, and in its place on the smallest phone. */
import { expect, type Frame, type Page } from '@playwright/test'
import { cardFrame, cards, fillCard } from '../testing/index.ts'
import { axeFinds } from './axe-finds.ts'
import type { Doors } from './capture-door.ts'
import { requestOf, test } from './form-in-chat.ts'
import { misfits, openNarrow } from './language-fit.ts'

test.describe.configure({ mode: 'parallel' })

/** Asks for a card on a page whose element has this `locale`. */
async function ask(
  page: Page,
  doors: Doors,
  locale: string,
): Promise<{ form: Frame; result: Promise<Record<string, unknown>> }> {
  await page.goto(doors.host)
  const request = requestOf(doors)
  const result = page.evaluate(
    ([request, locale]) => {
      window.element.setAttribute('locale', locale)
      return window.ask(request)
    },
    [request, locale] as const,
  )
  result.catch(() => {})
  // The element's own language may have come after its first frame, which stands there until the second is ready.
  const open = await cardFrame(page)
  const form = page.frames().find((frame) => frame === open)
  if (form === undefined) throw new Error('no form on this page')
  return { form, result }
}

const spoken = (form: Frame | Page) =>
  form.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.title])

test('a page in German, Arabic or Japanese fits a phone of 320 px; a sentence that does not is found', async ({
  page,
  doors,
}) => {
  for (const lang of ['de', 'ar', 'ja']) {
    await openNarrow(page, doors, lang)
    expect(await misfits(page), lang).toEqual([])
  }
  await page.evaluate(() => {
    const template = document.querySelector<HTMLTemplateElement>('#words')
    const words = JSON.parse(template?.content.textContent ?? '')
    words.cvc_incomplete = 'この欄にはカードの裏面にある数字を入力してください'
    words.title_pay = 'W'.repeat(60)
    template?.content.replaceChildren(JSON.stringify(words))
  })
  expect((await misfits(page)).map((found) => found.split(':')[0])).toEqual(['cvc_incomplete', 'title_pay'])
})

test("the host page's language is in the HTML, and no request is made for words", async ({ page, doors }) => {
  const paths: string[] = []
  page.on('request', (request) => {
    const { host, pathname } = new URL(request.url())
    if (host.startsWith('capture.')) paths.push(pathname.replace(/-[\w-]+\./, '-x.').replace(/pk_\w+/, 'pk'))
  })
  doors.intake.offer = { locale: 'de-AT', amount: { amount_minor: 123_456, currency: 'EUR' } }
  const { form } = await ask(page, doors, 'de-CH')
  expect(await spoken(form)).toEqual(['de', '', 'Kartenformular'])
  // The agent knows the region better than the page does.
  await expect(form.locator('#amount')).toHaveText('€ 1.234,56')
  await expect(form.getByRole('button', { name: 'Nicht jetzt' })).toBeVisible()
  // The element asked for a page in the document's language first, and then for one in its own.
  const once = [...new Set(paths)].filter((path) => !path.startsWith('/v1/'))
  expect(once.sort()).toEqual(['/assets/index-x.css', '/assets/index-x.js', '/f/pk'])
  expect(paths.filter((path) => path === '/v1/attach')).toHaveLength(1)
})

test("the browser's language is taken where the page names none, English where nobody has a word of it", async ({
  browser,
  doors,
}) => {
  for (const [locale, query, lang] of [
    ['uk-UA', '?lang=', 'uk'],
    ['nn-NO', '?lang=tlh', 'nb'],
    ['zh-TW', '', 'zh-Hant'],
    ['sw-KE', '?lang=%3Cb%3E', 'en'],
    ['fr-CA', '?lang=es-MX', 'es'],
  ] as const) {
    const context = await browser.newContext({ locale })
    const page = await context.newPage()
    await page.goto(`${doors.capture}/f/pk_test_${'k'.repeat(24)}${query}`)
    expect((await spoken(page))[0], locale).toBe(lang)
    await context.close()
  }
})

test("the agent's choice turns the page, and keeps what was typed and said before it was known", async ({
  page,
  doors,
}) => {
  let attach = (): void => {}
  const held = new Promise<void>((resolve) => {
    attach = resolve
  })
  doors.intake.before = async (path) => {
    if (path === '/v1/attach') await held
    return undefined
  }
  doors.intake.offer = {
    locale: 'ar-EG',
    business: 'Northwind \u202eCoffee',
    amount: { amount_minor: 4200, currency: 'EGP' },
  }
  await page.goto(doors.host)
  const request = requestOf(doors)
  page.evaluate((wanted) => window.ask(wanted), request).catch(() => {})
  const early = () => page.frames().find((frame) => frame.url().includes('/f/pk_'))
  await expect.poll(() => early()?.locator('#number').isEditable(), { intervals: [20] }).toBe(true)
  const form = early() ?? page.mainFrame()
  await expect(form.locator('html')).toHaveAttribute('lang', 'en')
  await form.locator('#number').fill('4242424242424241')
  await form.locator('#number').blur()
  await expect(form.locator('#number-error')).toHaveText('One of the digits does not seem right.')
  attach()
  await expect(form.locator('#number-error')).toHaveText('يبدو أن أحد الأرقام غير صحيح.')
  expect(await spoken(form)).toEqual(['ar', 'rtl', 'نموذج البطاقة'])
  expect(await form.locator('#number').inputValue()).toBe('4242 4242 4242 4241')
  await expect(form.locator('#cancel')).toHaveText('ليس الآن')
  // What is filled in stands apart, and cannot turn the sentence that it stands in.
  expect(await form.locator('#title').innerHTML()).toBe('الدفع إلى <bdi>Northwind Coffee</bdi>')
  expect(await form.locator('#submit-label bdi').textContent()).toContain('٤٢٫٠٠')
})

test('in Arabic digits run left to right, begin at the right, and leave the scheme its place', async ({
  page,
  doors,
}) => {
  doors.intake.offer = { locale: 'ar' }
  await page.setViewportSize({ width: 320, height: 900 })
  const { form } = await ask(page, doors, 'ar')
  await form.locator('#number').fill('5555555555554444')
  const seen = await form.evaluate(() => {
    const style = (id: string): string[] => {
      const { direction, textAlign } = getComputedStyle(document.getElementById(id) as HTMLElement)
      return [id, direction, textAlign]
    }
    const box = (id: string): DOMRect => (document.getElementById(id) as HTMLElement).getBoundingClientRect()
    const number = document.getElementById('number') as HTMLInputElement
    return {
      styles: ['number', 'expiry', 'cvc'].map(style),
      brand: box('number-brand').right < box('number-label').left,
      cut: number.scrollWidth - number.clientWidth,
      order: box('cvc').right < box('expiry').left,
    }
  })
  expect(seen.styles).toEqual(['number', 'expiry', 'cvc'].map((id) => [id, 'ltr', 'right']))
  expect(seen.brand, 'the name of the scheme stands left of the label').toBe(true)
  expect([seen.cut, seen.order]).toEqual([0, true])
})

test('in Arabic nobody with a screen reader is left out: axe finds nothing in any state', async ({ page, doors }) => {
  test.slow() // axe looks several times over
  doors.intake.offer = { locale: 'ar-AE' }
  const { form, result } = await ask(page, doors, 'ar')
  expect(await axeFinds(form)).toEqual([])
  await form.locator('#number').fill('4242424242424241')
  await form.locator('#submit').click()
  await expect(form.getByRole('status')).not.toHaveText('')
  expect(await axeFinds(form)).toEqual([])
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ status: 'completed' })
  await expect(form.locator('#ending-text bdi').first()).toHaveText('Visa •••• 4242')
  expect(await axeFinds(form)).toEqual([])
})
