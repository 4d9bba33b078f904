/** The shop's chat as its pages see it. Whatever chat you have takes this file's place. */
export interface Message {
  id: number
  from: 'agent' | 'customer'
  text: string
  /** The agent asks for a card: what `request()` of the element takes. */
  card?: { captureId: string; clientSecret: string }
}

export interface Talk {
  say(text: string): Promise<void>
  close(): void
}

/** Every message from the beginning, those that come later, and again those that are told twice (`id` tells them apart). */
export function openTalk(onMessage: (message: Message) => void): Talk {
  const stream = new EventSource('api/messages')
  stream.addEventListener('message', ({ data }) => onMessage(JSON.parse(data)))
  return {
    async say(text) {
      const body = JSON.stringify({ text })
      await fetch('api/say', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    },
    close: () => stream.close(),
  }
}
