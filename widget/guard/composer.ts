/** Where a person writes: the field itself, and what of the page stands around it across open shadow roots. */

export type Field = HTMLInputElement | HTMLTextAreaElement
export type Composer = Field | HTMLElement

const notWritten =
  /^(?:button|checkbox|color|date|datetime-local|file|hidden|image|month|password|radio|range|reset|submit|time|week)$/

export const isField = (one: unknown): one is Field =>
  one instanceof HTMLTextAreaElement || (one instanceof HTMLInputElement && !notWritten.test(one.type))

const isEditable = (one: unknown): one is HTMLElement =>
  one instanceof HTMLElement && /^(?:|true|plaintext-only)$/i.test(one.getAttribute('contenteditable') ?? 'no')

/** The composer that an element is, or holds, also in open shadow roots. Null: there is none, or not yet. */
export function composerIn(element: Element): Composer | null {
  if (isField(element) || isEditable(element)) return element
  let input: Composer | null = null
  for (const one of inside(element)) {
    if (isEditable(one) || one instanceof HTMLTextAreaElement) return one
    // A chat's search field is an input, too, so anything else comes first.
    if (input === null && isField(one)) input = one
  }
  return input
}

/** Every element below, in the order of the document. */
function* inside(element: Element): Generator<Element> {
  const trees = element.shadowRoot === null ? [element] : [element.shadowRoot, element]
  for (const tree of trees) {
    for (const child of tree.children) {
      yield child
      yield* inside(child)
    }
  }
}

/** From the composer outwards: its parents, and of a shadow root the host. */
export function* around(node: Node): Generator<Node> {
  let at: Node | null = node.parentNode
  while (at !== null) {
    yield at
    at = at instanceof ShadowRoot ? at.host : at.parentNode
  }
}

/** `submit` does not leave a shadow root, so it is heard at each that the composer is in. */
export const rootsOf = (node: Node): ShadowRoot[] => [...around(node)].filter((one) => one instanceof ShadowRoot)

/** Every form that would send the composer, or what it is a part of. */
export function formsOf(composer: Composer): HTMLFormElement[] {
  const forms = [...around(composer)].filter((one) => one instanceof HTMLFormElement)
  if (isField(composer) && composer.form !== null && !forms.includes(composer.form)) forms.unshift(composer.form)
  return forms
}

const buttons = 'button, input[type="submit"], input[type="image"], input[type="button"], [role="button"]'
const controls = 'input, textarea, select, option, label, [contenteditable]'
/** What is more than a composer: the talk itself, or the page. */
const talk = '[role="log"], [aria-live], [role="feed"], article, iframe, nav, main, sallyport-capture'
const levelsMax = 8

interface Bar {
  box: Element | ShadowRoot
  /** Nothing else is in it: a form, or the talk begins right outside. */
  isBounded: boolean
}

/**
 * The composer with its buttons: the form, or the largest box around the composer that holds nothing of the talk. Who has
 * no form says which button sends (`sendButton`), or all that can be clicked beside the composer waits while there is a
 * card in it.
 */
function barOf(composer: Composer): Bar {
  const [form] = formsOf(composer)
  if (form !== undefined) return { box: form, isBounded: true }
  let box: Element | ShadowRoot | null = null
  let level = 0
  for (const one of around(composer)) {
    if (one instanceof Document || one === document.body || level === levelsMax) break
    if (!(one instanceof Element || one instanceof ShadowRoot)) continue
    if (box !== null && holds(one, talk)) return { box, isBounded: true }
    box = one
    level += 1
  }
  return { box: box ?? composer, isBounded: false }
}

/** What the notice stands before: the form, or the smallest box with the composer and a button. */
export function boxOf(composer: Composer): Element {
  const [form] = formsOf(composer)
  if (form !== undefined) return form
  for (const one of around(composer)) {
    if (one === document.body) break
    if (one instanceof Element && one.querySelector(buttons) !== null) return one
  }
  return composer
}

const holds = (one: Element | ShadowRoot, selector: string): boolean =>
  (one instanceof Element && one.matches(selector)) || one.querySelector(selector) !== null

export type SendButton = Element | string

/** Whether an event on this path is on a button that sends what is in the composer. */
export function sends(path: readonly EventTarget[], composer: Composer, sendButton: SendButton | undefined): boolean {
  const forms = formsOf(composer)
  const isNamed = (one: EventTarget): boolean =>
    one instanceof Element && (typeof sendButton === 'string' ? one.matches(sendButton) : one === sendButton)
  if (path.some(isNamed)) return true
  const button = path.find((one): one is Element => one instanceof Element && one.matches(buttons))
  if (button !== undefined && /^(?:submit|image)$/.test(String(Reflect.get(button, 'type')))) {
    const form: unknown = Reflect.get(button, 'form')
    if (forms.some((one) => one === form || path.includes(one))) return true
  }
  if (sendButton !== undefined) return false
  const { box, isBounded } = barOf(composer)
  if (!path.includes(box)) return false
  // A picture or a box with a listener sends as well as a button does, where nothing but the composer is in the bar.
  return button !== undefined || (isBounded && !path.some((one) => one instanceof Element && one.matches(controls)))
}
