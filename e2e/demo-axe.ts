/** The shop under axe, from the greeting to the receipt, as tests of one look each. */
import { AxeBuilder } from '@axe-core/playwright'
import { cards, fillCard } from '../testing/index.ts'
import { Shop } from './shop.ts'
import { expect, test } from './stack.ts'

export function axeFindsNothing(viewport: { width: number; height: number }, colorScheme: 'light' | 'dark'): void {
  test.describe(`at ${viewport.width} px, ${colorScheme}`, () => {
    // For the whole context: axe opens a tab of its own, and clicks go astray when that one has another size.
    test.use({ viewport, colorScheme, contextOptions: { reducedMotion: 'reduce' } })

    test('nothing for axe to find: greeting, form, receipt, panel', async ({ page, stack }) => {
      test.setTimeout(120_000)
      const shop = new Shop(page, stack)
      const holds = async (): Promise<void> => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
      }
      await shop.open()
      await shop.chooses('Lantern Room, one night')
      await shop.chooses('Yes, pay by card')
      await shop.formIsOpen()
      // The greeting stands above the form, so one look sees both.
      await holds()
      await fillCard(page, cards.visa)
      await shop.hears('All set')
      await holds()
      if (viewport.width < 700) {
        await page.getByRole('button', { name: 'Agent’s view' }).click()
        await holds()
        await page.getByRole('button', { name: 'Rooms' }).click()
        await holds()
      }
    })
  })
}
