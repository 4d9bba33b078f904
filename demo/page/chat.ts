import type { Entry, FormEnded, FormShown, Receipt, Said } from '../talk.ts'
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
  private readonly way = find('[data-way]')
  /** A form grows when it has loaded, and is then shown whole; it folds to a line when it is done, and nothing moves. */
  private readonly sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) this.resized(target as HTMLElement) // sound: only forms' messages are observed
  })
  private readonly heights = new WeakMap<HTMLElement, number>()
  /** Something has folded and is not painted yet: scrolling on in the same frame would be a jump. */
  private held = false

  constructor(onReply: (text: string) => void) {
    this.onReply = onReply
    this.log.append(this.waitingForm.root)
    this.log.addEventListener(
      'scroll',
      () => {
        if (this.isNearEnd()) this.way.hidden = true
      },
      { passive: true },
    )
    // What comes between the log and the composer covers nothing: who was at the end stays there.
    let height = this.log.clientHeight
    new ResizeObserver(() => {
      const lost = height - this.log.clientHeight
      height = this.log.clientHeight
      const wasAtEnd = this.end - this.log.scrollTop - lost < 120
      if (lost > 0 && wasAtEnd && !this.forms.some(({ isOpen }) => isOpen)) this.log.scrollTop += lost
    }).observe(this.log)
    this.way.addEventListener('click', () => {
      this.log.scrollTop = this.log.scrollHeight
      this.log.focus({ preventScroll: true })
    })
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
      case 'said':
        this.append(this.said(entry))
        break
      case 'notice':
        this.append(make('p', 'notice', entry.text))
        break
      case 'receipt':
        this.append(receipt(entry))
        break
      case 'form':
        this.openForm(
          entry,
          history.some((other) => other.kind === 'form_ended' && other.capture_id === entry.capture_id),
        )
        break
      case 'form_ended':
        this.endForm(entry)
    }
    if (near || (entry.kind === 'said' && entry.by === 'customer')) this.follow(entry.kind === 'form')
    else this.showWay()
  }

  private openForm(entry: FormShown, hasEnded: boolean): void {
    const form = this.waitingForm
    form.captureId = entry.capture_id
    this.forms.push(form)
    this.waitingForm = new FormMessage()
    this.log.append(this.waitingForm.root)
    form.root.classList.add('shown')
    if (hasEnded) return
    void form.show(entry)
    this.sizes.observe(form.root)
  }

  /** The form gives way to something lower. What stands below it stays where the reader has it: the log scrolls instead. */
  private endForm(entry: FormEnded): void {
    const form = this.forms.find(({ captureId }) => captureId === entry.capture_id)
    if (form === undefined) return
    this.sizes.unobserve(form.root)
    const below = form.root.nextElementSibling
    const before = below?.getBoundingClientRect().top ?? 0
    const hadFocus = form.root.contains(document.activeElement)
    form.end(entry)
    this.hold(form.root, before - (below?.getBoundingClientRect().top ?? 0))
    if (hadFocus) rest(form.root)
  }

  /** Called before the new size is painted: what is put right here was never seen wrong. */
  private resized(root: HTMLElement): void {
    const { height } = root.getBoundingClientRect()
    const before = this.heights.get(root) ?? 0
    this.heights.set(root, height)
    if (height < before) this.hold(root, before - height)
    else if (this.isNearEnd()) this.follow(true)
  }

  /** What stands below `root` has come up by `moved`: the log scrolls instead, and what is missing stays empty. */
  private hold(root: HTMLElement, moved: number): void {
    if (root.nextElementSibling === this.waitingForm.root || moved <= 0) return
    this.held = true
    afterPaint(() => {
      this.held = false
    })
    const missing = moved - this.log.scrollTop
    this.log.scrollTop -= moved
    if (missing <= 0) return
    const height = root.getBoundingClientRect().height + missing
    this.heights.set(root, height)
    root.style.minBlockSize = `${height}px`
  }

  /** Before the form that waits: it must not be moved. */
  private append(message: HTMLElement): void {
    this.log.insertBefore(message, this.waitingForm.root)
  }

  private said({ by, text, replies = [] }: Said): HTMLElement {
    const message = make(
      'div',
      `said ${by}`,
      make('span', 'unseen', by === 'agent' ? 'Ada: ' : 'You: '),
      make('p', '', text),
    )
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

  /** Who had the keyboard on a suggestion goes on from its message: the next Tab is into what follows. */
  private dropReplies(): void {
    for (const row of this.log.querySelectorAll('.replies')) {
      const hadFocus = row.contains(document.activeElement)
      const message = row.parentElement
      row.remove()
      if (hadFocus && message) rest(message)
    }
  }

  private get end(): number {
    return this.log.scrollHeight - this.log.clientHeight
  }
  private isNearEnd(): boolean {
    return this.end - this.log.scrollTop < 120
  }

  /** To the newest message; but a form that somebody is typing into is not scrolled away under their hands. */
  private follow(atOnce: boolean): void {
    if (this.held) return afterPaint(() => this.follow(atOnce))
    const form = this.forms.find(({ isOpen }) => isOpen)
    const holds = form !== undefined && (atOnce || form.root.contains(document.activeElement))
    const top = holds ? Math.min(this.end, Math.max(form.root.offsetTop - 12, this.log.scrollTop)) : this.end
    const calm = atOnce || matchMedia('(prefers-reduced-motion: reduce)').matches
    this.log.scrollTo({ top, behavior: calm ? 'instant' : 'smooth' })
    if (holds) this.showWay()
  }

  private showWay(): void {
    this.way.hidden = this.isNearEnd()
  }
}

function afterPaint(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(run))
}

/** The keyboard's place where the thing that had it is gone. */
function rest(element: HTMLElement): void {
  element.tabIndex = -1
  element.focus({ preventScroll: true })
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
