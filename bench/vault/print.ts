/** The tables of the vault, for `npm run bench`. */
import { measureRewrap, settledMin, unsettledShareMin } from './rewrap.ts'
import { measureOpening, measureSealing, type SealRow } from './seal.ts'
import { pairs } from './compare.ts'
import { flushesMax, measureTokenize, shareMin, timesCryptoMax } from './tokenize.ts'

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
  const isTokenizeWithin = await printTokenize(print)
  return (
    isTokenizeWithin &&
    sealing.every((row) => within(row) && (row.ofFirstMin === undefined || row.bytes <= recordBytesMax)) &&
    opening.every(within) &&
    speed.settled >= settledMin &&
    speed.unsettledShare >= unsettledShareMin
  )
}

async function printTokenize(print: Print): Promise<boolean> {
  const speed = await measureTokenize((line) => console.log(line))
  const { cpuMs, cryptoMs, share } = speed
  const times = cpuMs.intake / cryptoMs
  print(
    `Tokenizing: sealed submissions at intake's door, through keyd and Postgres, which wait for the disk (medians of ${speed.pairs} turns of ${speed.submissions.toLocaleString('en')}, 32 clients)`,
    ['a second', 'share', 'at least', 'p50 ms', 'p99 ms'],
    [
      [
        'Postgres alone, the identical statement (pgbench)',
        ...(speed.postgresPerSecond === null ? ['no pgbench'] : [whole(speed.postgresPerSecond), '1.00']),
      ],
      [
        'all of it',
        ...[whole(speed.perSecond), share?.toFixed(2) ?? '', String(shareMin)],
        ...[speed.p50Ms.toFixed(1), speed.p99Ms.toFixed(1)],
      ],
    ],
  )
  print(
    'What one token costs',
    ['cost', 'times', 'at most'],
    [
      ['CPU of intake (ms)', cpuMs.intake.toFixed(2), `${times.toFixed(2)}×`, `${timesCryptoMax}×`],
      ['  its cryptography alone', cryptoMs.toFixed(2), '1.00×', ''],
      ['CPU of keyd', cpuMs.keyd.toFixed(2), '', ''],
      ['CPU of keeper', cpuMs.keeper.toFixed(2), '', ''],
      ['CPU of the gateway, which follows', cpuMs.gateway.toFixed(2), '', ''],
      ['CPU of Postgres', cpuMs.postgres.toFixed(2), '', ''],
      ['flushes of the log at 64 clients', speed.flushes.toFixed(2), '', String(flushesMax)],
      ['bytes of the log (kB)', (speed.walBytes / 1024).toFixed(1), '', ''],
    ],
  )
  return (share === null || share >= shareMin) && times <= timesCryptoMax && speed.flushes <= flushesMax
}
