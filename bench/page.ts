/**
 * A running deployment, a page of another site with the element in it, and an empty page of a third: what is timed is
 * timed here, in one browser and one run.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Frame, type Page } from 'playwright'
import { startStack, type Stack } from '../server/testing/stack.ts'

export interface Bench {
  browser: Browser
  stack: Stack
  /** Where the page with the element is. */
  site: string
  /** An address of a site of its own, with nothing on it. */
  empty: string
}

/** In the page: the element is not there yet, so that a cold start includes its frame. */
const harness = (stack: Stack): string => `<!doctype html><html lang="en"><title>bench</title>
<script type="module" src="${stack.urls.gateway}/widget/sallyport.js"></script><body><script type="module">
  const clock = () => performance.timeOrigin + performance.now()
  const make = () => {
    const element = document.createElement('sallyport-capture')
    element.setAttribute('publishable-key', '${stack.tenant.publishable_key}')
    element.setAttribute('frame-origin', '${stack.urls.capture}')
    return element
  }
  const ask = (element, request) => new Promise((resolve) => {
    const asked = clock()
    element.addEventListener('sallyport:ready', () => resolve({ asked, ready: clock() }), { once: true })
    element.request(request).catch(() => {})
    element.focus()
  })
  window.cold = async (request) => {
    const element = make()
    document.body.append(element)
    return ask(element, request)
  }
  window.warm = async (request) => {
    const element = make()
    document.body.append(element)
    await element.preload()
    await new Promise((resolve) => setTimeout(resolve, 300))
    return ask(element, request)
  }
  window.empty = (address) => new Promise((resolve) => {
    const asked = clock()
    const iframe = document.createElement('iframe')
    iframe.addEventListener('load', () => resolve(clock() - asked))
    iframe.src = address
    document.body.append(iframe)
  })
</script></body></html>`

export async function makeCapture(stack: Stack): Promise<{ captureId: string; clientSecret: string }> {
  const response = await fetch(`${stack.direct.gateway}/v1/captures`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.tenant.secret_key}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify({ conversation: 'bench', purpose: 'pay', amount: { amount_minor: 4200, currency: 'EUR' } }),
  })
  const capture = await response.json()
  if (!response.ok) throw new Error(`the gateway refused a capture: ${capture.code}`)
  return { captureId: capture.id, clientSecret: capture.client_secret }
}

export async function openPage({ browser, site }: Bench, watch: () => void): Promise<Page> {
  // A context of its own: no cache and no connection of an earlier run.
  const page = await (await browser.newContext()).newPage()
  await page.addInitScript(watch)
  await page.goto(site)
  await page.waitForFunction(() => customElements.get('sallyport-capture') !== undefined)
  return page
}

export function frameOf(page: Page): Frame {
  const frame = page.frames().find((other) => other.url().includes('/f/pk_'))
  if (frame === undefined) throw new Error('the page has no frame')
  return frame
}

/** Real servers: Chromium keeps answers that a test makes up away from loopback addresses. */
export async function withBench<T>(measure: (bench: Bench) => Promise<T>): Promise<T> {
  let html = ''
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(request.headers.host?.startsWith('empty.') ? '<!doctype html><title>empty</title>' : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address
  const site = `http://bench.localhost:${port}`
  const stack = await startStack({ env: { SALLYPORT_ORIGINS: site } })
  html = harness(stack)
  const executablePath = process.env['SALLYPORT_CHROMIUM']
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    // As browsers on a desk are: the headless shell by itself would put the frame into the process of the page.
    args: [
      '--disable-gpu',
      '--no-first-run',
      '--site-per-process',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  })
  try {
    return await measure({ browser, stack, site, empty: `http://empty.localhost:${port}/` })
  } finally {
    await browser.close()
    await stack.stop()
    server.closeAllConnections()
    server.close()
  }
}
