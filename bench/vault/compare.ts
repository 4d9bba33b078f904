/** Two ways of one thing, in turns, so that both meet the same machine: what the other gets done beside the one, at the median of the pairs. */
import { percentile } from '../percentile.ts'

export interface Way {
  what: string
  /** Does it once. */
  once: () => Promise<unknown> | unknown
}

export interface Compared {
  what: string
  /** At the median of the pairs. */
  perSecond: number
}

export const pairs = 7
const turnMs = 300

async function perSecond({ once }: Way): Promise<number> {
  const began = performance.now()
  let done = 0
  while (performance.now() - began < turnMs) {
    for (let index = 0; index < 10; index += 1) await once()
    done += 10
  }
  return done / ((performance.now() - began) / 1_000)
}

/** The first is what the others are compared with. Each was run for a turn before the first that counts. */
export async function compare(ways: readonly [Way, ...Way[]]): Promise<(Compared & { ofFirst: number })[]> {
  for (const way of ways) await perSecond(way)
  const rates: number[][] = ways.map(() => [])
  for (let pair = 0; pair < pairs; pair += 1)
    for (const [index, way] of ways.entries()) rates[index]?.push(await perSecond(way))
  return ways.map(({ what }, index) => {
    const own = rates[index] ?? []
    const ratios = own.map((rate, pair) => rate / (rates[0]?.[pair] ?? Number.NaN))
    return { what, perSecond: percentile(own, 0.5), ofFirst: percentile(ratios, 0.5) }
  })
}
