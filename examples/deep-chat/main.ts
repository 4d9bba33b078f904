import 'deep-chat'
import { openTalk } from '../talk.ts'
import { requests } from './card-message.ts'
import '../page.css'
import './deep-chat.css'

const chat = document.querySelector('deep-chat')
if (chat === null) throw new Error('the page has no chat')

// Colours of the page, by name: its variables reach into the chat's shadow root, and change with the colour scheme.
chat.chatStyle = { width: '100%', height: '100%', border: '0', backgroundColor: 'transparent' }
chat.textInput = {
  placeholder: { text: 'Your message', style: { color: 'var(--soft)' } },
  styles: {
    container: { backgroundColor: 'var(--paper)', border: '1px solid var(--line)', boxShadow: 'none' },
    text: { color: 'var(--ink)' },
  },
}
chat.messageStyles = {
  default: {
    shared: { bubble: { fontSize: '16px', maxWidth: '82%' } },
    ai: { bubble: { backgroundColor: 'var(--bubble)', color: 'var(--ink)' } },
    user: { bubble: { backgroundColor: 'var(--brand)', color: 'var(--on-brand)' } },
  },
  html: { shared: { bubble: { backgroundColor: 'transparent', width: '100%', maxWidth: '100%', padding: '0' } } },
}
chat.submitButtonStyles = { submit: { svg: { styles: { default: { color: 'var(--soft)', filter: 'none' } } } } }
// As over a socket: the customer and the agent speak whenever they like, and the talk goes on beside an open form.
chat.connect = {
  websocket: true,
  handler: (_, signals) => {
    const own: string[] = []
    const talk = openTalk(({ from, text, card }) => {
      // The chat has drawn what was typed here; on a page that was loaded again it has not.
      if (from === 'customer' && own[0] === text) return own.shift()
      if (card !== undefined) requests.set(card.captureId, card)
      signals.onResponse({ role: from === 'agent' ? 'ai' : 'user', text })
      if (card !== undefined) signals.onResponse({ html: `<card-message capture="${card.captureId}"></card-message>` })
    })
    signals.newUserMessage.listener = ({ messages: [{ text }] }) => {
      own.push(text)
      talk.say(text)
    }
    signals.onOpen()
  },
}
