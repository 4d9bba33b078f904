/** WebDriver BiDi over a web socket, as far as the tests need it (W3C WebDriver BiDi §7). */
const answerMsMax = 120_000

interface Answer {
  type: 'success' | 'error' | 'event'
  id?: number
  result?: unknown
  error?: string
  message?: string
}

/** What a script gives back: a value, an element or a window. */
export interface Remote {
  type: string
  value?: unknown
  sharedId?: string
}

export class Bidi {
  readonly #socket: WebSocket
  readonly #pending = new Map<number, (answer: Answer) => void>()
  #last = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      // Sound: the protocol's answers and events.
      const answer = JSON.parse(String(data)) as Answer
      if (answer.id !== undefined) this.#pending.get(answer.id)?.(answer)
    })
    socket.addEventListener('close', () => {
      for (const settle of this.#pending.values()) settle({ type: 'error', error: 'the browser is gone' })
    })
  }

  static async connect(address: string): Promise<Bidi> {
    const socket = new WebSocket(address)
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve())
      socket.addEventListener('error', () => reject(new Error(`nothing answers at ${address}`)))
    })
    return new Bidi(socket)
  }

  async send<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#last
    const answer = await new Promise<Answer>((resolve) => {
      const late = setTimeout(() => resolve({ type: 'error', error: `${method} was not answered` }), answerMsMax)
      this.#pending.set(id, (given) => {
        clearTimeout(late)
        resolve(given)
      })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
    this.#pending.delete(id)
    if (answer.type === 'error') throw new Error(`${method}: ${answer.error} ${answer.message ?? ''}`)
    return answer.result as T // sound: the caller names what this method answers
  }

  /** Runs in the page's own realm; waits for what it promises. */
  async evaluate(context: string, expression: string): Promise<Remote> {
    const answer = await this.send<{ type: string; result: Remote; exceptionDetails: { text: string } }>(
      'script.evaluate',
      { expression, target: { context }, awaitPromise: true },
    )
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text)
    return answer.result
  }

  close(): void {
    this.#socket.close()
  }
}
