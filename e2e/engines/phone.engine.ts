/** Phones: small screens, fingers, and a processor four times slower, which Chromium's DevTools make of any machine. */
import { type Browser, devices, type Page } from '@playwright/test'
import { cards, fillCard } from '../../testing/index.ts'
import { Shop } from '../shop.ts'
import { expect, test } from './test.ts'

const phones = ['Pixel 7', 'iPhone SE', 'Galaxy S9+ landscape'] as const

for (const name of phones) {
  test(`${name}, by touch, with the processor slowed fourfold: from the wish to the receipt`, async ({
    page,
    stack,
    engine,
  }) => {
    test.skip(engine !== 'chromium', 'only Chromium’s DevTools make a phone and a slower processor')
    // Sound: in Chromium the page is Playwright's own, of a browser.
    const browser = (page as unknown as Page).context().browser() as Browser
    const { defaultBrowserType: _, ...device } = devices[name] ?? { defaultBrowserType: '' }
    const context = await browser.newContext({ ...device, reducedMotion: 'reduce' })
    const phone = await context.newPage()
    phone.setDefaultTimeout(20_000)
    const devTools = await context.newCDPSession(phone)
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    const touches = (): Promise<number> => phone.evaluate(() => Number(document.body.dataset['touches'] ?? 0))

    const shop = await new Shop(phone, stack).open()
    await phone.evaluate(() => {
      addEventListener('touchstart', () => {
        document.body.dataset['touches'] = String(Number(document.body.dataset['touches'] ?? 0) + 1)
      })
    })
    await phone.locator('.replies button', { hasText: 'Lantern Room, one night' }).tap()
    await shop.hears('Shall I take the payment')
    await phone.locator('.replies button', { hasText: 'Yes, pay by card' }).tap()
    await shop.formIsOpen()
    expect(await touches()).toBe(2)

    const form = phone.frameLocator('.form-message.shown:not(.ended) iframe')
    const number = form.locator('input[autocomplete="cc-number"]')
    // A finger finds it, it has the keyboard then, and the browser does not enlarge the page for small letters.
    await number.tap()
    await expect(number).toBeFocused()
    const { inputMode, size } = await number.evaluate((input: HTMLInputElement) => ({
      inputMode: input.inputMode,
      size: Number.parseFloat(getComputedStyle(input).fontSize),
    }))
    expect([inputMode, size >= 16]).toEqual(['numeric', true])
    // Nothing of page or form is wider than the screen, and a finger hits the button.
    for (const scope of [phone.locator('html'), form.locator('html')]) {
      expect(await scope.evaluate((root) => root.scrollWidth - root.clientWidth)).toBeLessThanOrEqual(0)
    }
    const button = form.locator('button[type="submit"]')
    expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44)
    await fillCard(phone, cards.visa, { submit: false, timeoutMs: 30_000 })
    await button.tap()
    await shop.hears('All set')
    await expect(phone.locator('.receipt')).toContainText('Visa ••4242')
    await context.close()
  })
}
