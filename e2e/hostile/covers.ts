/** What a page lays over the form, so that the customer agrees to something else than they see. */
import { cards, fillCard } from '../../testing/index.ts'
import { attack, expect, type Field } from './attack.ts'
import { covered, type Layout, ordinary } from './layouts.ts'
import { shopPage } from './pages.ts'

const named = (layouts: readonly Layout[], part: string): Layout => {
  const layout = layouts.find(({ name }) => name.includes(part))
  if (layout === undefined) throw new Error(`no layout is called ${part}`)
  return layout
}
const overlay = named(covered, '2 %')
const toasts = named(ordinary, 'toasts')

/** The customer types below this and presses the button. */
async function paysBelow(field: Field, layout: Layout, frameOrigin?: string) {
  const { page, site } = field
  const asked = await field.ask()
  await page.goto(site.page(shopPage(field, { ...layout, ...(frameOrigin && { frameOrigin }) })))
  const told = page.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener('sallyport:error', (event) => resolve((event as Event & { code: string }).code))
      }),
  )
  told.catch(() => {})
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  result.catch(() => {})
  await fillCard(page, cards.visa)
  return { asked, told, result }
}

attack('The page lays something over the form', {
  had: 'A script on the customer page that knows the widget, and goes on top again whenever the form is raised',
  needs: ['IntersectionObserver v2', () => 'isVisible' in IntersectionObserverEntry.prototype],
  defended: [
    'nothing is sealed, the agent hears that the shield failed, and once the form is free the same card goes in',
    async (field) => {
      const { page } = field
      const { asked, told, result } = await paysBelow(field, overlay)
      expect(await told).toBe('shield.covered')
      await expect.poll(() => field.events(asked)).toContain('capture.shield.failed')
      const refused = await field.state(asked)
      expect([refused.state, refused.token]).toEqual(['suspended', undefined])
      await page.evaluate(() => document.getElementById('cover')?.remove())
      // Taken up anew as soon as it can be seen, before anybody presses anything.
      await expect.poll(async () => (await field.state(asked)).state).toBe('collecting')
      await (await field.frame()).locator('button[type="submit"]').click()
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
    },
  ],
  undefended: [
    'without the gate the covered form gives its token',
    async (field) => {
      const weak = await field.site.weak({
        frame: [{ file: 'frame/capture.ts', take: '!(await this.#gate.passes())', put: 'false' }],
      })
      const { result } = await paysBelow(field, overlay, weak)
      expect(await result).toMatchObject({ ok: true, token: expect.stringMatching(/^tok_test_/) })
    },
  ],
})

attack('The page draws the form so faint that nobody can read it', {
  had: 'A style on an ancestor of the form',
  needs: ['IntersectionObserver v2', () => 'isVisible' in IntersectionObserverEntry.prototype],
  defended: [
    'at a tenth of its opacity nothing is taken; below the empty container of a page’s toasts it is raised, and pays',
    async (field) => {
      const { asked, told } = await paysBelow(field, named(covered, '0.1'))
      expect(await told).toBe('shield.covered')
      expect((await field.state(asked)).token).toBeUndefined()
      const { result } = await paysBelow(field, toasts)
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
    },
  ],
  undefended: [
    'without the gate a form that nobody can read gives its token',
    async (field) => {
      const weak = await field.site.weak({
        frame: [{ file: 'frame/capture.ts', take: '!(await this.#gate.passes())', put: 'false' }],
      })
      const { result } = await paysBelow(field, named(covered, '0.1'), weak)
      expect(await result).toMatchObject({ ok: true, token: expect.stringMatching(/^tok_test_/) })
    },
  ],
})
