/** What the fields do in a real document: what assistive technology reads, the code alone, and a name that is typed once. */
import { expect, type Frame, type Page } from '@playwright/test'
import { cobadges } from '../detect/cobadges.ts'
import { cards, fillCard } from '../testing/index.ts'
import { treeOf } from './accessibility-tree.ts'
import type { Doors, FakeIntake } from './capture-door.ts'
import { nextCapture, test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

test.describe.configure({ mode: 'parallel' })

/** A capture that intake offers so, asked for by the page's one element. */
async function asked(page: Page, doors: Doors, offer: FakeIntake['offer'] = {}) {
  nextCapture(doors, offer)
  const { intake } = doors
  if (page.url() === 'about:blank') await page.goto(doors.host)
  const result = begin(page, intake)
  const form = await formOf(page, 20_000)
  return { intake, form, result }
}

test('complaint 13: an error is read with its field and announced, and gone from the tree while it is mended', async ({
  page,
  doors,
}) => {
  const { form, intake } = await asked(page, doors)
  const number = form.locator('#number')
  await number.fill('4242424242424241')
  const field = async () =>
    (await treeOf(page, form)).find(({ role, name }) => role === 'textbox' && name === 'Card number')
  const status = async () => (await treeOf(page, form)).find(({ role }) => role === 'status')
  expect(await field()).toMatchObject({ states: { invalid: 'false' } })
  await number.press('Tab')
  expect(await field()).toMatchObject({
    states: { invalid: 'true' },
    description: expect.stringContaining('One of the digits does not seem right.'),
  })
  expect(await status()).toMatchObject({
    text: 'Card number: One of the digits does not seem right.',
    states: { live: 'polite' },
  })
  await expect(form.getByRole('status')).toHaveText('Card number: One of the digits does not seem right.')
  await expect.poll(() => intake.items).toContainEqual({ kind: 'rejected', field: 'number', code: 'checksum' })
  await number.press('End')
  await page.keyboard.press('Backspace')
  const mended = await field()
  expect(mended).toMatchObject({ states: { invalid: 'false' } })
  expect(mended?.description).not.toContain('digits')
  const heading = (await treeOf(page, form)).find(({ role }) => role === 'form')
  expect(heading?.name).toContain('Pay Northwind Coffee')
  expect(heading?.name).toContain('€42.00')
  expect(heading?.description).toContain('You pay €42.00 now.')
})

test('the code of a stored card is asked for alone, by the card that it is of', async ({ page, doors }) => {
  const { form, intake, result } = await asked(page, doors, { fields: ['cvc'], card: { brand: 'amex', last4: '0005' } })
  await expect(form.getByLabel('Security code for Amex •••• 0005')).toBeVisible()
  await expect(form.locator('input:visible')).toHaveCount(1)
  await page.keyboard.press('Tab')
  await page.keyboard.type('737')
  await page.keyboard.press('Enter')
  await expect(form.locator('#cvc-error')).toHaveText('Enter all 4 digits.')
  await page.keyboard.type('3')
  await page.keyboard.press('Enter')
  expect(await result).toMatchObject({ status: 'completed', brand: 'amex', last4: '0005' })
  expect(intake.codes).toEqual(['7373'])
})

test('a card that two networks serve asks which one, by keyboard and aloud, and seals what was chosen', async ({
  page,
  doors,
}) => {
  const { form, intake, result } = await asked(page, doors, { cobadges })
  const chooser = form.getByRole('combobox', { name: 'Card network' })
  const number = form.locator('#number')
  await number.focus()
  await page.keyboard.type('4000002')
  await expect(chooser).toHaveCount(0)
  await expect(form.locator('#number-brand')).toHaveText('Visa')
  await page.keyboard.type('500001001')
  await expect(chooser).toBeVisible()
  await expect(form.getByRole('status')).toHaveText('Card network: Cartes Bancaires, Visa')
  await expect(form.locator('#number-brand')).toBeHidden()
  // Nothing is chosen for the person.
  await expect(chooser).toHaveValue('')
  const node = (await treeOf(page, form)).find(({ role }) => role === 'combobox')
  expect(node).toMatchObject({ name: 'Card network' })
  await page.keyboard.press('Tab')
  await expect(chooser).toBeFocused()
  await page.keyboard.type('Vi')
  await expect(chooser).toHaveValue('visa')
  await page.keyboard.press('ArrowUp')
  await expect(chooser).toHaveValue('cartes_bancaires')
  // The choice is of this card: another number of it keeps it, a card of one network has none.
  await number.fill('4242424242424242')
  await expect(chooser).toHaveCount(0)
  await number.fill('5555552500001001')
  await expect(chooser).toHaveValue('')
  await chooser.selectOption('Cartes Bancaires')
  await form.locator('#expiry').fill('1230')
  await form.locator('#cvc').fill('123')
  await page.keyboard.press('Enter')
  expect(await result).toMatchObject({ status: 'completed' })
  expect(intake.opened).toMatchObject([{ number: '5555552500001001', network: 'cartes_bancaires' }])
  expect(JSON.stringify(intake.items)).not.toContain('cartes')
  expect(await page.evaluate(() => JSON.stringify(window.heard))).not.toContain('cartes')
})

test('complaint 17: a whole card is pasted, dropped or written by a clipboard that tells of no paste, and fills its fields', async ({
  page,
  context,
  doors,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const { form } = await asked(page, doors)
  const values = () =>
    form.evaluate(() =>
      ['number', 'expiry', 'cvc'].map((id) => (document.getElementById(id) as HTMLInputElement).value),
    )
  const emptied = async () => {
    for (const id of ['number', 'expiry', 'cvc']) await form.locator(`#${id}`).fill('')
  }
  const filled = ['4242 4242 4242 4242', '12 / 34', '123']
  await page.evaluate(() => navigator.clipboard.writeText('Card: 4242-4242-4242-4242\nExpires 12/34\nCVC 123\n'))
  await form.locator('#number').focus()
  await page.keyboard.press('ControlOrMeta+V')
  await expect.poll(values).toEqual(filled)
  await emptied()
  // Into any of the fields; a part of a card stays where it is pasted.
  await form.locator('#expiry').focus()
  await page.keyboard.press('ControlOrMeta+V')
  await expect.poll(values).toEqual(filled)
  await emptied()
  await page.evaluate(() => navigator.clipboard.writeText('5555 5555 5555 4444'))
  await form.locator('#number').focus()
  await page.keyboard.press('ControlOrMeta+V')
  await expect.poll(values).toEqual(['5555 5555 5555 4444', '', ''])
  await emptied()
  const drop = (id: string, text: string) =>
    form.locator(`#${id}`).evaluate((input, dropped) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.setData('text/plain', dropped)
      return input.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
    }, text)
  // `dispatchEvent` says whether the browser is left to insert the text itself.
  expect(await drop('number', '4242424242424242, 2034-12, 123')).toBe(false)
  expect(await values()).toEqual(['4242 4242 4242 4242', '12 / 2034', '123'])
  expect(await drop('number', '4242')).toBe(true)
  await emptied()
  await form.locator('#number').focus()
  await page.keyboard.insertText('4242424242424242 12/34 123')
  expect(await values()).toEqual(filled)
})

test('complaint 2: a form that was sent is gone, and its page has moved on as browsers expect that offer to keep a card', async ({
  page,
  doors,
}) => {
  await page.addInitScript(() => {
    if (!location.pathname.startsWith('/f/')) return
    const seen: string[] = []
    Object.assign(window, { seen })
    addEventListener('submit', ({ isTrusted }) => seen.push(`submit ${isTrusted}`), true)
    const replace = history.replaceState
    // What a browser that looks at this moment finds: the form away, what was typed still in it.
    history.replaceState = function (...of) {
      const form = document.querySelector('form')
      const number = document.querySelector<HTMLInputElement>('#number')
      seen.push(`moved ${form?.hidden} ${number?.value.length}`)
      replace.apply(this, of)
    }
  })
  const requests: string[] = []
  page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`))
  const { form, result } = await asked(page, doors)
  const before = await form.evaluate(() => ({
    href: location.href,
    length: history.length,
    born: performance.timeOrigin,
  }))
  const sent = requests.length
  await fillCard(page, { ...cards.visa, name: 'Zoë Müller' })
  await result
  const after = await form.evaluate(() => ({
    href: location.href,
    length: history.length,
    born: performance.timeOrigin,
  }))
  // The same document, at an address that says nothing, and no step that the chat's back button would have to undo.
  expect(after).toEqual({ ...before, href: `${before.href}#done` })
  expect(await form.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([
    'submit true',
    'moved true 19',
  ])
  expect(await form.locator('#number').inputValue()).toBe('')
  expect(requests.slice(sent).filter((one) => !/^POST \/v1\/(progress|submit|watch)$/.test(one))).toEqual([])
  expect(doors.frameViolations).toEqual([])
})

test('a name is typed once: it stands in the next try of the same talk, in no other form, and no page hears it', async ({
  page,
  doors,
}) => {
  await page.addInitScript(() => {
    const heard: unknown[] = []
    new BroadcastChannel('sallyport:name').onmessage = ({ data }) => heard.push(data)
    Object.assign(window, { names: heard })
  })
  const namesHeard = (of: Page | Frame) =>
    of.evaluate(() => JSON.stringify((window as unknown as { names: unknown[] }).names))
  const first = await asked(page, doors)
  await fillCard(page, { ...cards.declined, name: 'Zoë Müller' })
  expect(await first.result).toMatchObject({ status: 'completed' })
  const retry = { retry_of: first.intake.captureId }

  const second = await asked(page, doors, retry)
  await expect(second.form.locator('#name')).toHaveValue('Zoë Müller')
  // Control: a document of the capture origin does hear it; the page, which listens under the same name, does not.
  expect(await namesHeard(second.form)).toContain('Zoë Müller')
  expect(await namesHeard(page)).toBe('[]')
  await expect.poll(() => page.frames().length).toBe(2)
  await second.form.getByRole('button', { name: 'Not now' }).click()
  await second.result

  const tenant = await asked(page, doors, { ...retry, tenant: 'ten_y' })
  await expect.poll(() => namesHeard(tenant.form)).toContain('Zoë Müller')
  expect(await tenant.form.locator('#name').inputValue()).toBe('')
})
