/** The running sandbox's form, in what was chosen: the element as any page has it, dressed by CSSOM. */
import type { ThemeNotes } from '../../../protocol/look/tokens.ts'
import { tokenNames } from '../../../protocol/look/tokens.ts'
import { ShopError, themingForm } from '../shop-server.ts'
import { type Choices, told } from './choices.ts'

interface CaptureElement extends HTMLElement {
  request(request: { captureId: string; clientSecret: string }): Promise<{ status: string }>
  dress?(): void
}
export type FormState = 'coming' | 'open' | 'completed' | 'canceled' | 'enough' | 'failed'

/** A note comes as an answer to a dress. Where none came by then, there is nothing to note. */
const notesWithinMs = 400

export class ThemedForm {
  private readonly place: HTMLElement
  private readonly hear: { state(state: FormState): void; notes(notes: ThemeNotes): void }
  private readonly element: CaptureElement | null = null
  private running = false
  private dressing = 0
  private quiet: ReturnType<typeof setTimeout> | undefined

  constructor(place: HTMLElement, hear: ThemedForm['hear']) {
    this.place = place
    this.hear = hear
    const { publishableKey = '', frameOrigin = '', widget } = document.body.dataset
    if (widget !== 'there') return
    // Sound: the widget's script defines the element; `begin` waits for it.
    const element = document.createElement('sallyport-capture') as CaptureElement
    element.setAttribute('publishable-key', publishableKey)
    element.setAttribute('frame-origin', frameOrigin)
    element.addEventListener('sallyport:ready', () => hear.state('open'))
    element.addEventListener('sallyport:theme', ({ notes }) => {
      clearTimeout(this.quiet)
      hear.notes(notes)
    })
    this.element = element
    place.append(element)
  }

  /** A form for as long as it is wanted; one that has ended is followed by another when the person says so. */
  async begin(): Promise<void> {
    const { element, hear } = this
    if (element === null) return hear.state('failed')
    if (this.running) return
    this.running = true
    hear.state('coming')
    try {
      await customElements.whenDefined('sallyport-capture')
      const { capture_id: captureId, client_secret: clientSecret } = await themingForm()
      const { status } = await element.request({ captureId, clientSecret })
      hear.state(status === 'completed' ? 'completed' : 'canceled')
    } catch (error) {
      hear.state(error instanceof ShopError && error.status === 429 ? 'enough' : 'failed')
    } finally {
      this.running = false
    }
  }

  wear({ theme, preset, scheme, locale }: Choices): void {
    const { element } = this
    if (element === null) return
    const values = new Map(told(theme))
    for (const name of tokenNames) element.style.setProperty(`--sallyport-${name}`, values.get(name) ?? '')
    element.setAttribute('preset', preset)
    if (scheme === '') element.removeAttribute('color-scheme')
    else element.setAttribute('color-scheme', scheme)
    const spoken = element.getAttribute('locale')
    element.setAttribute('locale', locale)
    // A language comes with the frame's page. Put in anew, the element brings the same request back in a new one.
    if (spoken !== null && spoken !== locale) {
      this.place.append(element)
      if (!this.running) void this.begin()
    }
    cancelAnimationFrame(this.dressing)
    this.dressing = requestAnimationFrame(() => this.dress())
  }

  private dress(): void {
    clearTimeout(this.quiet)
    this.quiet = setTimeout(() => this.hear.notes({}), notesWithinMs)
    this.element?.dress?.()
  }
}
