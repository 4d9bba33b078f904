import type { FormEnded, FormLinkAnswer, FormShown } from '../talk.ts'
import { brandName, copyOf, fill, find, make } from './dom.ts'
import { formLink, formSecret, hint } from './shop-server.ts'

/**
 * The card form as a message of the chat. The widget's element stands at the end of the chat from the beginning, without
 * height, so that its frame is loaded when the agent asks; moving it would load the frame anew, so it becomes the message
 * where it stands, and the next one waits behind it.
 */
interface CaptureElement extends HTMLElement {
  request(request: { captureId: string; clientSecret: string }): Promise<{ status: string; token?: string }>
  showLink(link: FormLinkAnswer): void
}

/** What a person cannot mend in the form, though it stands. */
const byLink: readonly string[] = ['channel.timeout', 'shield.covered']

export class FormMessage {
  readonly root: HTMLElement
  captureId: string | null = null
  private readonly widget: CaptureElement | null

  constructor() {
    this.root = copyOf('form-message')
    const { publishableKey = '', frameOrigin = '', widget } = document.body.dataset
    if (widget !== 'there') {
      this.widget = null
      return
    }
    // Sound: the widget's script defines the element; `show` waits for it.
    const element = document.createElement('sallyport-capture') as CaptureElement
    element.setAttribute('publishable-key', publishableKey)
    element.setAttribute('frame-origin', frameOrigin)
    this.root.append(element)
    this.widget = element
  }

  async show(entry: FormShown): Promise<void> {
    this.captureId = entry.capture_id
    this.root.classList.add('shown')
    this.root.setAttribute('role', 'group')
    this.root.setAttribute('aria-label', `Card form for ${entry.title}`)
    try {
      if (this.widget === null) throw new Error('the widget is not there')
      await withDeadline(customElements.whenDefined('sallyport-capture'), 10_000)
      const clientSecret = await formSecret(entry.capture_id)
      this.widget.addEventListener('sallyport:ready', () => this.root.classList.add('ready'), { once: true })
      // A form that stands and waits for an answer may be done by link meanwhile.
      this.widget.addEventListener('sallyport:error', (event) => {
        if (!event.fatal && byLink.includes(event.code)) void this.offerLink(entry)
      })
      const result = await this.widget.request({ captureId: entry.capture_id, clientSecret })
      // A hint for the shop's server; what counts is what Sallyport tells it.
      if (result.token !== undefined) await hint(entry.capture_id, result.token).catch(() => {})
    } catch (error) {
      if (this.root.classList.contains('ended')) return
      if (isOfChannel(error) && (await this.offerLink(entry))) return
      this.fail(entry)
    }
  }

  /** The form did not come, or went: the same by link, where the agent has one. */
  private async offerLink(entry: FormShown): Promise<boolean> {
    const link = await formLink(entry.capture_id).catch(() => null)
    if (link === null || this.widget === null || this.root.classList.contains('ended')) return false
    this.root.classList.add('ready', 'by-link')
    this.root.setAttribute('aria-label', `Card form for ${entry.title}, by link`)
    this.widget.showLink(link)
    return true
  }

  get isOpen(): boolean {
    return this.captureId !== null && !this.root.matches('.ended, .broken')
  }

  /** What stands in its place afterwards; the log keeps what is below where it is. */
  end(entry: FormEnded): void {
    if (this.root.classList.contains('ended')) return
    this.root.classList.add('ended', entry.state)
    this.root.removeAttribute('role')
    this.root.removeAttribute('aria-label')
    if (entry.state !== 'completed') return this.root.replaceChildren(make('p', 'form-closed', closed[entry.state]))
    const card = copyOf('sealed-card')
    const brand = brandName(entry.brand ?? 'card')
    const last4 = entry.last4 ?? ''
    fill(card, 'brand', brand)
    fill(card, 'last4', last4)
    find('.sealed-face', card).setAttribute('aria-label', `${brand} ending in ${last4}, sealed in the vault`)
    this.root.replaceChildren(card)
  }

  private fail(entry: FormShown): void {
    const again = make('button', 'main', 'Load the form again')
    again.type = 'button'
    again.addEventListener('click', () => location.reload())
    this.root.classList.add('broken')
    this.root.replaceChildren(
      make(
        'div',
        'form-broken',
        make(
          'p',
          '',
          make('strong', '', 'The card form could not load.'),
          ' A blocker or the network may be in the way. Nothing was sent and nothing was charged.',
        ),
        again,
      ),
    )
    this.root.setAttribute('aria-label', `Card form for ${entry.title}: could not load`)
  }
}

const closed: Record<Exclude<FormEnded['state'], 'completed'>, string> = {
  canceled: 'Form closed. Nothing was charged.',
  expired: 'Form expired. Nothing was charged.',
  failed: 'Form ended. Nothing was charged.',
}

/** `channel.epoch_stale` says that it is open elsewhere, as by this very link. */
const isOfChannel = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^channel\.(?!epoch_stale)/.test(String(error.code))

function withDeadline(promise: Promise<unknown>, ms: number): Promise<unknown> {
  return Promise.race([
    promise,
    new Promise((_, reject) => {
      setTimeout(() => reject(new Error('too late')), ms)
    }),
  ])
}
