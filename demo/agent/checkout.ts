import {
  assertToken,
  createSallyport,
  SallyportError,
  type CaptureAnswer,
  type CaptureLink,
  type ChargeAnswer,
  type Sallyport,
  type SallyportEvent,
} from '../../agent/index.ts'
import type { FieldName } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import type { Item } from './catalogue.ts'
import { receivedEvent, recordingFetch, type WriteDown } from './journal.ts'

/**
 * The agent's side of a payment, as a customer of Sallyport would write it: ask for the card, follow the conversation's
 * events, charge when the *server* says that the card is in the vault. What to say about it is `agent.ts`'s.
 */
export interface Order {
  item: Item
  reference: string
}
export type FormEnd = 'completed' | 'failed' | 'canceled' | 'expired'

export interface Told {
  rejected(field: FieldName, code: RejectionReason): void
  formEnded(captureId: string, state: FormEnd, card: CaptureAnswer['card']): void
  /** The bank's answer was no answer; it is being asked. */
  checking(): void
  settled(order: Order, charge: ChargeAnswer): void
  failed(error: unknown): void
}

interface Form {
  id: string
  order: Order
  secret: string
  secretUntil: number
  link?: { made: CaptureLink; until: number }
}
/** What was wrong and is mended when it is told comes with its mending: hints are paced, so that their times say nothing. */
const mendedMs = 500

/** A secret of this age is renewed before a page gets it; it lives fifteen minutes. */
const secretRenewMs = 600_000

export class Checkout {
  /** `unsettled`: a charge was asked for and no answer came. Until one does, no other card may be asked for this order. */
  doing: 'nothing' | 'opening' | 'collecting' | 'charging' | 'unsettled' = 'nothing'
  private readonly sallyport: Sallyport
  private readonly conversation: string
  private readonly write: WriteDown
  private readonly told: Told
  private readonly stop = new AbortController()
  private form: Form | null = null
  private retryOf: { order: Order; id: string } | null = null
  private owed: { order: Order; capture: CaptureAnswer } | null = null
  private following = false
  private readonly slips = new Map<FieldName, NodeJS.Timeout>()

  constructor(parts: { conversation: string; gatewayUrl: string; secretKey: string; write: WriteDown }, told: Told) {
    this.conversation = parts.conversation
    this.write = parts.write
    this.told = told
    this.sallyport = createSallyport({
      baseUrl: parts.gatewayUrl,
      secretKey: parts.secretKey,
      fetch: recordingFetch(parts.write),
    })
  }

  get closed(): boolean {
    return this.stop.signal.aborted
  }
  close(): void {
    this.stop.abort()
    this.forget()
  }

  async open(order: Order): Promise<string> {
    this.doing = 'opening'
    try {
      this.follow()
      const before = this.retryOf
      const capture = await this.sallyport.captures.create({
        conversation: this.conversation,
        purpose: 'pay',
        amount: order.item.price,
        reference: order.reference,
        ...(before?.order === order && { retry_of: before.id }),
      })
      this.form = { id: capture.id, order, secret: capture.client_secret, secretUntil: Date.now() + secretRenewMs }
      this.retryOf = { order, id: capture.id }
      return capture.id
    } finally {
      this.doing = this.form ? 'collecting' : 'nothing'
    }
  }

  /** Power over the open form, for the customer's page alone; fresh when it is getting old. */
  async secretOf(captureId: string): Promise<string | null> {
    const { form } = this
    if (form?.id !== captureId) return null
    if (Date.now() > form.secretUntil) {
      form.secret = (await this.sallyport.captures.clientSecret(captureId)).client_secret
      form.secretUntil = Date.now() + secretRenewMs
    }
    return form.secret
  }

  /** The open form by link, for the customer's page alone; a new one only where the last is over, for it would end it. */
  async linkTo(captureId: string): Promise<{ link: CaptureLink; isNew: boolean } | null> {
    const { form } = this
    if (form?.id !== captureId) return null
    if (form.link !== undefined && Date.now() < form.link.until) return { link: form.link.made, isNew: false }
    const made = await this.sallyport.captures.link(captureId)
    form.link = { made, until: Date.parse(made.expires_at) }
    return { link: made, isNew: true }
  }

  /** The form waits while the agent answers. Typing on is enough to go on, so neither call has to succeed. */
  async whileWaiting(answer: () => Promise<void>): Promise<void> {
    const id = this.form?.id
    const waits =
      id !== undefined &&
      (await this.sallyport.captures.suspend(id, 'question').then(
        () => true,
        () => false,
      ))
    await answer()
    if (waits) await this.sallyport.captures.resume(id).catch(() => {})
  }

  async cancel(): Promise<void> {
    if (this.form) await this.sallyport.captures.cancel(this.form.id)
  }

  /** A page's word about a token is a claim: compared with the capture's own, and nothing is done with it. */
  async compare(captureId: string, tokenFromPage: string): Promise<void> {
    if (captureId !== this.retryOf?.id) return
    const capture = await this.sallyport.captures.get(captureId)
    if (capture.state === 'completed') assertToken(capture, tokenFromPage)
  }

  refund(charge: ChargeAnswer): Promise<ChargeAnswer> {
    return this.sallyport.charges.refund(charge.id)
  }

  /** Everything of this conversation from its beginning; the stream reconnects by itself. */
  private follow(): void {
    if (this.following) return
    this.following = true
    const run = async (): Promise<void> => {
      for await (const event of this.sallyport.events({ conversation: this.conversation, signal: this.stop.signal })) {
        this.write(receivedEvent(event))
        this.take(event).catch((error: unknown) => this.trouble(error))
      }
    }
    run()
      .catch((error: unknown) => this.trouble(error))
      .finally(() => {
        this.following = false
      })
  }

  private trouble(error: unknown): void {
    this.doing = this.owed ? 'unsettled' : this.form ? 'collecting' : 'nothing'
    if (!this.closed) this.told.failed(error)
  }

  private async take(event: SallyportEvent): Promise<void> {
    const { form } = this
    if (form === null || event.subject !== form.id) return
    if (event.type === 'capture.field.rejected') this.slipped(event.data.field, event.data.code)
    if (event.type === 'capture.field.completed') clearTimeout(this.slips.get(event.data.field))
    if (event.type === 'capture.canceled') this.end(form, 'canceled')
    if (event.type === 'capture.expired') this.end(form, 'expired')
    if (event.type === 'capture.failed') this.end(form, 'failed')
    if (event.type === 'capture.completed') await this.charge(form)
  }

  private slipped(field: FieldName, code: RejectionReason): void {
    clearTimeout(this.slips.get(field))
    this.slips.set(
      field,
      setTimeout(() => this.told.rejected(field, code), mendedMs),
    )
  }

  private forget(): void {
    for (const slip of this.slips.values()) clearTimeout(slip)
  }

  private end(form: Form, state: FormEnd, card?: CaptureAnswer['card']): void {
    this.form = null
    this.forget()
    if (state !== 'completed') this.doing = 'nothing'
    this.told.formEnded(form.id, state, card)
  }

  private async charge({ id, order }: Form): Promise<void> {
    this.doing = 'charging'
    const capture = await this.sallyport.captures.get(id)
    if (this.form?.id !== id) return
    this.end(this.form, 'completed', capture.card)
    this.owed = { order, capture }
    await this.settle()
  }

  /** Asks for the charge, or asks again: the order is its reference, so this token is charged once for it. */
  async settle(): Promise<void> {
    if (this.owed === null) return
    const { order, capture } = this.owed
    if (capture.token === undefined) throw new SallyportError('system.internal')
    this.doing = 'charging'
    const { charges } = this.sallyport
    try {
      let charge = await charges.create({
        token: capture.token.id,
        ...order.item.price,
        capture_id: capture.id,
        reference: order.reference,
      })
      if (charge.state === 'unknown' || charge.state === 'pending' || charge.state === 'sending') {
        this.told.checking()
        charge = await charges.settled(charge.id, { signal: this.stop.signal })
      }
      this.owed = null
      this.doing = 'nothing'
      this.told.settled(order, charge)
    } catch (error) {
      // A refusal is certain: nothing was charged. Anything else may have been.
      if (error instanceof SallyportError && !error.retryable) this.owed = null
      this.doing = this.owed ? 'unsettled' : 'nothing'
      throw error
    }
  }
}
