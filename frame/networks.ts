/**
 * The chooser of a card that two networks serve (Regulation (EU) 2015/751, Article 8(6)): the person says which one the
 * payment goes over. Nothing is chosen for them; who does not choose leaves it to the card's usual way.
 */
import { brandName } from './brand-name.ts'

export class Networks {
  readonly #select: HTMLSelectElement
  #shown = ''

  constructor(select: HTMLSelectElement, changed: () => void) {
    this.#select = select
    select.addEventListener('change', changed)
  }

  /** What the person chose; empty while they did not. */
  get chosen(): string {
    return this.#select.value
  }

  /** @returns what is to be said aloud: the chooser has appeared. A choice stays while the networks do. */
  show(networks: readonly string[]): string {
    const select = this.#select
    if (this.#shown === `${networks}`) return ''
    this.#shown = `${networks}`
    select.hidden = networks.length === 0
    const [label] = select.options
    select.length = 1
    select.append(...networks.map((name) => new Option(brandName(name), name)))
    select.selectedIndex = 0
    return select.hidden ? '' : `${label?.text}: ${networks.map(brandName).join(', ')}`
  }

  lock(locked: boolean): void {
    this.#select.disabled = locked
  }
}
