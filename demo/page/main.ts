import { holdsCardNumber } from '../card-number.ts'
import type { ConversationAnswer } from '../talk.ts'
import { ChatLog } from './chat.ts'
import { find, make, money } from './dom.ts'
import { SeenPanel } from './seen.ts'
import { guardMessage } from './guard.ts'
import { listen, openConversation, say, ShopError } from './shop-server.ts'

/** The shop's page: a chat with Ada, what can be booked, and what Ada's program received. */
const main = find('main')
const problem = find('[data-problem]')
const presence = find('[data-presence]')
const typing = find('[data-typing]')
const message = find<HTMLInputElement>('#message')
const chat = new ChatLog((text) => void send(text))
const seen = new SeenPanel()
let quiet = (): void => {}
let begun = false

async function send(text: string): Promise<void> {
  problem.textContent = ''
  // The guard has stopped it before; this is for a page that came without its script.
  if (holdsCardNumber(text)) {
    problem.textContent = 'That looks like a card number. Please keep it for the form; it was not sent.'
    message.value = ''
    return
  }
  show('chat')
  try {
    await say(text)
    if (message.value === text) message.value = ''
  } catch (error) {
    if (error instanceof ShopError && error.status === 404) return void begin()
    problem.textContent =
      error instanceof ShopError && error.status === 429
        ? 'That was a long talk. Please begin a new chat.'
        : 'Your message did not get through. Please try again.'
  }
}

async function begin(fresh = false): Promise<void> {
  quiet()
  const answer = await openConversation(fresh).catch(() => null)
  if (answer === null) {
    presence.textContent = 'Offline, trying again'
    setTimeout(() => void begin(fresh), 2_000)
    return
  }
  if (begun) {
    chat.clear()
    seen.clear()
  }
  begun = true
  showCatalogue(answer.catalogue)
  quiet = listen({
    entry: (entry) => {
      chat.add(entry)
      seen.add(entry)
    },
    typing: (on) => {
      typing.classList.toggle('on', on)
    },
    caughtUp: () => chat.caughtUp(),
    connected: (yes) => {
      presence.textContent = yes ? 'The house’s assistant' : 'Reconnecting…'
    },
    gone: () => void setTimeout(() => void begin(), 1_000),
  })
}

function showCatalogue(items: ConversationAnswer['catalogue']): void {
  find('[data-catalogue]').replaceChildren(
    ...items.map(({ name, line, price }) => {
      const book = make(
        'button',
        '',
        make('span', 'item-name', name),
        make('span', 'item-line', line),
        make('span', 'item-price', money(price)),
      )
      book.type = 'button'
      book.addEventListener('click', () => void send(name))
      return make('li', '', book)
    }),
  )
}

function show(view: string): void {
  main.dataset['view'] = document.body.dataset['view'] = view
  for (const tab of document.querySelectorAll<HTMLElement>('.views button'))
    tab.setAttribute('aria-pressed', String(tab.dataset['view'] === view))
}

for (const tab of document.querySelectorAll<HTMLElement>('.views button'))
  tab.addEventListener('click', () => show(tab.dataset['view'] ?? 'chat'))
find('[data-composer]').addEventListener('submit', (event) => {
  event.preventDefault()
  if (message.value.trim() !== '') void send(message.value)
})
find('[data-fresh]').addEventListener('click', () => {
  guardMessage(message)
  void begin(true)
})
guardMessage(message)
if (document.body.dataset['widget'] !== 'there')
  problem.textContent = 'Payments are not possible just now; the chat works.'
void begin()
