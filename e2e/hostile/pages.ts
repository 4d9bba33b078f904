/** The pages that attacks run on. Their scripts are scripts of the page itself, not of the test beside it. */
import type { Field } from './attack.ts'

declare global {
  interface Window {
    /** What the page's scripts got hold of. */
    loot: unknown[]
    card: HTMLElement & { request(asked: object): Promise<object> }
    /** Hands a capture to the element; resolves in any case. */
    pay(asked: object): Promise<Record<string, unknown>>
    /** The widget's side of the port, played by the page. */
    port: MessagePort
    say(message: unknown, transfer?: Transferable[]): void
    /** Runs what a page of messages.ts kept. */
    someSecondsLater(): void
  }
}

/** A function as an inline script of the page. */
export const script = <T extends unknown[]>(run: (...input: T) => void, ...input: T): string =>
  `<script>(${run})(...${JSON.stringify(input).replaceAll('<', '\\u003c')})</script>`

interface ShopOptions {
  /** The capture origin; the real one without it. */
  frameOrigin?: string
  /** The address of the widget; the real one without it. */
  widget?: string
  /** A script of somebody else that comes before the widget, as anything in `<head>` may. */
  before?: string
  /** The element's attribute of that name. */
  preset?: string
  /** What the element stands in. */
  around?: readonly [before: string, after: string]
}

/** A shop's chat with our element, as the README says, and room for a foreign script. */
export function shopPage(
  field: Field,
  { frameOrigin, widget, preset, before = '', around = ['', ''] }: ShopOptions = {},
): string {
  const { urls, tenant } = field.stack
  return `<body>${before}<h1>Chat</h1>
<script type="module" src="${widget ?? `${urls.gateway}/widget/sallyport.js`}" crossorigin></script>
${around[0]}<sallyport-capture publishable-key="${tenant.publishable_key}" frame-origin="${frameOrigin ?? urls.capture}"${preset ? ` preset="${preset}"` : ''}></sallyport-capture>${around[1]}
${script(() => {
  window.loot ??= []
  window.card = document.querySelector('sallyport-capture') as Window['card']
  window.pay = (asked) =>
    customElements
      .whenDefined('sallyport-capture')
      .then(() => window.card.request(asked))
      .then(
        (result) => ({ ok: true, ...result }),
        (error) => ({ ok: false, code: error.code }),
      )
})}</body>`
}

/** A page that embeds the form's document by itself and plays the widget: first to answer, with every word in `loot`. */
export const puppetPage = (form: string, more = ''): string =>
  `<body>${script(() => {
    window.loot = []
    addEventListener('message', ({ data, source, origin }) => {
      if (data?.sallyport !== 'hello') return
      const { port1, port2 } = new MessageChannel()
      window.port = port1
      window.say = (message, transfer = []) => port1.postMessage(message, transfer)
      port1.onmessage = (event) =>
        window.loot.push(event.ports.length > 0 ? { ...event.data, ports: true } : event.data)
      source?.postMessage({ sallyport: 'port', v: 1, n: data.n }, { targetOrigin: origin, transfer: [port2] })
    })
  })}<iframe src="${form}" width="420" height="700"></iframe>${more}</body>`

/** A call as Comlink writes it. */
export const call = (id: string, name: string, ...input: unknown[]): object => ({
  id,
  type: 'APPLY',
  path: [name],
  argumentList: input.map((value) => ({ type: 'RAW', value })),
})
