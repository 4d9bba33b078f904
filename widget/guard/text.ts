/** The text of a composer, and a change to it that the page's own code takes for the person's. */
import { type Composer, isField } from './composer.ts'
import type { Place } from './conversation.ts'

interface Piece {
  node: Text
  at: number
}

const blocks = /^(?:ADDRESS|BLOCKQUOTE|DD|DIV|DL|DT|H[1-6]|LI|OL|P|PRE|TR|UL)$/

/** What is written, lines as a person sees them; and for an editor, which of its nodes holds which part. */
export function readText(composer: Composer): { text: string; pieces: Piece[] } {
  if (isField(composer)) return { text: composer.value, pieces: [] }
  const pieces: Piece[] = []
  let text = ''
  const walker = document.createTreeWalker(composer, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node instanceof Text) {
      pieces.push({ node, at: text.length })
      text += node.data
    } else if (node.nodeName === 'BR' || (blocks.test(node.nodeName) && text !== '' && !text.endsWith('\n'))) {
      text += '\n'
    }
  }
  return { text, pieces }
}

/**
 * Replaces each place, last first. By the browser's own command where it works, so that the page's frameworks hear a
 * trusted `input` and the editor's own model follows; else directly, with an event of ours. The composer has the focus
 * afterwards.
 */
export async function replace(composer: Composer, left: string, places: readonly Place[], mask: string): Promise<void> {
  composer.focus()
  if (isField(composer)) return write(composer, left)
  if (left === '') {
    const all = document.createRange()
    all.selectNodeContents(composer)
    return overwrite(composer, all, '')
  }
  for (const { start, end } of [...places].reverse()) {
    const { pieces } = readText(composer)
    const range = document.createRange()
    const first = pieceAt(pieces, start)
    const last = pieceAt(pieces, end - 1)
    if (first === undefined || last === undefined) continue
    range.setStart(first.node, start - first.at)
    range.setEnd(last.node, Math.min(end - last.at, last.node.length))
    await overwrite(composer, range, mask)
  }
}

const pieceAt = (pieces: readonly Piece[], offset: number): Piece | undefined =>
  pieces.findLast(({ node, at }) => at <= offset && offset < at + node.length)

function write(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.select()
  insert(text)
  if (field.value === text) return
  // Past a framework that keeps the last value on the element itself, or it would see no change.
  const prototype = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, text)
  tell(field)
}

async function overwrite(composer: HTMLElement, range: Range, text: string): Promise<void> {
  const before = composer.textContent
  const selection = document.getSelection()
  selection?.removeAllRanges()
  selection?.addRange(range)
  insert(text)
  // Editors with a model of their own write a moment later.
  if (composer.textContent === before) await new Promise((done) => setTimeout(done, 30))
  if (composer.textContent !== before) return
  range.deleteContents()
  if (text !== '') range.insertNode(document.createTextNode(text))
  tell(composer)
}

/** Deprecated, and the only way to change a field so that undo, editors and frameworks know of it. */
function insert(text: string): void {
  if (text === '') document.execCommand('delete')
  else document.execCommand('insertText', false, text)
}

function tell(composer: HTMLElement): void {
  composer.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertReplacementText' }))
}
