/** The long form of the count of real codes in `leaks.spec.ts`: 200 captures. About half a minute on two quiet cores. */
import { expect, test } from '@playwright/test'
import { startStack } from '../../server/testing/stack.ts'
import { makePan } from './canary.ts'
import { alpha, drawCodes, rankSum, since } from './codes.ts'
import { clusterFolders } from './deployment.ts'
import { followCodes } from './hunt.ts'

test('of 200 captures, the codes stand in the files no more often than codes that nobody typed', async () => {
  test.setTimeout(180_000)
  const stack = await startStack({ env: { SALLYPORT_ANY_PAN: '1' } })
  try {
    const draw = drawCodes(200)
    const cards = { draw, pan: makePan(), decoy: makePan() }
    const { before, after, planted, logged } = await followCodes(stack, await clusterFolders(stack), cards)
    for (const kind of ['alone', 'anywhere'] as const) {
      expect(rankSum(since(before, after)[kind], draw)).toBeGreaterThan(alpha)
      expect(rankSum(since(before, logged)[kind], draw)).toBeLessThan(alpha)
    }
    expect(after.inContext).toEqual([])
    expect(rankSum(since(before, planted).alone, draw)).toBeLessThan(alpha)
    // Other numbers of three digits may stand beside a card too.
    expect(draw.used.filter((code) => !logged.inContext.includes(code))).toEqual([])
  } finally {
    await stack.stop()
  }
})
