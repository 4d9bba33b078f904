/** To a card form that stands open in the page; the focus goes into it. False: there is none that can be seen from here. */
export function goToOpenForm(): boolean {
  const forms = [...document.querySelectorAll<HTMLElement>('sallyport-capture')]
  // One that waits for a request is laid out without height.
  const open = forms.findLast((form) => form.getBoundingClientRect().height > 1 && inner(form) !== null)
  if (open === undefined) return false
  open.scrollIntoView({ block: 'nearest' })
  inner(open)?.focus()
  return true
}

const inner = (form: HTMLElement): HTMLIFrameElement | null => form.shadowRoot?.querySelector('iframe') ?? null
