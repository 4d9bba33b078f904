import { ChatContainer, MainContainer, Message, MessageInput, MessageList } from '@chatscope/chat-ui-kit-react'
import { useState } from 'react'
import { CardForm } from '../react/CardForm.tsx'
import { useTalk } from '../react/useTalk.ts'

export function App() {
  const { messages, say } = useTalk()
  const [open, setOpen] = useState(true)
  return (
    <main>
      <nav>
        <b>Harbour Rooms</b>
        <button type="button" onClick={() => setOpen(!open)}>
          {open ? 'Hide chat' : 'Show chat'}
        </button>
      </nav>
      {open && (
        <MainContainer>
          <ChatContainer>
            <MessageList>
              {messages.map(({ id, from, text, card }) => (
                <Message
                  key={id}
                  className={card && 'with-form'}
                  model={{
                    type: card ? 'custom' : 'text',
                    message: text,
                    direction: from === 'customer' ? 'outgoing' : 'incoming',
                    position: 'single',
                  }}
                >
                  {card && (
                    <Message.CustomContent>
                      {text}
                      <CardForm key={card.captureId} {...card} />
                    </Message.CustomContent>
                  )}
                </Message>
              ))}
            </MessageList>
            <MessageInput placeholder="Your message" attachButton={false} onSend={(_html, text) => say(text)} />
          </ChatContainer>
        </MainContainer>
      )}
    </main>
  )
}
