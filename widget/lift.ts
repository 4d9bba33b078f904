/**
 * Raises the form above whatever lies over it: into the browser's top layer, at the same place on screen, with its room
 * in the chat held. The frame asks for it, when the browser says that the person cannot see all of it; a toast's empty
 * container is enough for that, and so are a filter or a fade around the chat. The frame's document stays as it is.
 */

/** What its page draws so faint has not been read: it is not raised, and the frame takes nothing. */
const opacityMin = 0.5

export class Lift {
  readonly #element: HTMLElement
  readonly #room = document.createElement('div')
  isUp = false

  constructor(element: HTMLElement) {
    this.#element = element
  }

  up(): void {
    const element = this.#element
    if (this.isUp || opacityAround(element) < opacityMin) return
    // A sheet is there already, below what came later.
    if (element.popover !== null) {
      element.hidePopover()
      return element.showPopover()
    }
    this.isUp = true
    element.before(this.#room)
    this.#size()
    element.className = 'lifted'
    element.popover = 'manual'
    element.showPopover()
    this.follow()
    this.#listen(addEventListener)
  }

  down(): void {
    if (!this.isUp) return
    this.isUp = false
    this.#listen(removeEventListener)
    this.#element.popover = null
    this.#element.className = ''
    this.#put()
    this.#room.remove()
  }

  /** The chat was scrolled, or the form has another height. */
  readonly follow = (): void => {
    if (!this.isUp) return
    // First its room: a chat that is centred moves with its height.
    this.#size()
    this.#put(this.#room.getBoundingClientRect())
  }

  #put(place?: DOMRect): void {
    const element = this.#element
    // What is measured is pixels of the window, what is said is the page's own, which its `zoom` makes larger.
    const { currentCSSZoom: zoom = 1 } = element as { currentCSSZoom?: number } // newer than our types
    for (const side of ['left', 'top', 'width'] as const) element.style[side] = place ? `${place[side] / zoom}px` : ''
  }

  #size(): void {
    this.#room.style.blockSize = `${this.#element.offsetHeight}px`
  }

  #listen(change: typeof addEventListener): void {
    for (const move of ['scroll', 'resize']) change(move, this.follow, true)
  }
}

/** Of all that it stands in, through slots and shadow roots. */
function opacityAround(element: Element): number {
  let opacity = 1
  // Sound: a root that is no shadow has no host.
  const around = (at: Element): Element | undefined =>
    at.assignedSlot ?? at.parentElement ?? (at.getRootNode() as ShadowRoot).host
  for (let at: Element | undefined = element; at; at = around(at)) opacity *= +getComputedStyle(at).opacity
  return opacity
}
