/** A composer as a person uses it, in the page of `composer-page.ts`: where the keyboard goes, how a message is sent, what stands there. */
import type { Page } from '@playwright/test'
import type { Doors } from './capture-door.ts'
import { type ComposerKind, openComposers } from './composer-page.ts'

export const card = '4242 4242 4242 4242'
export const notice = (page: Page) => page.locator('sallyport-notice section')
export const choose = (page: Page, name: string) => page.locator('sallyport-notice button', { hasText: name }).click()
export const sent = (page: Page): Promise<string[]> => page.evaluate(() => window.sent)
export const told = (page: Page) => page.evaluate(() => window.told)
export const written = (page: Page): Promise<string> => page.evaluate(() => window.written())

/** Puts the keyboard into the composer, wherever it is; a closed root gives itself to nobody else. */
export async function enter(page: Page, kind: ComposerKind): Promise<void> {
  await page.evaluate((kind) => {
    const inside = kind === 'nested' || kind === 'host' || kind === 'plain'
    const deep = (one: Element): HTMLElement | null => {
      const trees = one.shadowRoot ?? one
      for (const child of trees.children) {
        if (/^(INPUT|TEXTAREA)$/.test(child.tagName) || child.hasAttribute('contenteditable'))
          return child as HTMLElement // sound: by its name
        const found = deep(child)
        if (found !== null) return found
      }
      return null
    }
    ;(inside ? deep(window.composer) : window.composer)?.focus()
  }, kind)
}

export async function write(page: Page, kind: ComposerKind, text: string): Promise<void> {
  await enter(page, kind)
  await page.keyboard.insertText(text)
}

export async function press(page: Page): Promise<void> {
  await page.keyboard.press('Enter')
}

async function click(page: Page): Promise<void> {
  const box = await page.evaluate(() => {
    const place = document.getElementById('place')
    const find = (one: Element): DOMRect | null => {
      for (const child of (one.shadowRoot ?? one).children) {
        if (child.tagName === 'SALLYPORT-NOTICE') continue
        if (child.matches('button, [role=button], .send')) return child.getBoundingClientRect()
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

export const ways: Record<ComposerKind, readonly ((page: Page) => Promise<void>)[]> = {
  input: [press, click, submit],
  textarea: [press, click],
  editable: [press, click],
  shadow: [press, click, submit],
  nested: [press, click, submit],
  host: [press, click],
  closed: [press],
  framework: [press, click],
  plain: [press, click],
}

/** One chat of a kind, guarded. */
export async function guarded(
  page: Page,
  doors: Doors,
  kind: ComposerKind,
  options: { lang?: string; scheme?: string } = {},
) {
  await openComposers(page, doors, options)
  await page.evaluate((kind) => {
    window.mount(kind)
    window.guard()
  }, kind)
}
