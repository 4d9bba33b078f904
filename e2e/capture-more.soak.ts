/** More of what `capture*.spec.ts` show of a form in a chat: every scheme, every way to type, slow and lossy networks, a hundred forms. */
import { expect } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { comesByItself } from './capture-lost.ts'
import { ask, cvc, expiry, nextCapture, number, pay, test } from './form-in-chat.ts'
import { everyPortCloses } from './ready-forms.ts'

test.describe.configure({ mode: 'parallel' })

test.describe('a form in a chat', () => {
  everyPortCloses(100)
  comesByItself('page', '**/f/pk_*')
  comesByItself('style', /\/assets\/.*\.css$/)

  test('filled by `sallyport/testing` is accepted for every listed scheme', async ({ page, doors }) => {
    for (const card of [cards.mastercard, cards.amex, cards.diners, cards.unionpay]) {
      nextCapture(doors)
      const { result } = await ask(page, doors)
      await fillCard(page, card)
      expect(await result).toMatchObject({ status: 'completed' })
      expect(doors.intake.opened[0]).toMatchObject({ number: card.number, cvc: card.cvc, name: card.name })
    }
  })

  test('needs a code of four digits when it is an Amex, also when the number comes last', async ({ page, doors }) => {
    const { form } = await ask(page, doors)
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

  test('of an expiry is read in any common way', async ({ page, doors }) => {
    const { form } = await ask(page, doors)
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

  test('does not move the button away from under the pointer', async ({ page, doors }) => {
    for (const width of [320, 360]) {
      await page.setViewportSize({ width, height: 800 })
      const { form } = await ask(page, doors)
      const before = await pay(form).boundingBox()
      await number(form).fill('4242424242424241')
      await expiry(form).fill('01/20')
      await expiry(form).blur()
      await expect(form.locator('#expiry-error')).toHaveText('Card has expired.')
      expect((await pay(form).boundingBox())?.y).toBe(before?.y)
    }
  })

  test('gets its form on a slow network, where the first page arrives after the second was asked for', async ({
    page,
    doors,
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
    const { form, result } = await ask(page, doors)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ ok: true, status: 'completed' })
    expect(pages).toBe(2)
    expect(form.isDetached()).toBe(false)
  })
})
