/**
 * What a key costs in the card form with the CPU slowed fourfold, read from Chromium's own trace: the time of the frame's
 * thread, so that other work of the machine does not count. And the tasks of that thread over fifty milliseconds.
 */
import { cards, type TestCard } from '../testing/index.ts'
import { type Bench, frameOf, makeCapture, openPage } from './page.ts'
import { percentile } from './percentile.ts'
import { eventsOf, isLong, taskCategories, type TraceEvent } from './tasks.ts'

/** What a person does not notice, on a phone too: at the 99th percentile with the CPU slowed fourfold. */
export const handledMsMax = 8

export interface Keys {
  /** How many times slower the CPU was made. */
  slowed: number
  keys: number
  /** In what the form listens with. */
  handled: { medianMs: number; p99Ms: number }
  /** With what the browser does itself: to insert a letter, move the caret, lay out the line. */
  all: { medianMs: number; p99Ms: number }
  /** Over fifty milliseconds, from the first key to the receipt. */
  longTasks: number
}

/** Cards of each length of grouping, typed, mended and typed on. */
const typed: readonly TestCard[] = [cards.visa, cards.amex, cards.mastercard]
const rounds = 8

interface Marks {
  handledMs: number[]
  allMs: number[]
  longTasks: number
}

const keyEvents = ['keydown', 'keypress', 'keyup']
const handlers = ['keydown', 'beforeinput', 'input', 'keyup']

/** A key is everything from its `keydown` to the next. `input` comes within `keypress`, where there is one. */
function keysOf(events: readonly TraceEvent[]): Marks {
  const dispatched = events.filter(({ name }) => name === 'EventDispatch').sort((a, b) => a.ts - b.ts)
  const marks: Omit<Marks, 'longTasks'> = { handledMs: [], allMs: [] }
  let downUntil = 0
  for (const { ts, dur = 0, tdur = 0, args } of dispatched) {
    const type = args?.data?.type ?? ''
    if (type === 'keydown') {
      marks.handledMs.push(0)
      marks.allMs.push(0)
      downUntil = ts + dur
    }
    const last = marks.handledMs.length - 1
    if (last < 0) continue
    // A key that deletes does so within its `keydown`, with the browser's own work.
    if (type === 'input' && ts < downUntil) marks.handledMs[last] = 0
    if (handlers.includes(type)) marks.handledMs[last] = (marks.handledMs[last] ?? 0) + tdur / 1_000
    if (keyEvents.includes(type)) marks.allMs[last] = (marks.allMs[last] ?? 0) + tdur / 1_000
  }
  const form = dispatched.find(({ args }) => args?.data?.type === 'keydown')
  const long = events.filter((event) => isLong(event) && event.pid === form?.pid && event.tid === form.tid)
  return { ...marks, longTasks: long.length }
}

/** Types whole cards by the keyboard, each with a digit to mend, and sends the last. */
async function typeCards(bench: Bench, slowed: number): Promise<Marks> {
  const page = await openPage(bench, () => undefined)
  const request = await makeCapture(bench.stack)
  await page.evaluate(`window.warm(${JSON.stringify(request)})`)
  const frame = frameOf(page)
  const session = await page.context().newCDPSession(frame)
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowed })
  const number = frame.locator('input[autocomplete="cc-number"]')
  await number.click()
  await bench.browser.startTracing(page, { categories: taskCategories })
  for (const card of typed) {
    await number.click({ clickCount: 3 })
    await page.keyboard.press('Delete')
    await page.keyboard.type(`${card.number}7`, { delay: 20 })
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Backspace')
    await page.keyboard.type(card.number.slice(0, 1))
  }
  const last = typed.at(-1) ?? cards.visa
  for (const [autocomplete, value] of Object.entries({ 'cc-exp': last.expiry, 'cc-csc': last.cvc })) {
    await frame.locator(`input[autocomplete="${autocomplete}"]`).click()
    await page.keyboard.type(value, { delay: 20 })
  }
  await page.keyboard.press('Enter')
  await frame.locator('#ending:not([hidden])').waitFor({ timeout: 30_000 })
  const events = eventsOf(await bench.browser.stopTracing())
  await page.context().close()
  return keysOf(events)
}

const spread = (values: readonly number[]): { medianMs: number; p99Ms: number } => ({
  medianMs: percentile(values, 0.5),
  p99Ms: percentile(values, 0.99),
})

export async function measureKeys(bench: Bench): Promise<Keys[]> {
  const found: Keys[] = []
  for (const slowed of [1, 4]) {
    const marks: Marks[] = []
    for (let round = 0; round < rounds; round += 1) marks.push(await typeCards(bench, slowed))
    found.push({
      slowed,
      keys: marks.reduce((sum, { allMs }) => sum + allMs.length, 0),
      handled: spread(marks.flatMap(({ handledMs }) => handledMs)),
      all: spread(marks.flatMap(({ allMs }) => allMs)),
      longTasks: marks.reduce((sum, { longTasks }) => sum + longTasks, 0),
    })
  }
  return found
}
