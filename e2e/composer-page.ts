/**
 * A page as strict as hosts get, with every kind of composer and every way of sending that chats have; what is sent is
 * kept in `sent`. The page's own listeners stand where frameworks put theirs: on the document and in the capture phase.
 */
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { Doors } from './capture-door.ts'

export const composerKinds = [
  'input',
  'textarea',
  'editable',
  'shadow',
  'nested',
  'host',
  'closed',
  'framework',
  'plain',
] as const
export type ComposerKind = (typeof composerKinds)[number]

interface Told {
  type: string
  kinds: string[]
  surface?: string
  action?: string
  open?: boolean
  /** Names of the event's own members. */
  members: string
}
interface Guard {
  release(): void
  arm(kind: string, options: { turns: number }): void
}
declare global {
  interface Window {
    sent: string[]
    told: Told[]
    broken: string[]
    /** Draws a chat anew. Its composer is `composer`. */
    mount(kind: ComposerKind): void
    composer: HTMLElement
    /** What the chat would send now. */
    written(): string
    guarding: Guard | undefined
    guard(options?: object): void
  }
}

const file = join(import.meta.dirname, '..', 'dist', 'widget', 'sallyport-guard.js')
const nonce = 'n0nce'
const policy =
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src 'self'; base-uri 'none'; ` +
  "form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

/** Where the page is; no other comes from this address. */
export function composerAddress(doors: Doors, { lang = 'en', scheme = 'light' } = {}): string {
  const integrity = `sha384-${createHash('sha384').update(readFileSync(file)).digest('base64')}`
  return doors.serve({ 'content-security-policy': policy }, composerPage({ integrity, lang, scheme }))
}

export async function openComposers(
  page: Page,
  doors: Doors,
  look: { lang?: string; scheme?: string } = {},
): Promise<void> {
  await page.goto(composerAddress(doors, look))
  await page.waitForFunction(() => 'Sallyport' in window)
}

const composerPage = (given: { integrity: string; lang: string; scheme: string }): string => `<!doctype html>
<html lang="${given.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Chat</title>
<style nonce="${nonce}">
  :root { color-scheme: ${given.scheme}; }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f3f4f6, #0e0f11); color: light-dark(#14171c, #f1f3f6); }
  main { max-width: 420px; margin: 0 auto; padding: 16px 12px; }
  .bar { display: flex; gap: 8px; } .bar > :first-child { flex: 1; min-width: 0; }
  [contenteditable] { min-height: 44px; border: 1px solid; white-space: pre-wrap; }
</style>
<script nonce="${nonce}">${script}</script>
<script type="module" nonce="${nonce}" src="/sallyport-guard.js" integrity="${given.integrity}"></script>
</head><body><main><h1>Chat</h1><div role="log" aria-label="Conversation" tabindex="0"><p>Your order comes to 42 euros.</p></div>
<div id="place"></div></main></body></html>`

const script = `
  window.sent = []; window.told = []; window.broken = []
  document.addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective))
  addEventListener('error', (event) => broken.push(event.message))
  for (const type of ['sallyport:guard', 'sallyport:leak']) addEventListener(type, (event) => {
    const { kinds, surface, action, open } = event
    told.push({ type, kinds: [...kinds], surface, action, open, members: Object.keys(event).join() })
  })
  const make = (tag, given = {}, ...children) => {
    const one = document.createElement(tag)
    for (const [name, value] of Object.entries(given)) one.setAttribute(name, value)
    one.append(...children)
    return one
  }
  const button = (given = {}) => make('button', { type: 'button', 'aria-label': 'Send', ...given }, 'Send')
  const field = (tag) => make(tag, { name: 'message', 'aria-label': 'Message' })
  let clear
  const send = () => {
    const text = written()
    if (text.trim() !== '') sent.push(text)
    clear()
  }
  const sendsBy = (target, types) => {
    for (const type of types) target.addEventListener(type, (event) => {
      if (event.type.startsWith('key') && event.key !== 'Enter') return
      if (/^key(down|press)$/.test(event.type)) event.preventDefault()
      send()
    }, true)
  }
  const kinds = {
    // A form, and what a browser does by itself.
    input() {
      const input = field('input')
      const form = make('form', { class: 'bar' }, input, button({ type: 'submit' }))
      document.addEventListener('submit', (event) => { event.preventDefault(); if (event.target === form) send() }, true)
      return { root: form, composer: input, read: () => input.value, write: (text) => { input.value = text } }
    },
    textarea() {
      const area = field('textarea')
      const own = button()
      sendsBy(area, ['keydown'])
      sendsBy(own, ['click'])
      return { root: make('div', { class: 'bar' }, area, own), composer: area, read: () => area.value, write: (text) => { area.value = text } }
    },
    editable() {
      const box = make('div', { contenteditable: 'true', role: 'textbox', 'aria-label': 'Message' })
      const own = make('div', { role: 'button', tabindex: '0' }, 'Send')
      sendsBy(box, ['keydown'])
      sendsBy(own, ['pointerdown'])
      return { root: make('div', { class: 'bar' }, box, own), composer: box, read: () => box.innerText, write: (text) => { box.textContent = text } }
    },
    // A form inside an open root.
    shadow() {
      const host = make('chat-box')
      const area = field('textarea')
      const form = make('form', {}, area, button({ type: 'submit' }))
      host.attachShadow({ mode: 'open' }).append(form)
      form.addEventListener('submit', (event) => { event.preventDefault(); send() })
      sendsBy(area, ['keyup'])
      return { root: host, composer: area, read: () => area.value, write: (text) => { area.value = text } }
    },
    // Only the outer element is known, and a form stands around it.
    nested() {
      const outer = make('chat-box'), inner = make('chat-field')
      const area = field('textarea')
      inner.attachShadow({ mode: 'open' }).append(area)
      outer.attachShadow({ mode: 'open' }).append(inner)
      const form = make('form', {}, outer, button({ type: 'submit' }))
      document.addEventListener('submit', (event) => { event.preventDefault(); if (event.target === form) send() }, true)
      sendsBy(area, ['keypress'])
      return { root: form, composer: outer, read: () => area.value, write: (text) => { area.value = text } }
    },
    host() {
      const input = field('input')
      const wrap = make('section', {}, make('div', { class: 'bar' }, input, button()))
      sendsBy(wrap.querySelector('button'), ['mousedown'])
      sendsBy(input, ['keydown'])
      return { root: wrap, composer: wrap, read: () => input.value, write: (text) => { input.value = text } }
    },
    // The component guards itself from inside a closed root.
    closed() {
      const host = make('chat-box')
      const area = field('textarea')
      const own = button()
      host.attachShadow({ mode: 'closed' }).append(make('div', { class: 'bar' }, area, own))
      sendsBy(area, ['keydown'])
      sendsBy(own, ['click'])
      return { root: host, composer: area, read: () => area.value, write: (text) => { area.value = text } }
    },
    // Sends what it keeps beside the field, as components with a state do.
    framework() {
      const area = field('textarea')
      let state = ''
      const own = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')
      Object.defineProperty(area, 'value', { get: () => own.get.call(area), set: (text) => { state = text; own.set.call(area, text) } })
      document.addEventListener('input', (event) => { if (event.target === area) state = own.get.call(area) })
      const click = button()
      sendsBy(area, ['keydown'])
      sendsBy(click, ['click'])
      return { root: make('div', { class: 'bar' }, area, click), composer: area, read: () => state, write: (text) => { area.value = text } }
    },
    // A picture that is clicked, and an editor in an open root.
    plain() {
      const host = make('chat-box')
      const box = make('div', { contenteditable: 'plaintext-only', role: 'textbox', 'aria-label': 'Message' })
      const own = make('span', { class: 'send' }, 'Send')
      host.attachShadow({ mode: 'open' }).append(make('div', { class: 'bar' }, box, own))
      sendsBy(own, ['click'])
      sendsBy(box, ['keydown'])
      return { root: host, composer: host, read: () => box.textContent, write: (text) => { box.textContent = text } }
    },
  }
  window.mount = (kind) => {
    window.guarding?.release()
    const { root, composer, read, write } = kinds[kind]()
    window.composer = composer
    window.written = read
    clear = () => write('')
    document.getElementById('place').replaceChildren(root)
  }
  window.guard = (options) => { window.guarding = Sallyport.guardComposer(composer, options) }
`
