/** The shop's agent. A model may take its place: it sees what is said, and of a card the token, the brand and four digits. */
import { createSallyport, type CreateCaptureRequest, type Sallyport, SallyportError } from 'sallyport/agent'
import type { Message } from '../talk.ts'

export interface AgentSettings {
  gatewayUrl: string
  secretKey: string
}

const price = { amount_minor: 8000, currency: 'EUR' }

/** One conversation, in memory. */
export class Conversation {
  readonly messages: Message[] = []
  readonly #id = `chat_${crypto.randomUUID()}`
  readonly #listeners = new Set<(message: Message) => void>()
  readonly #sallyport: Sallyport
  /** The form that stands open, and the one that a next attempt follows. */
  #open: string | null = null
  #last: string | null = null
  #paid = false

  constructor({ gatewayUrl, secretKey }: AgentSettings) {
    this.#sallyport = createSallyport({ baseUrl: gatewayUrl, secretKey })
    this.#say('Good evening, this is Harbour Rooms. The Lantern Room is free tonight: €80. Say “pay” to book it.')
  }

  listen(hear: (message: Message) => void): () => void {
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  async hear(text: string): Promise<void> {
    this.#tell({ from: 'customer', text })
    if (this.#open !== null) return this.#say('Breakfast is from seven to ten. The form stays open, take your time.')
    if (this.#paid) return this.#say('The room is yours. Check-in is from three.')
    if (!/\bpay\b/i.test(text)) return this.#say('Breakfast is from seven to ten. Say “pay” to book the room.')
    await this.#askForCard()
  }

  async #askForCard(): Promise<void> {
    const request: CreateCaptureRequest = { conversation: this.#id, purpose: 'pay', amount: price }
    if (this.#last !== null) request.retry_of = this.#last
    const { id, client_secret } = await this.#sallyport.captures.create(request)
    this.#open = this.#last = id
    const card = { captureId: id, clientSecret: client_secret }
    this.#tell({ from: 'agent', text: 'Here is the form. What you type goes to the vault, and I never see it.', card })
    // Not awaited: the talk goes on meanwhile.
    this.#charge(id).catch(() => this.#say('Something went wrong here. Say “pay” to try again.'))
  }

  /** Goes on by the server's word, never by the browser's. */
  async #charge(captureId: string): Promise<void> {
    try {
      const { token } = await this.#sallyport.captures.completed(captureId)
      const charge = await this.#sallyport.charges.create({ token: token.id, ...price, reference: this.#id })
      this.#paid = charge.state === 'captured'
      const { last4 = '' } = charge.card ?? {}
      if (this.#paid) this.#say(`Thank you. The card ending in ${last4} paid €80, and the Lantern Room is yours.`)
      else this.#say(`The bank said no to the card ending in ${last4}. Say “pay” to use another one.`)
    } catch (error) {
      if (!(error instanceof SallyportError) || error.who !== 'customer') throw error
      this.#say('No hurry. Say “pay” when you want the form again.')
    } finally {
      this.#open = null
    }
  }

  #say(text: string): void {
    this.#tell({ from: 'agent', text })
  }

  #tell(said: Omit<Message, 'id'>): void {
    const message = { id: this.messages.length + 1, ...said }
    this.messages.push(message)
    for (const hear of this.#listeners) hear(message)
  }
}
