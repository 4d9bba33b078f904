/** A whole payment as the accessibility tree tells it: what is met, what is wrong, that it is being sent, and how it ended. */
import { expect, type Frame, type Page } from '@playwright/test'
import { cards } from '../testing/index.ts'
import { treeOf, type TreeNode } from './accessibility-tree.ts'
import { ask, test } from './form-in-chat.ts'

const interactive = ['textbox', 'combobox', 'button', 'link', 'form', 'heading', 'status', 'alert']

async function met(page: Page, form: Frame): Promise<TreeNode[]> {
  return (await treeOf(page, form)).filter(({ role }) => interactive.includes(role))
}
const named = (nodes: readonly TreeNode[], role: string): string[] =>
  nodes.filter((node) => node.role === role).map(({ name }) => name)
const inFocus = (nodes: readonly TreeNode[]): string | undefined => nodes.find(({ states }) => states['focused'])?.name

test('by the accessibility tree and the keyboard alone: the form is met, mended, sent, and its receipt is read', async ({
  page,
  doors,
}) => {
  const { form, result } = await ask(page, doors)
  // From the page, the form is one named frame; in it, everything has a name.
  expect(named(await treeOf(page), 'Iframe')).toEqual(['Secure card form'])
  const ready = await met(page, form)
  expect(named(ready, 'form')).toEqual(['Pay Northwind Coffee €42.00'])
  expect(named(ready, 'textbox')).toEqual(['Card number', 'Expiry', 'Security code', 'Name on card optional'])
  expect(named(ready, 'button')).toEqual(['Pay €42.00', 'Not now'])
  expect(ready.filter(({ role, states }) => role === 'textbox' && states['required']).length).toBe(3)

  // Sent empty: each field says that it is wrong and why, and the keyboard is in the first.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect.poll(async () => inFocus(await met(page, form))).toBe('Card number')
  const wrong = (await met(page, form)).filter(({ states }) => states['invalid'] === 'true')
  expect(wrong.map(({ name }) => name)).toEqual(['Card number', 'Expiry', 'Security code'])
  const said = (await met(page, form)).find(({ role }) => role === 'status')
  expect(said).toMatchObject({ text: expect.stringMatching(/^\w.+: .+\.$/), states: { live: 'polite' } })
  for (const { name, description } of wrong) expect(description, name).toMatch(/\w{4}.*\.$/)

  let answer = (): void => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  doors.intake.before = async (path) => {
    if (path === '/v1/submit') await held
    return undefined
  }
  for (const value of [cards.visa.number, cards.visa.expiry, cards.visa.cvc]) {
    await page.keyboard.type(value)
    await page.keyboard.press('Tab')
  }
  expect((await met(page, form)).filter(({ states }) => states['invalid'] === 'true')).toEqual([])
  await page.keyboard.press('Enter')
  const sending = async () => (await met(page, form)).find(({ role, states }) => role === 'button' && states['busy'])
  await expect.poll(sending).toBeDefined()
  answer()

  expect(await result).toMatchObject({ status: 'completed', last4: '4242' })
  await expect.poll(async () => named(await met(page, form), 'heading')).toEqual(['Visa •••• 4242 · €42.00'])
  const receipt = await met(page, form)
  expect([...named(receipt, 'textbox'), ...named(receipt, 'button')]).toEqual([])
  expect(receipt.find(({ role }) => role === 'status')?.text).toBe('Visa •••• 4242 · €42.00')
  // The keyboard is with it, so that Tab goes on from there.
  expect((await treeOf(page, form)).filter(({ states }) => states['focused']).at(-1)?.name).toContain('•••• 4242')
})
