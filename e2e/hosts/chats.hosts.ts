/**
 * Chats from npm, each with the card form as a message of the conversation: to a token, with the message moved and taken
 * away meanwhile as lists do, and nothing of the number where the host's origin could read it.
 */
import type { Page } from '@playwright/test'
import { ChatPage, cards, expect, test } from './chat-page.ts'
import type { Example } from './composers.ts'

interface Chat {
  example: Example
  /** The chat hides its form and does not take it off the page. */
  keeps?: true
  /** The chat leaves the page and comes back, in the way that this page has. */
  away(page: Page): Promise<void>
  back(page: Page): Promise<void>
}

/** A button of the page unmounts the chat, or hides it. */
const byButton = {
  away: (page: Page) => page.getByRole('button', { name: 'Hide chat' }).click(),
  back: (page: Page) => page.getByRole('button', { name: 'Show chat' }).click(),
}

const chats: Chat[] = [
  {
    example: 'deep-chat',
    // It keeps no history over a removal of its own, so here it is the message that goes, as with `maxVisibleMessages`.
    away: (page) =>
      page.evaluate(() => {
        const message = document.querySelector('deep-chat')?.shadowRoot?.querySelector('card-message')
        Object.assign(window, { message, place: message?.parentElement })
        message?.remove()
      }),
    back: (page) =>
      page.evaluate(() => {
        const { message, place } = window as unknown as { message: Element; place: Element }
        place.append(message)
      }),
  },
  { example: 'webchat', keeps: true, ...byButton },
  { example: 'chatscope', ...byButton },
  { example: 'assistant-ui', ...byButton },
]

/** As a list does that sorts, groups or recycles its rows: the message's node is put in again, with all that is in it. */
const moveMessage = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const find = (root: Document | ShadowRoot): Element | null => {
      const here = root.querySelector('sallyport-capture')
      if (here !== null) return here
      for (const element of root.querySelectorAll('*')) {
        const found = element.shadowRoot && find(element.shadowRoot)
        if (found) return found
      }
      return null
    }
    const row = find(document)?.parentElement
    if (!row?.parentElement) return false
    row.parentElement.insertBefore(row, row.nextSibling)
    return true
  })

for (const { example, keeps = false, away, back } of chats) {
  test.describe(example, () => {
    test(`${example}: a card becomes a token, the host sees no digit of it, and the talk goes on`, async ({
      page,
      hosts,
    }) => {
      const chat = await ChatPage.open(page, hosts, example)
      await chat.paysInTalk()
      const { state, token } = await chat.capture()
      expect([state, token?.id]).toEqual(['completed', expect.stringMatching(/^tok_test_/)])
      expect(chat.seen.requests.length).toBeGreaterThan(3)
      expect(await chat.leaks(cards.visa.number)).toEqual([])
      expect(chat.seen.violations).toEqual([])
    })

    test(`${example}: the request survives its message being moved, and the chat being taken away`, async ({
      page,
      hosts,
    }) => {
      const chat = await ChatPage.open(page, hosts, example)
      const first = await chat.toForm()
      await first.locator('input[autocomplete="cc-number"]').pressSequentially('4242')
      expect(await moveMessage(page)).toBe(true)
      await expect.poll(() => first.isDetached()).toBe(true)
      const second = await chat.form()
      const number = second.locator('input[autocomplete="cc-number"]')
      await number.pressSequentially('4242')
      await away(page)
      if (keeps) await expect(page.locator('sallyport-capture')).toBeHidden()
      // A form that is dressed anew measures itself, and where it is hidden it has no height.
      await page.emulateMedia({ colorScheme: 'dark' })
      await expect.poll(() => second.isDetached()).toBe(!keeps)
      await back(page)
      if (keeps) await expect(number).toHaveValue('4242')
      await chat.pays()
      await chat.hears('The card ending in 4242 paid €80')
      expect(page.frames().filter((frame) => frame.url().startsWith(hosts.capture))).toHaveLength(1)
      expect(chat.seen.violations).toEqual([])
    })
  })
}

test('control: a number that is written into the chat itself is found in the requests and in the text', async ({
  page,
  hosts,
}) => {
  const chat = await ChatPage.open(page, hosts, 'react')
  await chat.say(`my card is ${cards.visa.number.replace(/(.{4})/g, '$1 ')}`)
  await chat.hears('Say “pay” to book the room')
  expect(await chat.leaks(cards.visa.number)).toEqual(['requests', 'text'])
})
