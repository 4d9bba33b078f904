/** What a browser shows and keeps, read through Playwright and the protocol beneath it. */
import type { BrowserContext, CDPSession, Frame, Page } from '@playwright/test'
import type { Evidence } from './evidence.ts'

export const places = {
  requests: 'requests of the browser',
  answers: 'answers of HTTP routes',
  console: 'console',
  dom: 'DOM of the host page',
  accessibility: 'accessibility tree of the host page',
  messages: 'messages to the host page',
  addresses: 'addresses and history',
  webStorage: 'local and session storage',
  indexedDb: 'IndexedDB',
  cookies: 'cookies',
  caches: 'caches',
  performance: 'performance entries',
} as const

declare global {
  interface Window {
    heardByHost?: unknown[]
  }
}

export interface Following {
  /** `POST http://…/path` of every request that was seen. */
  requested: ReadonlySet<string>
  settled(): Promise<void>
}

/** Follows what leaves and what is said, from the first page on. `settled` waits a moment for bodies that are under way. */
export function follow(context: BrowserContext, evidence: Evidence): Following {
  const requested = new Set<string>()
  const pending = new Set<Promise<void>>()
  const later = (work: Promise<void>): void => {
    const done = work.catch(() => undefined).finally(() => pending.delete(done))
    pending.add(done)
  }
  context.on('request', (request) => {
    evidence.add(places.requests, `${request.method()} ${request.url()}`)
    const { origin, pathname } = new URL(request.url())
    requested.add(`${request.method()} ${origin}${pathname}`)
    const body = request.postDataBuffer()
    if (body !== null) evidence.add(places.requests, body)
    later(request.allHeaders().then((headers) => evidence.addJson(places.requests, headers)))
  })
  context.on('response', (response) => {
    later(response.allHeaders().then((headers) => evidence.addJson(places.answers, headers)))
    // The stream of the talk never ends; its entries come by another route as well.
    if (response.headers()['content-type']?.startsWith('text/event-stream')) return
    later(response.body().then((body) => evidence.add(places.answers, body)))
  })
  context.on('console', (message) => {
    evidence.add(places.console, `${message.type()} ${message.text()} ${message.location().url}`)
  })
  context.on('weberror', (error) => evidence.add(places.console, `${error.error().stack}`))
  return {
    requested,
    settled: async () => {
      await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, 500))])
    },
  }
}

/** In the host page: every message event of the window and of every port is kept. */
export function hearEverything(): void {
  if (window.top !== window) return
  const heard: unknown[] = []
  window.heardByHost = heard
  addEventListener('message', ({ data }) => heard.push(data), true)
  const listen = EventTarget.prototype.addEventListener
  MessagePort.prototype.addEventListener = function (this: MessagePort, ...of: Parameters<typeof listen>) {
    if (of[0] === 'message') listen.call(this, 'message', (event) => heard.push((event as MessageEvent).data))
    listen.apply(this, of)
  }
}

/** All that can be read of the page and its frames at this moment. */
export async function lookAt(page: Page, protocol: CDPSession, evidence: Evidence): Promise<void> {
  // Closed shadow roots as well, unlike any script of the page.
  evidence.addJson(places.dom, await protocol.send('DOM.getDocument', { depth: -1, pierce: true }))
  const values = () =>
    [...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value)
  evidence.addJson(places.dom, await page.evaluate(values))
  evidence.addJson(places.accessibility, await protocol.send('Accessibility.getFullAXTree'))
  evidence.add(places.accessibility, await page.locator('body').ariaSnapshot())
  evidence.addJson(places.messages, await page.evaluate(() => window.heardByHost ?? []))
  evidence.addJson(places.addresses, await page.evaluate(() => [history.state, document.title, document.referrer]))
  evidence.addJson(places.cookies, await page.context().cookies())
  for (const frame of page.frames()) {
    evidence.add(places.addresses, frame.url())
    const kept = await keptBy(frame)
    evidence.addJson(places.webStorage, kept.storage)
    evidence.addJson(places.indexedDb, kept.databases)
    evidence.addJson(places.caches, kept.caches)
    evidence.addJson(places.cookies, kept.cookies)
    evidence.addJson(places.performance, kept.performance)
  }
}

/** A frame of another site may be refused its storage: that is an answer too. */
const keptBy = (frame: Frame) =>
  frame.evaluate(async () => {
    const attempt = async (read: () => unknown): Promise<unknown> => {
      try {
        return await read()
      } catch (error) {
        return String(error)
      }
    }
    const promised = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const readDatabases = async (): Promise<unknown[]> => {
      const all: unknown[] = []
      for (const { name } of await indexedDB.databases()) {
        const database = await promised(indexedDB.open(name ?? ''))
        for (const store of database.objectStoreNames) {
          const source = database.transaction(store).objectStore(store)
          all.push([name, store, await promised(source.getAllKeys()), await promised(source.getAll())])
        }
        database.close()
      }
      return all
    }
    const readCaches = async (): Promise<unknown[]> => {
      const all: unknown[] = []
      for (const name of await caches.keys()) {
        const cache = await caches.open(name)
        for (const request of await cache.keys()) {
          all.push([name, request.url, await (await cache.match(request))?.text()])
        }
      }
      return all
    }
    return {
      storage: await attempt(() => [{ ...localStorage }, { ...sessionStorage }]),
      databases: await attempt(readDatabases),
      caches: await attempt(readCaches),
      cookies: await attempt(() => document.cookie),
      performance: performance.getEntries().map((entry) => [entry.toJSON(), (entry as PerformanceMark).detail]),
    }
  })

/** The control: each place of the browser gets every spelling that is text; a cookie and an address hold `few`. */
export async function plantIn(page: Page, texts: readonly string[], few: readonly string[]): Promise<void> {
  for (const frame of page.frames()) await frame.evaluate(sayAndSend, texts)
  await page.evaluate(
    async ([all, some]) => {
      const whole = all.join(' | ')
      const node = document.createElement('p')
      node.textContent = whole
      document.body.append(node)
      const named = document.createElement('button')
      named.setAttribute('aria-label', whole)
      document.body.append(named)
      postMessage(whole)
      localStorage.setItem('planted', whole)
      sessionStorage.setItem('planted', whole)
      const value = some.join('|').replaceAll(/[;,\s]/g, '~')
      await cookieStore.set('planted', value)
      performance.mark(whole)
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('planted')
        request.onupgradeneeded = () => request.result.createObjectStore('planted')
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
      await new Promise((resolve) => {
        const transaction = database.transaction('planted', 'readwrite')
        transaction.objectStore('planted').put(whole, 'planted')
        transaction.oncomplete = resolve
      })
      database.close()
      await (await caches.open('planted')).put('/planted', new Response(whole))
      history.replaceState({ whole }, '', `/#${btoa(value).replaceAll('=', '')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    },
    [texts, few] as const,
  )
}

/** In every frame, the card's own among them: a line on the console, and a request to where the frame came from. */
const sayAndSend = async (texts: readonly string[]): Promise<void> => {
  const whole = texts.join(' | ')
  console.log(whole)
  await fetch(`/planted?${btoa(whole).slice(0, 2_000)}`, { method: 'POST', body: whole }).catch(() => undefined)
}
