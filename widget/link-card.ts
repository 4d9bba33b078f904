/** The same form by link, where its frame did not come: shown in the chat until the page takes it away. Texts alone, no markup. */
import type { CaptureLink } from '../protocol/link.ts'

const svg = 'http://www.w3.org/2000/svg'

/** Takes the colours that the page's message has, so that it can be read in any. */
export function linkCard({ url, phrase, qr: { size, path }, words }: CaptureLink): HTMLElement {
  const card = document.createElement('section')
  const add = <T extends 'p' | 'b' | 'a'>(tag: T, text: string): HTMLElementTagNameMap[T] => {
    const element = document.createElement(tag)
    element.textContent = text
    card.append(element)
    return element
  }
  card.setAttribute('part', 'link')
  card.lang = words.lang
  card.dir = words.dir
  // Read aloud with what stands before it: the form did not come, and here is the way on.
  add('p', words.title).role = 'alert'
  add('p', words.phrase)
  // The same letters in every language.
  add('b', phrase).lang = 'en'
  const open = add('a', words.open)
  open.href = url
  open.target = '_blank'
  open.rel = 'noreferrer'
  // For the camera of another device; whoever hears the page has the link above.
  const code = document.createElementNS(svg, 'svg')
  code.setAttribute('viewBox', `-4 -4.5 ${size + 8} ${size + 8}`)
  code.ariaHidden = 'true'
  const runs = document.createElementNS(svg, 'path')
  runs.setAttribute('d', path)
  code.append(runs)
  card.append(code)
  add('p', words.scan)
  add('p', words.next)
  return card
}
