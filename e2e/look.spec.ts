/** How the form looks, measured: no white box in a dark chat, a theme that is worn, a sheet that gives way. */
import { expect, type Frame, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import type { Doors } from './capture-door.ts'
import { test } from './form-in-chat.ts'
import { begin, brightShare, dressed, formOf } from './look.ts'
import { wideFont } from './wide-font.ts'

test.describe.configure({ mode: 'parallel' })

const place = (page: Page) =>
  page.evaluate(() => {
    const { x, y, width, height } = window.element.getBoundingClientRect()
    return { x, y, width, height }
  })

test.describe('a dark chat', () => {
  /** Each stage of loading is held while it is looked at. */
  const looks = async (page: Page, doors: Doors, edit?: string): Promise<Record<string, number>> => {
    const seen: Record<string, number> = {}
    const pictures: Record<string, Buffer> = {}
    const gates = new Map<string, () => void>()
    const gate = (name: string): Promise<void> => new Promise((resolve) => gates.set(name, resolve))
    // The widget gives up after eight seconds, which looking may take.
    await page.addInitScript(() => {
      const set = window.setTimeout.bind(window)
      window.setTimeout = ((run: () => void, ms = 0) => (ms >= 4_000 ? 0 : set(run, ms))) as typeof window.setTimeout
    })
    for (const [name, address] of [
      ['document', /\/f\/pk_/],
      ['style', /\/assets\/.*\.css$/],
      ['script', /\/assets\/.*\.js$/],
    ] as const) {
      const passed = gate(name)
      await page.route(address, async (route) => {
        await passed
        await route.continue()
      })
    }
    const attach = gate('attach')
    doors.intake.before = async (path) => {
      if (path === '/v1/attach') await attach
      return undefined
    }
    // The page's own load waits for its frames.
    await page.goto(`${doors.host}/?scheme=dark`, { waitUntil: 'commit' })
    await page.waitForFunction(() => customElements.get('sallyport-capture') && window.element?.shadowRoot)
    if (edit !== undefined)
      await page.evaluate((css) => {
        const sheet = new CSSStyleSheet()
        sheet.replaceSync(css)
        window.element.shadowRoot?.adoptedStyleSheets.push(sheet)
      }, edit)
    begin(page, doors.intake)
    await expect.poll(async () => (await place(page)).height).toBeGreaterThan(300)
    for (const name of ['document', 'style', 'script', 'attach']) {
      // Whatever comes through is painted by then.
      await page.waitForTimeout(150)
      pictures[`before the ${name}`] = await page.screenshot({ clip: await place(page) })
      gates.get(name)?.()
    }
    await formOf(page)
    await page.waitForTimeout(300)
    pictures['ready'] = await page.screenshot({ clip: await place(page) })
    for (const [moment, png] of Object.entries(pictures)) seen[moment] = await brightShare(page.context(), png)
    return seen
  }

  test('complaint 14: shows no white box, at any moment from mount to ready', async ({ page, doors }) => {
    const { ready, ...loading } = await looks(page, doors)
    for (const [moment, share] of Object.entries(loading)) expect(share, moment).toBeLessThan(0.02)
    // The words, and the button, which is the one bright thing of a dark form.
    expect(ready).toBeLessThan(0.2)
  })

  test('would show one if the iframe did not agree with its document (the control)', async ({ page, doors }) => {
    const seen = await looks(page, doors, 'iframe { color-scheme: dark !important }')
    expect(Math.max(...Object.values(seen))).toBeGreaterThan(0.8)
  })
})

test.describe('a theme', () => {
  test('is read from any CSS, worn, mended where it could not be read, and said', async ({ page, doors }) => {
    await page.goto(doors.host)
    const notes = await page.evaluate(async () => {
      const { style } = window.element
      const theme = {
        accent: 'oklch(51.1% 0.262 276.966)',
        surface: 'light-dark(hsl(40 60% 97%), navy)',
        text: 'color-mix(in srgb, white 80%, black)',
        muted: 'url(https://example.test/x)',
        line: '#0004',
        radius: 'calc(1rem - 4px)',
        padding: '4rem',
        fields: 'filled',
        font: 'Comic Sans',
      }
      for (const [name, value] of Object.entries(theme)) style.setProperty(`--sallyport-${name}`, value)
      const heard = new Promise((resolve) =>
        addEventListener('sallyport:theme', (event) => resolve((event as Event & { notes: object }).notes), {
          once: true,
        }),
      )
      await customElements.whenDefined('sallyport-capture')
      const element = window.element as unknown as { dress(): void } // of the widget's own type
      element.dress()
      return heard
    })
    expect(notes).toEqual({
      text: 'low_contrast',
      muted: 'malformed',
      line: 'malformed',
      padding: 'out_of_range',
      font: 'malformed',
    })
    begin(page, doors.intake)
    const worn = await dressed(await formOf(page))
    expect(worn).toMatchObject({
      accent: '#4f39f6',
      'accent-text': '#ffffff',
      surface: '#fcf9f3',
      radius: '12px',
      padding: '40px',
    })
    expect(doors.frameViolations).toEqual([])
  })

  test('follows the page when it turns dark, while the form stands', async ({ page, doors }) => {
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(`${doors.host}/?scheme=light%20dark`)
    begin(page, doors.intake)
    const form = await formOf(page)
    await form.locator('#number').fill('4242')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(async () => (await dressed(form))['surface']).toBe('#1b1d21')
    expect(await form.locator('#number').inputValue()).toBe('4242')
  })

  test('may bring a family as bytes, which draws letters and no digit, and asks for nothing', async ({
    page,
    doors,
  }) => {
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(doors.host)
    const bytes = wideFont()
    const give = (font: number[]) =>
      page.evaluate((given) => void Object.assign(window.element, { font: new Uint8Array(given).buffer }), font)
    await give(bytes)
    begin(page, doors.intake)
    const form = await formOf(page)
    await expect(form.locator('html')).toHaveClass('own-font')
    const widths = (where: Page | Frame, family: string): Promise<{ letters: number; digits: number }> =>
      where.evaluate((own) => {
        const wide = (text: string): number => {
          const span = document.createElement('span')
          span.textContent = text
          span.style.font = `10px ${own === '' ? getComputedStyle(document.querySelector('#submit') ?? span).fontFamily : own}`
          document.body.append(span)
          const { width } = span.getBoundingClientRect()
          span.remove()
          return width
        }
        return { letters: wide('aaaa'), digits: wide('4242') }
      }, family)
    const worn = await widths(form, '')
    expect([worn.letters, worn.digits < 40]).toEqual([160, true])
    expect(doors.frameViolations).toEqual([])
    expect(asked.filter((url) => /woff|font/.test(url))).toEqual([])
    // The control: worn as it is, the same family draws digits too, with which another amount could be shown.
    await page.evaluate(async (given) => {
      const face = new FontFace('whole', new Uint8Array(given).buffer)
      document.fonts.add(await face.load())
    }, bytes)
    expect(await widths(page, 'whole')).toEqual({ letters: 160, digits: 160 })
  })

  test('is worn without the family where its bytes are no font', async ({ page, doors }) => {
    await page.goto(doors.host)
    await page.evaluate(() => {
      Object.assign(window.element, { font: new Uint8Array([0x77, 0x4f, 0x46, 0x32]).buffer })
    })
    begin(page, doors.intake)
    const form = await formOf(page)
    expect(await form.evaluate(() => [...document.fonts].length + document.documentElement.classList.length)).toBe(0)
    expect(doors.frameViolations).toEqual([])
  })
})

test('a sheet stands at the bottom of a phone, gives way to the chat and comes back with what is typed', async ({
  page,
  doors,
}) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(`${doors.host}/?preset=sheet`)
  const result = begin(page, doors.intake)
  const form = await formOf(page)
  const box = () =>
    page.evaluate(() => {
      const iframe = window.element.shadowRoot?.querySelector('iframe')
      const { x, bottom, width, height } = iframe?.getBoundingClientRect() ?? new DOMRect()
      return { x, bottom, width, height }
    })
  expect(await box()).toMatchObject({ x: 0, bottom: 844, width: 390 })
  await form.locator('#number').fill('4242424242424242')
  await form.getByRole('button', { name: 'Back to the chat' }).click()
  await expect.poll(async () => (await box()).height).toBeLessThan(110)
  expect((await box()).bottom).toBeLessThan(500)
  await page.locator('#composer').fill('One question first')
  await form.getByRole('button', { name: 'Continue' }).click()
  await expect.poll(async () => (await box()).bottom).toBe(844)
  expect(await form.locator('#number').inputValue()).toBe('4242 4242 4242 4242')
  await fillCard(page, cards.visa)
  await result
  await expect.poll(async () => (await box()).bottom).toBeLessThan(500)
})
