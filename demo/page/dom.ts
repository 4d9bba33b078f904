/** Small tools for a page whose texts never become markup. */
export function find<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector)
  if (found === null) throw new Error(`the page lacks ${selector}`)
  return found
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}

/** A copy of a template's one element. */
export function copyOf(id: string): HTMLElement {
  const first = find<HTMLTemplateElement>(`template#${id}`).content.firstElementChild
  if (first === null) throw new Error(`the template ${id} is empty`)
  return first.cloneNode(true) as HTMLElement // sound: the templates of this page hold HTML
}

export const fill = (within: Element, name: string, text: string): void => {
  find(`[data-${name}]`, within).textContent = text
}

export const money = ({ amount_minor, currency }: { amount_minor: number; currency: string }): string =>
  new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(amount_minor / 100)

const names: Record<string, string> = { visa: 'Visa', mastercard: 'Mastercard', amex: 'American Express' }
export const brandName = (brand: string): string => names[brand] ?? brand.replaceAll('_', ' ')
