import { expect, test } from 'vitest'
import { cards, fillCard, type FrameLike, type PageLike, type TestCard } from './index.ts'

interface Form {
  page: PageLike
  presses: number
  filled: string[]
}

/** A form whose first clicks are lost, and which then sends; with fields of these names. */
function formThat({ loses = 0, asks = ['cc-number', 'cc-exp', 'cc-csc'] } = {}): Form {
  const form: Form = { page: { frames: () => [frame] }, presses: 0, filled: [] }
  const sent = (): boolean => form.presses > loses
  const locator: FrameLike['locator'] = (selector) => ({
    fill: async () => void form.filled.push(selector),
    click: async () => {
      form.presses += 1
    },
    isEnabled: async () => true,
    isVisible: async () =>
      selector.startsWith('input')
        ? asks.some((name) => selector.includes(name))
        : selector.startsWith('button') || sent(),
  })
  const frame: FrameLike = { url: () => 'http://capture.localhost/f/pk_test_x', isDetached: () => false, locator }
  return form
}

test('a form is pressed once where it takes the press', async () => {
  const form = formThat()
  await fillCard(form.page, cards.visa)
  expect([form.presses, form.filled.length]).toEqual([1, 3])
})

test('a press that went elsewhere is made again', async () => {
  const form = formThat({ loses: 1 })
  await fillCard(form.page, cards.visa)
  expect(form.presses).toBe(2)
})

test('a form that never takes it is told of', async () => {
  const form = formThat({ loses: 9 })
  await expect(fillCard(form.page, cards.visa, { timeoutMs: 1_200 })).rejects.toThrow('did not take the press')
})

test('a postal code is filled where the form asks, and missed where the card has none', async () => {
  const asks = ['cc-number', 'postal-code']
  const card: TestCard = { ...cards.visa, postalCode: '94107' }
  const form = formThat({ asks })
  await fillCard(form.page, card)
  expect(form.filled).toHaveLength(2)
  await expect(fillCard(formThat({ asks }).page, cards.visa)).rejects.toThrow('asks for postal-code')
})
