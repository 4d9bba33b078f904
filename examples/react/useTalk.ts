import { useCallback, useEffect, useRef, useState } from 'react'
import { type Message, openTalk, type Talk } from '../talk.ts'

/** The conversation, for as long as the page is open. */
export function useTalk(): { messages: Message[]; say: (text: string) => void } {
  const [messages, setMessages] = useState<Message[]>([])
  const talk = useRef<Talk>(null)
  useEffect(() => {
    // StrictMode opens it twice, and each tells everything.
    const opened = openTalk((message) =>
      setMessages((all) => (all.some(({ id }) => id === message.id) ? all : [...all, message])),
    )
    talk.current = opened
    return () => opened.close()
  }, [])
  const say = useCallback((text: string) => void talk.current?.say(text), [])
  return { messages, say }
}
