/** The composer guard, as built: what a person types, pastes or drops into a chat is not sent when there is a card in it. */
import { expect } from '@playwright/test'
import { card, choose, enter, guarded, notice, press, sent, told, ways, write, written } from './composer.ts'
import { composerKinds, openComposers } from './composer-page.ts'
import { test } from './form-in-chat.ts'

test.describe.configure({ mode: 'parallel' })

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

test('a card over two messages is not completed, nor group by group, and whoever says something else may', async ({
  page,
  doors,
}) => {
  await guarded(page, doors, 'input')
  const says = async (text: string): Promise<void> => {
    await write(page, 'input', text)
    await press(page)
  }
  await says('4242 4242')
  await says('one moment please')
  await says('4242 4242')
  expect(await sent(page)).toEqual(['4242 4242', 'one moment please'])
  await choose(page, 'Take the number out')
  await expect.poll(() => written(page)).toBe('')
  await says('room 12, please')
  expect((await sent(page)).at(-1)).toBe('room 12, please')
  // Control: each half alone is let through where nothing was said before.
  await page.evaluate(() => {
    window.mount('input')
    window.guard()
    window.sent.length = 0
  })
  await says('4242 4242')
  expect(await sent(page)).toEqual(['4242 4242'])
})

test('what the page sent in a way of its own counts as said', async ({ page, doors }) => {
  await guarded(page, doors, 'textarea')
  await write(page, 'textarea', '4242 4242')
  await page.evaluate(() => {
    if (window.composer instanceof HTMLTextAreaElement) {
      window.sent.push(window.composer.value)
      window.composer.value = ''
    }
  })
  await write(page, 'textarea', '4242 4242')
  await press(page)
  expect(await sent(page)).toEqual(['4242 4242'])
  await choose(page, 'Take the number out')
  // Control: what the person took back was not said.
  await page.evaluate(() => {
    window.mount('textarea')
    window.guard()
  })
  await write(page, 'textarea', '4242 4242')
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')
  await write(page, 'textarea', '4242 4242')
  await press(page)
  expect(await sent(page)).toEqual(['4242 4242', '4242 4242'])
})

test('what is pasted or dropped is told of at once, and not sent', async ({ page, doors, context }) => {
  await guarded(page, doors, 'textarea')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate((card) => navigator.clipboard.writeText(card), card)
  await enter(page, 'textarea')
  await page.keyboard.press('Control+V')
  await expect(notice(page)).toContainText('This looks like a card number')
  expect(await told(page), 'nobody tried to send it yet').toEqual([])
  await press(page)
  expect(await sent(page)).toEqual([])
  await page.evaluate(() => {
    window.mount('editable')
    window.guard()
  })
  const box = await page.locator('[contenteditable]').boundingBox()
  if (box === null) throw new Error('the editor is not shown')
  const session = await context.newCDPSession(page)
  const data = { items: [{ mimeType: 'text/plain', data: card }], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data })
  await expect.poll(async () => (await written(page)).trim()).toBe(card)
  await expect(notice(page)).toContainText('This looks like a card number')
  await page.locator('#place [role=button]').click()
  expect(await sent(page)).toEqual([])
})

test('an Enter that ends a composition is left to the input method, and does not send a card to a page that takes it for one', async ({
  page,
  doors,
  context,
}) => {
  await guarded(page, doors, 'textarea')
  const session = await context.newCDPSession(page)
  const compose = async (text: string): Promise<void> => {
    await enter(page, 'textarea')
    await session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    await page.keyboard.press('Enter')
  }
  // Control: this page does not ask whether an Enter is a composition's.
  await compose('カード')
  expect(await sent(page)).toEqual(['カード'])
  await compose('４２４２４２４２４２４２４２４２')
  expect(await sent(page)).toEqual(['カード'])
  await session.send('Input.insertText', { text: '４２４２４２４２４２４２４２４２' })
  await press(page)
  expect(await sent(page)).toEqual(['カード'])
  await expect(notice(page)).toContainText('This looks like a card number')
})

test('a form that is sent or read by a script carries the message without the card', async ({ page, doors }) => {
  await openComposers(page, doors)
  await page.evaluate(() => window.mount('input'))
  const read = (): Promise<unknown> =>
    page.evaluate(() => {
      const form = document.querySelector('form')
      return form && new FormData(form).get('message')
    })
  await write(page, 'input', `my card is ${card}`)
  expect(await read()).toBe(`my card is ${card}`)
  await page.evaluate(() => window.guard())
  expect(await read()).toBe('my card is ••••')
  const submitted = page.waitForRequest('**/sent?*')
  await page.evaluate(() => {
    const form = document.querySelector('form')
    if (form === null) return
    form.action = '/sent'
    form.submit()
  })
  expect(new URL((await submitted).url()).searchParams.get('message')).toBe('my card is ••••')
})
