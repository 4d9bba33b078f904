import type { Entry, Receipt, Said } from '../talk.ts'
import { brandName, copyOf, fill, find, make, money } from './dom.ts'
import { FormMessage } from './form.ts'

/** The chat's log: entries become messages, in order, and the newest stays in sight unless the reader has scrolled up. */
export class ChatLog {
  private readonly log = find('[data-log]')
  private readonly onReply: (text: string) => void
  private waitingForm = new FormMessage()
  private readonly forms: FormMessage[] = []
  /** Entries before this moment are history: a form among them that has ended is never opened. */
  private history: Entry[] | null = []

  constructor(onReply: (text: string) => void) {
    this.onReply = onReply
    this.log.append(this.waitingForm.root)
  }

  add(entry: Entry): void {
    if (this.history !== null) this.history.push(entry)
    else this.put(entry, [])
  }

  caughtUp(): void {
    const { history } = this
    if (history === null) return
    this.history = null
    this.log.querySelector('[data-waiting]')?.remove()
    for (const entry of history) this.put(entry, history)
    this.follow(true)
  }

  /** Everything goes: a new conversation begins. */
  clear(): void {
    this.waitingForm = new FormMessage()
    this.forms.length = 0
    this.history = []
    this.log.replaceChildren(this.waitingForm.root)
  }

  private put(entry: Entry, history: Entry[]): void {
    if (entry.kind === 'received') return
    const near = this.isNearEnd()
    if (entry.kind !== 'form_ended') this.dropReplies()
    switch (entry.kind) {
      case 'said': this.append(this.said(entry)); break
      case 'notice': this.append(make('p', 'notice', entry.text)); break
      case 'receipt': this.append(receipt(entry)); break
      case 'form': {
        const ended = history.some((other) => other.kind === 'form_ended' && other.capture_id === entry.capture_id)
        const form = this.waitingForm
        form.captureId = entry.capture_id
        this.forms.push(form)
        this.waitingForm = new FormMessage()
        this.log.append(this.waitingForm.root)
        if (!ended) void form.show(entry)
        else form.root.classList.add('shown')
        break
      }
      case 'form_ended':
        this.forms.find(({ captureId }) => captureId === entry.capture_id)?.end(entry)
    }
    if (near || (entry.kind === 'said' && entry.by === 'customer')) this.follow(entry.kind === 'form')
  }

  /** Before the form that waits: it must not be moved. */
  private append(message: HTMLElement): void {
    this.log.insertBefore(message, this.waitingForm.root)
  }

  private said({ by, text, replies = [] }: Said): HTMLElement {
    const message = make('div', `said ${by}`, make('span', 'unseen', by === 'agent' ? 'Ada: ' : 'You: '), make('p', '', text))
    if (replies.length === 0) return message
    const row = make('div', 'replies')
    row.setAttribute('role', 'group')
    row.setAttribute('aria-label', 'Suggested answers')
    for (const { label, main } of replies) {
      const button = make('button', main ? 'main' : '', label)
      button.type = 'button'
      button.addEventListener('click', () => this.onReply(label))
      row.append(button)
    }
    message.append(row)
    return message
  }

  private dropReplies(): void {
    for (const row of this.log.querySelectorAll('.replies')) row.remove()
  }

  private isNearEnd(): boolean {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120
  }

  private follow(atOnce: boolean): void {
    const calm = atOnce || matchMedia('(prefers-reduced-motion: reduce)').matches
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: calm ? 'instant' : 'smooth' })
  }
}

function receipt({ order, title, amount, brand, last4, state }: Receipt): HTMLElement {
  const card = copyOf('receipt')
  card.classList.add(state)
  fill(card, 'state', state === 'paid' ? 'Paid' : 'Refunded')
  fill(card, 'amount', money(amount))
  fill(card, 'title', title)
  fill(card, 'order', order)
  fill(card, 'card', `${brandName(brand)} ••${last4}`)
  return card
}
