import { element } from './form.ts'

/** A sheet gives way to the chat, and comes back, by its handle; what is typed stays. `told` hears of each change. */
export function foldable(document: Document, told: (folded: boolean) => void): void {
  const handle = element(document, 'fold')
  handle.addEventListener('click', () => {
    const folded = element(document, 'card').classList.toggle('folded')
    handle.ariaExpanded = String(!folded)
    told(folded)
  })
}
