/** The long form of the count of real codes in `leaks.spec.ts`: 200 captures. About half a minute on two quiet cores. */
import { expect, test } from 'vitest'
import { startStack } from '../../server/testing/stack.ts'
import { makeCanary } from './canary.ts'
import { alpha, drawCodes, rankSum, since } from './codes.ts'
import { clusterFolders } from './deployment.ts'
import { followCodes } from './hunt.ts'

test('of 200 captures, the codes stand in the files no more often than codes that nobody typed', async () => {
  const stack = await startStack({ env: { SALLYPORT_ANY_PAN: '1' } })
  try {
    const draw = drawCodes(200)
    const cards = { draw, pan: makeCanary().pan, decoy: makeCanary().pan }
    const { before, after, planted, logged } = await followCodes(stack, await clusterFolders(stack), cards)
    for (const kind of ['alone', 'anywhere'] as const) {
      expect(rankSum(since(before, after)[kind], draw)).toBeGreaterThan(alpha)
      expect(rankSum(since(before, logged)[kind], draw)).toBeLessThan(alpha)
    }
    expect(after.inContext).toEqual([])
    expect(rankSum(since(before, planted).alone, draw)).toBeLessThan(alpha)
    expect(new Set(logged.inContext)).toEqual(new Set(draw.used))
  } finally {
    await stack.stop()
  }
}, 180_000)
