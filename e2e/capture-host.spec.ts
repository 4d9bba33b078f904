/** The page around the form: how strict it may be, what it may do with the element, and what it is told. */
import { expect } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { ask, heard, requestOf, test } from './form-in-chat.ts'
import { countListeners } from './listeners.ts'
import { begin } from './look.ts'
import { everyPortCloses } from './ready-forms.ts'

test.describe.configure({ mode: 'parallel' })

test.describe('the host', () => {
  test('complaints 6 and 10: may be as strict as hosts get: nested closed roots, nonces, Trusted Types, COEP', async ({
    page,
    doors,
  }) => {
    const { result } = await ask(page, doors, '?coep')
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
    expect((await heard(page)).violations).toEqual([])
    expect(doors.frameViolations).toEqual([])
  })

  test('may import the element from the package instead of the script tag', async ({ page, doors }) => {
    const { result } = await ask(page, doors, '?package')
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed', token: doors.intake.token })
    expect((await heard(page)).violations).toEqual([])
  })

  test('that asks for what can never work hears so at once, in words, and sees no frame open', async ({
    page,
    doors,
  }) => {
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
        { ...good, clientSecret: 'cs_wrong' },
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
    }, requestOf(doors))
    expect([...new Set(tries.arguments)]).toEqual(['TypeError: request() needs { captureId, clientSecret }'])
    expect([...new Set(tries.attributes)]).toEqual([
      'TypeError: <sallyport-capture> needs publishable-key="pk_…" and frame-origin="https://…"',
    ])
    // Control: the same element, asked rightly.
    const result = begin(page, doors.intake)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })

  test('may ask by an event on the window', async ({ page, doors }) => {
    await page.goto(doors.host)
    await page.evaluate(
      (detail) => window.dispatchEvent(new CustomEvent('sallyport:request', { detail })),
      requestOf(doors),
    )
    await fillCard(page, cards.visa)
    await expect
      .poll(async () => (await heard(page)).events.at(-1))
      .toMatchObject({ name: 'complete', token: doors.intake.token })
  })

  test('complaint 15: sees the form appear without a second move, and nothing wider than 320 px', async ({
    page,
    doors,
  }) => {
    await page.setViewportSize({ width: 320, height: 900 })
    const { form } = await ask(page, doors)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    expect(await form.evaluate(() => [document.documentElement.scrollWidth, innerWidth])).toEqual([296, 296])
    const [height, inner] = await Promise.all([
      page.evaluate(() => window.element.getBoundingClientRect().height),
      form.evaluate(() => document.querySelector('#card')?.getBoundingClientRect().height ?? 0),
    ])
    expect(height).toBe(Math.ceil(inner))
  })

  test('that removes the element loses the form, and has it again when it puts it back', async ({ page, doors }) => {
    const { result } = await ask(page, doors)
    await page.evaluate(() => window.element.remove())
    expect(await result).toMatchObject({ ok: false, code: 'channel.lost' })
    await expect.poll(() => doors.intake.items).toContainEqual({ kind: 'detached', reason: 'closed' })
    await page.evaluate(() => window.place.append(window.element))
    const again = begin(page, doors.intake)
    await fillCard(page, cards.visa)
    expect(await again).toMatchObject({ status: 'completed' })
    expect(doors.intake.epoch).toBe(2)
  })

  test('complaint 9: has nothing left of the element after a hundred mounts: no frame, no listener, none on a signal either', async ({
    page,
    doors,
  }) => {
    const live = await countListeners(page)
    await page.goto(doors.host)
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
    }, requestOf(doors))
    expect(await live()).toEqual({ ...before, abort: 0 })
    await expect.poll(() => page.frames().length).toBe(1)
  })

  everyPortCloses(30)

  test('that moves the element keeps its request', async ({ page, doors }) => {
    const { result } = await ask(page, doors)
    await page.evaluate(() => {
      const box = document.createElement('section')
      window.place.append(box)
      box.append(window.element)
    })
    await expect.poll(() => doors.intake.epoch).toBe(2)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })
})
