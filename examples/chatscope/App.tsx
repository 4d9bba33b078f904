import { ChatContainer, MainContainer, Message, MessageInput, MessageList } from '@chatscope/chat-ui-kit-react'
import { CardForm } from '../react/CardForm.tsx'
import { Hideable } from '../react/Hideable.tsx'
import { useTalk } from '../react/useTalk.ts'

export function App() {
  const { messages, say } = useTalk()
  const chat = (open: boolean) =>
    open && (
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
                    <p>{text}</p>
                    <CardForm key={card.captureId} {...card} />
                  </Message.CustomContent>
                )}
              </Message>
            ))}
          </MessageList>
          <MessageInput placeholder="Your message" attachButton={false} onSend={(_html, text) => say(text)} />
        </ChatContainer>
      </MainContainer>
    )
  return <Hideable chat={chat} />
}
