/** `<card-message capture="cap_…">`: a message that shows its card form whenever it is on the page, however it got there. */
import type { CaptureRequest } from 'sallyport'

const { VITE_PUBLISHABLE_KEY, VITE_FRAME_ORIGIN } = import.meta.env

/** By the capture's id. The client secret stays out of the chat's HTML and history. */
export const requests = new Map<string, CaptureRequest>()

class CardMessage extends HTMLElement {
  readonly #form = document.createElement('sallyport-capture')

  async connectedCallback(): Promise<void> {
    const request = requests.get(this.getAttribute('capture') ?? '')
    if (request === undefined) return
    this.#form.setAttribute('publishable-key', VITE_PUBLISHABLE_KEY)
    this.#form.setAttribute('frame-origin', VITE_FRAME_ORIGIN)
    this.append(this.#form)
    await customElements.whenDefined('sallyport-capture')
    // Moved with its message, the form goes on by itself, and this is the same request. Taken off the page for a while, it
    // is asked for again. What goes wrong stands in the form, and the agent hears it from the server.
    await this.#form.request(request).catch(() => {})
  }
}
customElements.define('card-message', CardMessage)
