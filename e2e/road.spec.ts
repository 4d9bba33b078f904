/** The whole road on the whole stack: a card typed in a chat becomes a token, a charge and a receipt; the talk goes on. */
import { cards, fillCard } from '../testing/index.ts'
import { expect, test } from './engines/test.ts'
import { expectContiguous, Shop, typesOf } from './shop.ts'

test.describe.configure({ mode: 'parallel' })

test("by mouse: from the wish to the receipt, and the agent's log holds every station in order", async ({
  page,
  stack,
}) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  // In a sandbox the form says so.
  await expect(shop.form.frameLocator('iframe').locator('#badge', { hasText: /^Sandbox$/ })).toBeVisible()
  await fillCard(page, cards.visa)
  await shop.hears('All set')
  await expect(page.locator('.receipt')).toContainText('Visa ••4242')
  expect(await page.locator('.sealed-face').getAttribute('aria-label')).toMatch(/Visa ending in 4242/)

  await expect.poll(async () => typesOf(await shop.events())).toContain('charge.captured')
  const events = await shop.events()
  expectContiguous(events)
  const captured = typesOf(events, 'capture.').filter((type) => !type.startsWith('capture.field'))
  expect(captured).toEqual([
    'capture.created',
    'capture.channel.attached',
    'capture.shield.raised',
    'capture.offered',
    'capture.processing',
    'capture.completed',
  ])
  expect(typesOf(events, 'charge.')).toEqual(['charge.created', 'charge.captured'])
  const log = await shop.received()
  const name = log.map((entry) => entry.name)
  expect(name.indexOf('POST /v1/charges')).toBeGreaterThan(name.indexOf('capture.completed'))
  expect(JSON.stringify(log)).not.toMatch(/4242 ?4242/)
})

test('by keyboard alone: from the suggestion to the receipt', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  const { keyboard } = page
  /** Tab until the keyboard is there; a person would not go round more than once either. */
  const tabTo = async (is: () => Promise<boolean>): Promise<void> => {
    for (let steps = 0; steps < 40; steps += 1) {
      if (await is()) return
      await keyboard.press('Tab')
    }
    throw new Error('the keyboard does not get there')
  }
  const onButton = (label: string) => () => page.evaluate((text) => document.activeElement?.textContent === text, label)
  const inField = (autocomplete: string) => () =>
    shop
      .field(autocomplete)
      .evaluate((input) => input.ownerDocument.hasFocus() && input.ownerDocument.activeElement === input)

  await tabTo(onButton('Lantern Room, one night'))
  await keyboard.press('Enter')
  await shop.hears('Shall I take the payment')
  await tabTo(onButton('Yes, pay by card'))
  await keyboard.press('Space')
  await shop.formIsOpen()
  await tabTo(inField('cc-number'))
  await keyboard.type('5555555555554444')
  await keyboard.press('Tab')
  await keyboard.type('1231')
  await keyboard.press('Tab')
  await keyboard.type('123')
  await keyboard.press('Enter')
  await shop.hears('All set')
  await expect(page.locator('.receipt')).toContainText('Mastercard ••4444')
})

test('a declined card, then another in the same talk; both are captures of their own', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await shop.paysAfterDecline()
  await expect
    .poll(async () => typesOf(await shop.events(), 'charge.'))
    .toEqual(['charge.created', 'charge.declined', 'charge.created', 'charge.captured'])
  const events = await shop.events()
  expectContiguous(events)
  const created = events.filter((event) => event.type === 'capture.created')
  expect(created).toHaveLength(2)
  expect(created[1]?.data).toMatchObject({ retry_of: created[0]?.subject })
})

test('too little money on the card is said in words', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await fillCard(page, cards.insufficientFunds)
  await shop.hears('not enough on that card')
})

test('a short number brings a hint from the agent, without a digit of it', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await shop.field('cc-number').pressSequentially('4242424242')
  await shop.field('cc-number').press('Tab')
  await shop.hears('a little short')
  const rejected = (await shop.events()).find(({ type }) => type === 'capture.field.rejected')
  expect(rejected?.data).toMatchObject({ field: 'number', code: 'incomplete' })
  expect(JSON.stringify(await shop.received())).not.toContain('4242')
})

test('a question in the middle is answered; what stands in the form stays, and the form goes on', async ({
  page,
  stack,
}) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await fillCard(page, cards.visa, { submit: false })
  await shop.says('Can I cancel later?')
  await shop.hears('six in the evening')
  await expect
    .poll(async () => typesOf(await shop.events()))
    .toEqual(expect.arrayContaining(['capture.suspended', 'capture.resumed']))
  await expect(shop.field('cc-number')).toHaveValue(/4242$/)
  await shop.button(/^Pay/).click()
  await shop.hears('All set')
  expectContiguous(await shop.events())
})

test('"not now" in the form ends it in a friendly way, and it comes again on demand', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await shop.button('Not now').click()
  await shop.hears('the form is closed and nothing was charged')
  expect((await shop.events()).at(-1)).toMatchObject({ type: 'capture.canceled', data: { by: 'customer' } })
  await shop.chooses('Show the form again')
  await shop.formIsOpen()
})

test('"not now" in the chat takes the form away', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await shop.says('not now')
  await shop.hears('the form is closed and nothing was charged')
  await expect(shop.form).toHaveCount(0)
  expect((await shop.events()).at(-1)).toMatchObject({ type: 'capture.canceled', data: { by: 'agent' } })
})

test('a form whose time is over is offered again', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await shop.sallyport.test.expire(await shop.captureId())
  await shop.hears('time ran out')
  await expect(page.locator('.form-closed')).toContainText('Nothing was charged')
  await shop.chooses('Show the form again')
  await shop.formIsOpen()
})

test('a bank that does not answer is asked again, and the card is charged once', async ({ page, stack }) => {
  test.setTimeout(60_000)
  const shop = await new Shop(page, stack).open()
  await shop.toForm('Late checkout')
  await fillCard(page, cards.visa)
  await expect(page.locator('.said.agent', { hasText: 'All set' })).toBeVisible({ timeout: 40_000 })
  await expect
    .poll(async () => typesOf(await shop.events(), 'charge.').filter((type) => type === 'charge.captured'))
    .toHaveLength(1)
  expectContiguous(await shop.events())
})

test('a refund is given in the same talk', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm('Breakfast for two')
  await fillCard(page, cards.visa)
  await shop.hears('All set')
  await shop.chooses('Refund my order')
  await shop.hears('goes back to the same card')
  await expect(page.locator('.receipt.refunded')).toContainText('€24.00')
  await expect.poll(async () => typesOf(await shop.events())).toContain('charge.refunded')
  expectContiguous(await shop.events())
})

test('a reload in the middle brings the talk and the form back', async ({ page, stack }) => {
  const shop = await new Shop(page, stack).open()
  await shop.toForm()
  await page.reload()
  await shop.hears('Here is the form')
  await shop.formIsOpen()
  await fillCard(page, cards.visa)
  await shop.hears('All set')
})
