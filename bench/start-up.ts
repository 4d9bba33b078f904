/**
 * How soon the card form takes keys: from `request()` in a page of another site, against a running deployment, beside
 * an empty cross-origin iframe in the same browser and run.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright'
import { startStack, type Stack } from '../server/testing/stack.ts'

export interface Timing {
  what: string
  medianMs: number
  p90Ms: number
  runs: number
}

const runs = 12

interface Bench {
  browser: Browser
  stack: Stack
  /** Where the page with the element is. */
  site: string
}

interface Marks {
  /** Milliseconds of the wall clock at which the page asked. */
  asked: number
  ready: number
}
interface FrameMarks {
  parsed: number
  focused: number
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

/** In the frame: when its number field is there, and when it has the keyboard. */
function watchFrame(): void {
  if (!location.pathname.startsWith('/f/')) return
  const clock = (): number => performance.timeOrigin + performance.now()
  const marks: FrameMarks = { parsed: 0, focused: 0 }
  Object.assign(window, { marks })
  new MutationObserver((_records, observer) => {
    if (document.getElementById('number') === null) return
    marks.parsed = clock()
    observer.disconnect()
  }).observe(document, { childList: true, subtree: true })
  document.addEventListener('focusin', () => (marks.focused ||= clock()))
}

async function makeCapture(stack: Stack): Promise<{ captureId: string; clientSecret: string }> {
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

async function openPage({ browser, site }: Bench): Promise<Page> {
  // A context of its own: no cache and no connection of an earlier run.
  const page = await (await browser.newContext()).newPage()
  await page.addInitScript(watchFrame)
  await page.goto(site)
  await page.waitForFunction(() => customElements.get('sallyport-capture') !== undefined)
  return page
}

async function once(bench: Bench, kind: 'cold' | 'warm'): Promise<Marks & FrameMarks> {
  const page = await openPage(bench)
  const request = await makeCapture(bench.stack)
  // Sound: the harness above defines both, with this shape of answer.
  const marks = (await page.evaluate(`window.${kind}(${JSON.stringify(request)})`)) as Marks
  const frame = page.frames().find((other) => other.url().includes('/f/pk_'))
  if (frame === undefined) throw new Error('the page has no frame')
  await frame.waitForFunction('window.marks.focused > 0')
  const inside = (await frame.evaluate('window.marks')) as FrameMarks
  await page.context().close()
  return { ...marks, ...inside }
}

function timing(what: string, values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { what, medianMs: at(0.5), p90Ms: at(0.9), runs: sorted.length }
}

export async function measureStartUp(): Promise<Timing[]> {
  // A page of another site than the frame's, and an empty page of a third: real servers, for Chromium keeps answers
  // that a test makes up away from loopback addresses.
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
    args: ['--disable-gpu', '--no-first-run', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })
  const bench: Bench = { browser, stack, site }
  try {
    const emptyMs: number[] = []
    const cold: (Marks & FrameMarks)[] = []
    const warm: (Marks & FrameMarks)[] = []
    // In turns, so that a slow moment of the machine falls on all three. The first round warms up and does not count.
    for (let run = 0; run <= runs; run += 1) {
      const page = await openPage(bench)
      const loaded = (await page.evaluate(`window.empty('http://empty.localhost:${port}/')`)) as number
      await page.context().close()
      const [coldMarks, warmMarks] = [await once(bench, 'cold'), await once(bench, 'warm')]
      if (run === 0) continue
      emptyMs.push(loaded)
      cold.push(coldMarks)
      warm.push(warmMarks)
    }
    const since = (marks: readonly (Marks & FrameMarks)[], name: 'parsed' | 'focused' | 'ready'): number[] =>
      marks.map((mark) => mark[name] - mark.asked)
    return [
      timing('empty cross-origin iframe: to load', emptyMs),
      timing('cold: request() to an input that takes keys', since(cold, 'parsed')),
      timing('cold: request() to the keyboard in the number field', since(cold, 'focused')),
      timing('cold: request() to the amount on the button', since(cold, 'ready')),
      timing('preloaded: request() to the keyboard in the number field', since(warm, 'focused')),
      timing('preloaded: request() to the amount on the button', since(warm, 'ready')),
    ]
  } finally {
    await browser.close()
    await stack.stop()
    server.closeAllConnections()
    server.close()
  }
}
