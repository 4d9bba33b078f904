/**
 * Where the frame stands: in the chat at its own height, or, as a sheet, at the bottom of a phone's screen. A sheet is a
 * popover, since a fixed box would be caught by any transform around a chat; the frame's document stays as it is.
 */
import { Lift } from './lift.ts'
import type { Preset } from '../protocol/look/tokens.ts'

/** Of the usual form, number to name, on a phone of 390 px, until the frame has told its own. */
const expectedHeights: Record<Preset, number> = { bubble: 456, sheet: 485, page: 471 }

export class Stage {
  readonly element = document.createElement('div')
  readonly #lift = new Lift(this.element)
  #frame: HTMLIFrameElement | null = null
  #height: number | null = null
  #shown = false
  #folded = false

  /** A frame that is not shown yet is laid out at full width, without height, and nobody tabs into it. */
  put(frame: HTMLIFrameElement): void {
    if (this.#frame !== null) hide(this.#frame)
    this.#frame = frame
    this.#height = null
    this.#shown = this.#folded = false
    frame.className = 'away'
    this.place('bubble')
    this.element.append(frame)
  }

  /** What stood here before goes. The frame itself is not touched: put in anew, it would load anew. */
  alone(): void {
    for (const child of [...this.element.children]) if (child !== this.#frame) child.remove()
  }

  /** Room for the form at once, so that the chat moves one time and not two. */
  show(preset: Preset): void {
    if (this.#frame === null) return
    this.#shown = true
    this.#frame.className = ''
    this.#setHeight(this.#height ?? expectedHeights[preset])
    this.place(preset)
  }

  /** A sheet that is folded, or over, is a line of the chat. */
  place(preset: Preset): void {
    const { element } = this
    if (this.#lift.isUp) return
    const isSheet = preset === 'sheet' && this.#shown && !this.#folded && this.#frame !== null && element.isConnected
    if (isSheet === (element.popover !== null)) return
    element.popover = isSheet ? 'manual' : null
    if (isSheet) element.showPopover()
  }

  /** A form in a chat that is hidden (`display: none`) has no height; told so, it would have none when it is shown again. */
  resize(height: number): void {
    if (height === 0) return
    this.#height = height
    if (this.#shown) this.#setHeight(height)
  }

  /** Above whatever lies over it, or back to its place. */
  lift(up: boolean): void {
    if (up && this.#shown) this.#lift.up()
    else this.#lift.down()
  }

  fold(folded: boolean, preset: Preset): void {
    this.lift(false)
    this.#folded = folded
    this.place(preset)
  }

  clear(): void {
    this.lift(false)
    this.#frame = null
    this.alone()
    this.place('bubble')
  }

  #setHeight(height: number): void {
    if (this.#frame !== null) this.#frame.style.blockSize = `${height}px`
    this.#lift.follow()
  }
}

function hide(frame: HTMLIFrameElement): void {
  frame.className = 'away'
  frame.style.blockSize = '0'
}
