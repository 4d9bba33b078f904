import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { gather } from './gather.ts'

describe('pieces that are gathered', () => {
  const slow = (calls: number[][]) => async (pieces: readonly number[]) => {
    calls.push([...pieces])
    await delay(10)
    return pieces.map((piece) => (piece < 0 ? new Error(`${piece}`) : piece * 2))
  }

  it('go at once while nothing is under way, and together while something is; each hears its own answer', async () => {
    const calls: number[][] = []
    const double = gather(slow(calls), { piecesMax: 3 })
    const answers = await Promise.all([1, 2, 3, 4, 5].map(double))
    expect(answers).toEqual([2, 4, 6, 8, 10])
    expect(calls).toEqual([[1], [2, 3, 4], [5]])
  })

  it('wait a moment for a crowd, no longer, and not at all where there is none', async () => {
    const calls: number[][] = []
    let crowd = 4
    const double = gather(slow(calls), { piecesMax: 9, worthWaiting: () => crowd })
    const first = double(1)
    await delay(1)
    const rest = [2, 3, 4].map(double)
    await Promise.all([first, ...rest])
    expect(calls, 'all of them have come').toEqual([[1, 2, 3, 4]])
    expect(await double(5), 'the others do not come').toBe(10)
    crowd = 1
    const [began] = [performance.now()]
    await double(6)
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(calls).toEqual([[1, 2, 3, 4], [5], [6]])
  })

  it('fail alone where one was wrong, together where the call was, and hold up nothing after', async () => {
    const double = gather(slow([]), { piecesMax: 9 })
    const outcomes = await Promise.allSettled([1, -2, 3].map(double))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])

    let broken = true
    const sometimes = gather(
      async (pieces: readonly number[]) => {
        await delay(1)
        if (broken) throw new Error('away')
        return pieces
      },
      { piecesMax: 9 },
    )
    await expect(Promise.all([sometimes(1), sometimes(2)])).rejects.toThrow('away')
    broken = false
    expect(await sometimes(3)).toBe(3)
    const short = gather(async () => [], { piecesMax: 9 })
    await expect(short(1)).rejects.toThrow('other pieces')
  })
})
