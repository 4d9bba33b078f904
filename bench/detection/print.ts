/** The tables of the detector, for `npm run bench`. */
import { measureQuality } from './quality.ts'
import { measureScripts } from './script.ts'
import { measurePushes, measureSpeed, messagesAre } from './speed.ts'
import { ours, peers } from './detectors.ts'

type Print = (title: string, heads: readonly string[], rows: readonly [string, ...string[]][]) => void

const share = (part: number, all: number): string => (part / all).toFixed(3)
const percent = (one: number): string => `${(100 * one).toFixed(2)} %`

/** Whether every size is within its limit. */
export async function printDetection(print: Print): Promise<boolean> {
  const detectors = [ours, ...(await peers())]
  const qualities = []
  for (const detector of detectors) qualities.push(await measureQuality(detector))
  const [own] = qualities
  const lines = own?.dialogue?.lines ?? 0
  print(
    'Card data in chat: a case counts as found with any finding in it; peers read each message and all joined. The suite and\n' +
      'the dialogue lie beside the project (../shared; "–" where they are not), the held-out cases and the noise are generated',
    ['recall', 'precision', 'of clean', 'held out', 'noise', 'dialogue', 'cut in two'],
    qualities.map(({ name, suite, heldOut, noise, dialogue, cut }) => [
      name,
      suite === null ? '–' : share(suite.found, suite.cards),
      suite === null ? '–' : share(suite.found, Math.max(1, suite.found + suite.alarms)),
      suite === null ? '–' : `${suite.alarms}/${suite.clean}`,
      share(heldOut.found, heldOut.cards),
      percent(noise),
      dialogue === null ? '–' : String(dialogue.alarms),
      percent(cut),
    ]),
  )
  // Hanley and Lippman-Hand, JAMA 1983: none seen in n bounds the rate by 3/n with 95 % confidence.
  if (lines > 0)
    console.log(
      `${lines} lines of dialogue: none in them bounds the rate by ${(3e6 / lines).toFixed(0)} in a million (95 %)`,
    )
  print(
    `Speed (${messagesAre})`,
    ['MB/s', 'of the sum'],
    (await measureSpeed(detectors)).map(({ name, megabytesPerSecond, share: of }) => [
      name,
      megabytesPerSecond.toFixed(2),
      of.toFixed(3),
    ]),
  )
  const { tokens, p50Us, p99Us, heldMean, heldP99, heldMax } = measurePushes()
  print(
    'A guard, a word at a time (at most 20 µs a push and 32 code units held at the 99th percentile; 1,024 at the most)',
    ['words', 'µs, median', 'µs, p99', 'held, mean', 'held, p99', 'held, most'],
    [
      [
        'sallyport',
        String(tokens),
        p50Us.toFixed(2),
        p99Us.toFixed(2),
        heldMean.toFixed(2),
        String(heldP99),
        String(heldMax),
      ],
    ],
  )
  const scripts = await measureScripts()
  print(
    'In the browser (kB of 1024 bytes)',
    ['minified', 'gzip', 'at most'],
    scripts.map(({ what, bytes, gzip, gzipMax }) => [
      what,
      (bytes / 1024).toFixed(2),
      (gzip / 1024).toFixed(2),
      gzipMax === undefined ? '' : (gzipMax / 1024).toFixed(0),
    ]),
  )
  return scripts.every(({ gzip, gzipMax }) => gzipMax === undefined || gzip <= gzipMax)
}
