/** The tables of the vault, for `npm run bench`. */
import { measureRewrap, settledMin, unsettledShareMin } from './rewrap.ts'
import { measureOpening, measureSealing, type SealRow } from './seal.ts'
import { pairs } from './compare.ts'

type Print = (title: string, heads: readonly string[], rows: readonly [string, ...string[]][]) => void

/** DESIGN §5: 138 bytes and the card's own. */
const recordBytesMax = 240
const whole = (rate: number): string => Math.round(rate).toLocaleString('en')
const within = ({ ofFirst, ofFirstMin }: Pick<SealRow, 'ofFirst' | 'ofFirstMin'>): boolean =>
  ofFirstMin === undefined || ofFirst >= ofFirstMin

/** Whether every figure is within its limit. */
export async function printVault(print: Print): Promise<boolean> {
  const opening = await measureOpening()
  print(
    `Opening what a form sealed (one thread, medians of ${pairs} turns each)`,
    ['a second', 'share', 'at least'],
    opening.map(({ what, perSecond, ofFirst, ofFirstMin }) => [
      what,
      ...[whole(perSecond), ofFirst.toFixed(2), ofFirstMin?.toString() ?? ''],
    ]),
  )
  const sealing = await measureSealing()
  print(
    `Sealing a card of 82 bytes (one thread, medians of ${pairs} turns each)`,
    ['a second', 'times', 'at least', 'bytes', 'at most'],
    sealing.map(({ what, perSecond, ofFirst, ofFirstMin, bytes }) => [
      what,
      ...[whole(perSecond), ofFirst.toFixed(2), ofFirstMin?.toString() ?? '', String(bytes)],
      ofFirstMin === undefined ? '' : String(recordBytesMax),
    ]),
  )
  const speed = await measureRewrap()
  print(
    `Rewrapping ${speed.tokens.toLocaleString('en')} records through Postgres and keyd, which wait for the disk (records a second, medians of ${speed.pairs} pairs)`,
    ['all of it', 'at least', 'crypto alone', 'share', 'at least'],
    [
      [
        'public key to settled',
        ...[
          whole(speed.unsettled),
          '',
          whole(speed.unsettledAlone),
          speed.unsettledShare.toFixed(2),
          String(unsettledShareMin),
        ],
      ],
      ['settled to settled', whole(speed.settled), whole(settledMin), whole(speed.settledAlone), '', ''],
    ],
  )
  return (
    sealing.every((row) => within(row) && (row.ofFirstMin === undefined || row.bytes <= recordBytesMax)) &&
    opening.every(within) &&
    speed.settled >= settledMin &&
    speed.unsettledShare >= unsettledShareMin
  )
}
