/**
 * What a key costs in the card form: from the keyboard's event to the end of all that listens to it, with the CPU
 * slowed fourfold; and the tasks of the form's document that hold it up for more than fifty milliseconds.
 */
import { cards, type TestCard } from '../testing/index.ts'
import { type Bench, frameOf, makeCapture, openPage } from './page.ts'

export interface Keys {
  /** How many times slower the CPU was made. */
  slowed: number
  keys: number
  medianMs: number
  p99Ms: number
  worstMs: number
  /** Over fifty milliseconds, from the first key to the receipt. */
  longTasks: number
}

/** Cards of each length of grouping, typed, mended and typed on: a few hundred keys. */
const typed: readonly TestCard[] = [cards.visa, cards.amex, cards.mastercard]
const rounds = 3

interface KeyMarks {
  spentMs: number[]
  tasksMs: number[]
}

/** In the frame, before any of its own scripts: the first to hear a key, and after the last. */
function watchKeys(): void {
  if (!location.pathname.startsWith('/f/')) return
  const marks: KeyMarks = { spentMs: [], tasksMs: [] }
  Object.assign(window, { keyMarks: marks })
  let began = 0
  addEventListener('keydown', () => (began = performance.now()), { capture: true })
  // A timer cannot come between a key's events, so the next task begins when all that listened has returned.
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }) => marks.spentMs.push(data - began)
  addEventListener('input', () => queueMicrotask(() => queueMicrotask(() => port2.postMessage(performance.now()))), {
    capture: false,
  })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) marks.tasksMs.push(duration)
  }).observe({ type: 'longtask' })
}

/** Types whole cards by the keyboard, each with a digit to mend, and sends the last. */
async function typeCards(bench: Bench, slowed: number): Promise<KeyMarks> {
  const all: KeyMarks = { spentMs: [], tasksMs: [] }
  for (let round = 0; round < rounds; round += 1) {
    const page = await openPage(bench, watchKeys)
    const request = await makeCapture(bench.stack)
    await page.evaluate(`window.warm(${JSON.stringify(request)})`)
    const frame = frameOf(page)
    const session = await page.context().newCDPSession(frame)
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowed })
    const number = frame.locator('input[autocomplete="cc-number"]')
    for (const card of typed) {
      await number.click({ clickCount: 3 })
      await page.keyboard.press('Delete')
      await page.keyboard.type(`${card.number}7`, { delay: 5 })
      await page.keyboard.press('Backspace')
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('Backspace')
      await page.keyboard.type(card.number.slice(0, 1))
    }
    const last = typed.at(-1) ?? cards.visa
    for (const [autocomplete, value] of Object.entries({ 'cc-exp': last.expiry, 'cc-csc': last.cvc })) {
      await frame.locator(`input[autocomplete="${autocomplete}"]`).click()
      await page.keyboard.type(value, { delay: 5 })
    }
    await page.keyboard.press('Enter')
    await frame.locator('#ending:not([hidden])').waitFor({ timeout: 30_000 })
    const marks = (await frame.evaluate('window.keyMarks')) as KeyMarks
    all.spentMs.push(...marks.spentMs)
    all.tasksMs.push(...marks.tasksMs)
    await page.context().close()
  }
  return all
}

export async function measureKeys(bench: Bench): Promise<Keys[]> {
  const found: Keys[] = []
  for (const slowed of [1, 4]) {
    const { spentMs, tasksMs } = await typeCards(bench, slowed)
    const sorted = [...spentMs].sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    found.push({
      slowed,
      keys: sorted.length,
      medianMs: at(0.5),
      p99Ms: at(0.99),
      worstMs: sorted.at(-1) ?? 0,
      longTasks: tasksMs.length,
    })
  }
  return found
}
