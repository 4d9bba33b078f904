/** How elements are found: one function that runs in the page, so that it means the same in every engine. */
import type { Query } from './browser.ts'
import type { Call } from './driver.ts'

/** Each step looks below what the last one found; `last` keeps one. */
export interface Step {
  css: string
  text?: { contains: string } | { matches: string; flags: string }
  last?: boolean
}

export function stepsOf(css: string, { hasText }: Query = {}): Step[] {
  // A part of a selector may lie in a shadow root below the part before it: each is a step.
  const parts = css.trim().split(/\s+(?![^[]*\])/)
  return parts.map((part, index) => {
    if (hasText === undefined || index < parts.length - 1) return { css: part }
    const text = typeof hasText === 'string' ? { contains: hasText } : { matches: hasText.source, flags: hasText.flags }
    return { css: part, text }
  })
}

/** What one look at an element tells. */
export interface Seen {
  count: number
  visible: boolean
  enabled: boolean
  /** Where it is, to know when it stands still. */
  place: string
}

/** Runs in the page: open shadow roots are looked into, as a person would. */
function find(steps: Step[]): Element[] {
  const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim()
  const within = (root: ParentNode): ParentNode[] => [
    root,
    ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot === null ? [] : within(shadowRoot))),
  ]
  let found: ParentNode[] = [document]
  for (const { css, text, last } of steps) {
    const below = found.flatMap((node) => [
      ...within(node),
      ...(node instanceof Element && node.shadowRoot !== null ? within(node.shadowRoot) : []),
    ])
    const all = [...new Set(below.flatMap((root) => [...root.querySelectorAll(css)]))]
    const fitting = all.filter((element) => {
      const said = tidy(element.textContent ?? '')
      if (text === undefined) return true
      return 'contains' in text
        ? said.toLowerCase().includes(tidy(text.contains).toLowerCase())
        : new RegExp(text.matches, text.flags).test(said)
    })
    found = last ? fitting.slice(-1) : fitting
  }
  // Sound: there is at least one step, and a step finds elements.
  return found as Element[]
}

function look(element: HTMLElement | undefined, count: number): Seen {
  if (element === undefined) return { count, visible: false, enabled: false, place: '' }
  const { x, y, width, height } = element.getBoundingClientRect()
  return {
    count,
    visible: width > 0 && height > 0 && getComputedStyle(element).visibility === 'visible',
    enabled: !element.matches(':disabled'),
    place: [x, y, width, height].map(Math.round).join(),
  }
}

/** The one element of these steps; more than one is a mistake of the test, as in Playwright. */
function only(found: Element[]): Element | undefined {
  if (found.length > 1) throw new Error(`${found.length} elements instead of one`)
  return found[0]
}

export const elementAt = (steps: Step[]): Call => ({
  source: `(steps) => (${only})((${find})(steps))`,
  input: [steps],
})

export const seenAt = (steps: Step[]): Call => ({
  source: `(steps) => { const found = (${find})(steps); return (${look})((${only})(found), found.length) }`,
  input: [steps],
})

export const countAt = (steps: Step[]): Call => ({ source: `(steps) => (${find})(steps).length`, input: [steps] })

/** Runs a function with the element; null where there is none, else what it gave in a list. */
export const withElementAt = (steps: Step[], run: (element: HTMLInputElement) => unknown): Call => ({
  source: `(steps) => {
    const element = (${only})((${find})(steps))
    if (element === undefined) return null
    const given = (${run})(element)
    return given instanceof Promise ? given.then((value) => [value]) : [given]
  }`,
  input: [steps],
})
