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

/** Every message once: from the beginning, and as they come. */
export function openTalk(onMessage: (message: Message) => void): Talk {
  const stream = new EventSource('api/messages')
  let last = 0
  stream.addEventListener('message', ({ data }) => {
    const message: Message = JSON.parse(data)
    // A connection that broke off and came back tells everything again.
    if (message.id <= last) return
    last = message.id
    onMessage(message)
  })
  return {
    async say(text) {
      const body = JSON.stringify({ text })
      await fetch('api/say', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    },
    close: () => stream.close(),
  }
}
