/** The listeners that stand on the window, the document and a signal that outlives everything, counted by their type. */
import type { Page } from '@playwright/test'

/** Before the page is opened, which then has that signal as `window.signal`. Gives the counts so far. */
export async function countListeners(page: Page): Promise<() => Promise<Record<string, number>>> {
  await page.addInitScript(() => {
    const live = new Map<string, number>()
    const change = (type: string, by: number): unknown => live.set(type, (live.get(type) ?? 0) + by)
    const signal = new AbortController().signal
    const isWatched = (target: unknown): boolean => [window, document, signal].some((one) => one === target)
    const add = EventTarget.prototype.addEventListener
    const remove = EventTarget.prototype.removeEventListener
    EventTarget.prototype.addEventListener = function (type, listener, options) {
      add.call(this, type, listener, options)
      if (!isWatched(this)) return
      change(type, 1)
      if (typeof options === 'object') options.signal?.addEventListener('abort', () => change(type, -1))
    }
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
      remove.call(this, type, listener, options)
      if (isWatched(this)) change(type, -1)
    }
    Object.assign(window, { signal, live: () => Object.fromEntries(live) })
  })
  // Sound: the script above put it there.
  return () => page.evaluate(() => (window as unknown as { live(): Record<string, number> }).live())
}
