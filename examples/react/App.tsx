import { type FormEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { CardForm } from './CardForm.tsx'
import { useTalk } from './useTalk.ts'

/** Two routes. The chat leaves the page with the form in it, and comes back with it. */
export function App() {
  const { messages, say } = useTalk()
  const route = useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed)
      return () => removeEventListener('hashchange', changed)
    },
    () => location.hash,
  )
  return (
    <main>
      <nav>
        <b>Harbour Rooms</b>
        <a href="#chat">Chat</a>
        <a href="#room">The room</a>
      </nav>
      {route === '#room' ? <Room /> : <Chat messages={messages} say={say} />}
    </main>
  )
}

type Talk = ReturnType<typeof useTalk>

function Chat({ messages, say }: Talk) {
  const [text, setText] = useState('')
  const end = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message is what it scrolls for.
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' })
  }, [messages])

  function submit(event: FormEvent) {
    event.preventDefault()
    if (text.trim() !== '') say(text)
    setText('')
  }
  return (
    <section className="chat">
      <div className="messages" role="log">
        {messages.map(({ id, from, text, card }) => (
          <div key={id} className={`message ${from}`}>
            <p>{text}</p>
            {card && <CardForm key={card.captureId} {...card} />}
          </div>
        ))}
        <div ref={end} />
      </div>
      <form className="composer" onSubmit={submit}>
        <input aria-label="Your message" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit">Send</button>
      </form>
    </section>
  )
}

const Room = () => (
  <article>
    <h1>Lantern Room</h1>
    <p>Under the roof, with a view of the harbour light. One night, €80, breakfast included.</p>
  </article>
)
