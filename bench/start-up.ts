/**
 * How soon the card form takes keys: from `request()` in a page of another site, against a running deployment, beside
 * an empty cross-origin iframe in the same browser and run.
 */
import { type Bench, frameOf, makeCapture, openPage } from './page.ts'
import { percentile } from './percentile.ts'
import { longTasksIn, taskCategories } from './tasks.ts'

export interface Timing {
  what: string
  medianMs: number
  p90Ms: number
  runs: number
  /** Times the empty iframe's median, where there is a limit. */
  ofEmptyMax?: number
}

const runs = 12
const longTaskRuns = 3

interface Marks {
  /** Milliseconds of the wall clock at which the page asked. */
  asked: number
  ready: number
}
interface FrameMarks {
  parsed: number
  focused: number
}

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

/** Tasks over fifty milliseconds of their thread, in page and form, from the request to the amount on the button. */
export async function longTasksOfStart(bench: Bench): Promise<number> {
  let found = 0
  for (let run = 0; run < longTaskRuns; run += 1) {
    const page = await openPage(bench, () => undefined)
    const request = await makeCapture(bench.stack)
    await bench.browser.startTracing(page, { categories: taskCategories })
    await page.evaluate(`window.cold(${JSON.stringify(request)})`)
    found += longTasksIn(await bench.browser.stopTracing())
    await page.context().close()
  }
  return found
}

async function once(bench: Bench, kind: 'cold' | 'warm'): Promise<Marks & FrameMarks> {
  const page = await openPage(bench, watchFrame)
  const request = await makeCapture(bench.stack)
  // Sound: the harness above defines both, with this shape of answer.
  const marks = (await page.evaluate(`window.${kind}(${JSON.stringify(request)})`)) as Marks
  const frame = frameOf(page)
  await frame.waitForFunction('window.marks.focused > 0')
  const inside = (await frame.evaluate('window.marks')) as FrameMarks
  await page.context().close()
  return { ...marks, ...inside }
}

const timing = (what: string, values: readonly number[], ofEmptyMax?: number): Timing => ({
  what,
  medianMs: percentile(values, 0.5),
  p90Ms: percentile(values, 0.9),
  runs: values.length,
  ...(ofEmptyMax !== undefined && { ofEmptyMax }),
})

export async function measureStartUp(bench: Bench): Promise<Timing[]> {
  const emptyMs: number[] = []
  const cold: (Marks & FrameMarks)[] = []
  const warm: (Marks & FrameMarks)[] = []
  // In turns, so that a slow moment of the machine falls on all three. The first round warms up and does not count.
  for (let run = 0; run <= runs; run += 1) {
    const page = await openPage(bench, watchFrame)
    const loaded = (await page.evaluate(`window.empty('${bench.empty}')`)) as number
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
    timing('cold: request() to an input that takes keys', since(cold, 'parsed'), 1.3),
    timing('cold: request() to the keyboard in the number field', since(cold, 'focused')),
    timing('cold: request() to the amount on the button', since(cold, 'ready')),
    timing('preloaded: request() to the keyboard in the number field', since(warm, 'focused'), 0.5),
    timing('preloaded: request() to the amount on the button', since(warm, 'ready')),
  ]
}
