/** The composer guard in each engine: what is typed with its own keys into each kind of composer, and what is left of it. */
import { openDoors } from '../capture-door.ts'
import { composerAddress, type ComposerKind } from '../composer-page.ts'
import { expect, test } from './test.ts'

/** What a driver's keys reach; the other kinds differ by listeners alone. */
const kinds: readonly ComposerKind[] = ['input', 'textarea', 'editable', 'shadow', 'nested', 'framework']

test('a card that is typed into a guarded composer is not sent, the rest is; without the guard it is sent (control)', async ({
  page,
}) => {
  const doors = await openDoors()
  try {
    await page.goto(composerAddress(doors))
    await page.waitForFunction(() => 'Sallyport' in window)
    const enter = (kind: ComposerKind): Promise<void> =>
      page.evaluate((kind) => {
        const inner = window.composer.shadowRoot?.querySelector('chat-field')?.shadowRoot?.querySelector('textarea')
        ;(kind === 'nested' ? inner : window.composer)?.focus()
      }, kind)
    const sent = (): Promise<string[]> => page.evaluate(() => window.sent.map((one) => one.trim()))
    const says = async (kind: ComposerKind, text: string): Promise<void> => {
      await enter(kind)
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    for (const kind of kinds) {
      await page.evaluate((kind) => {
        window.sent.length = 0
        window.mount(kind)
      }, kind)
      await says(kind, 'card 4242424242424242')
      expect(await sent(), kind).toEqual(['card 4242424242424242'])
      await page.evaluate(() => {
        window.sent.length = 0
        window.guard()
      })
      await says(kind, 'card 4242424242424242')
      expect(await sent(), kind).toEqual([])
      await page.evaluate(() => {
        const deep = (one: ParentNode): HTMLElement[] =>
          [...one.querySelectorAll<HTMLElement>('*')].flatMap((child) => [
            ...(child.getAttribute('part') === 'remove' ? [child] : []),
            ...(child.shadowRoot ? deep(child.shadowRoot) : []),
          ])
        for (const button of deep(document)) button.click()
      })
      await expect.poll(() => page.evaluate(() => window.written().trim()), { message: kind }).toBe('card ••••')
      await enter(kind)
      await page.keyboard.press('Enter')
      expect(await sent(), kind).toEqual(['card ••••'])
    }
    expect(await page.evaluate(() => window.broken)).toEqual([])
  } finally {
    await doors.close()
  }
})
