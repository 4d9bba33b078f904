import { element } from './form.ts'

/** What a person can do with the form besides typing: send it, say "not now", try again. */
export function gestures(document: Document, on: { submit(): void; cancel(): void; retry(): void }): void {
  element(document, 'form').addEventListener('submit', (event) => {
    event.preventDefault()
    on.submit()
  })
  element(document, 'cancel').addEventListener('click', on.cancel)
  element(document, 'retry').addEventListener('click', on.retry)
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) on.cancel()
  })
}
