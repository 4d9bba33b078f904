/** The composer guard, as built: what a person types, pastes or drops into a chat is not sent when there is a card in it. */
import { expect, type Page } from '@playwright/test'
import { axeFinds } from './axe-finds.ts'
import { composerKinds, type ComposerKind, openComposers } from './composer-page.ts'
import { test } from './form-in-chat.ts'

test.describe.configure({ mode: 'parallel' })

const card = '4242 4242 4242 4242'
const notice = (page: Page) => page.locator('sallyport-notice section')
const choose = (page: Page, name: string) => page.locator('sallyport-notice button', { hasText: name }).click()
const sent = (page: Page): Promise<string[]> => page.evaluate(() => window.sent)
const told = (page: Page) => page.evaluate(() => window.told)
const written = (page: Page): Promise<string> => page.evaluate(() => window.written())

/** Puts the keyboard into the composer, wherever it is; a closed root gives itself to nobody else. */
async function enter(page: Page, kind: ComposerKind): Promise<void> {
  await page.evaluate((kind) => {
    const inside = kind === 'nested' || kind === 'host'
    const deep = (one: Element): HTMLElement | null => {
      const trees = one.shadowRoot ?? one
      for (const child of trees.children) {
        if (/^(INPUT|TEXTAREA)$/.test(child.tagName)) return child as HTMLElement // sound: by its name
        const found = deep(child)
        if (found !== null) return found
      }
      return null
    }
    ;(inside ? deep(window.composer) : window.composer)?.focus()
  }, kind)
}

async function write(page: Page, kind: ComposerKind, text: string): Promise<void> {
  await enter(page, kind)
  await page.keyboard.insertText(text)
}

async function press(page: Page): Promise<void> {
  await page.keyboard.press('Enter')
}

async function click(page: Page): Promise<void> {
  const box = await page.evaluate(() => {
    const place = document.getElementById('place')
    const find = (one: Element): DOMRect | null => {
      for (const child of (one.shadowRoot ?? one).children) {
        if (child.tagName === 'SALLYPORT-NOTICE') continue
        if (child.matches('button, [role=button]')) return child.getBoundingClientRect()
        const found = find(child)
        if (found !== null) return found
      }
      return null
    }
    return place && find(place)?.toJSON()
  })
  if (!box) throw new Error('no button is shown')
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
}

const submit = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const forms = (one: ParentNode): HTMLFormElement[] =>
      [...one.querySelectorAll('*')].flatMap((child) => [
        ...(child instanceof HTMLFormElement ? [child] : []),
        ...(child.shadowRoot ? forms(child.shadowRoot) : []),
      ])
    for (const form of forms(document)) form.requestSubmit()
  })

const ways: Record<ComposerKind, readonly ((page: Page) => Promise<void>)[]> = {
  input: [press, click, submit],
  textarea: [press, click],
  editable: [press, click],
  shadow: [press, click, submit],
  nested: [press, click, submit],
  host: [press, click],
  closed: [press],
  framework: [press, click],
}

for (const kind of composerKinds) {
  test(`${kind}: a card is sent by no way, and by every way without the guard (control)`, async ({ page, doors }) => {
    await openComposers(page, doors)
    for (const way of ways[kind]) {
      await page.evaluate((kind) => window.mount(kind), kind)
      await write(page, kind, `my card is ${card}`)
      await way(page)
      expect((await sent(page)).at(-1)?.trim(), way.name).toBe(`my card is ${card}`)
      await page.evaluate(() => {
        window.sent.length = 0
        window.guard()
      })
      await write(page, kind, 'hello')
      await way(page)
      expect(
        (await sent(page)).map((one) => one.trim()),
        way.name,
      ).toEqual(['hello'])
      await write(page, kind, `my card is ${card}`)
      await way(page)
      await way(page)
      expect(
        (await sent(page)).map((one) => one.trim()),
        way.name,
      ).toEqual(['hello'])
      if (kind !== 'closed') await expect(notice(page)).toContainText('This looks like a card number')
      // What is left can be sent by the same way.
      if (kind !== 'closed') {
        await choose(page, 'Take the number out')
        await expect.poll(() => written(page)).toBe('my card is ••••')
        await enter(page, kind)
        await way(page)
        expect(
          (await sent(page)).map((one) => one.trim()),
          way.name,
        ).toEqual(['hello', 'my card is ••••'])
        await expect(notice(page)).toHaveCount(0)
      }
    }
    expect(await page.evaluate(() => window.broken)).toEqual([])
  })
}
