import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ProgressItem } from '../protocol/capture-http.ts'
import { Pace } from './pace.ts'
import { Progress } from './progress.ts'

afterEach(() => vi.useRealTimers())

function start(send: (items: ProgressItem[]) => Promise<void> = async () => {}) {
  vi.useFakeTimers()
  const sent: ProgressItem[][] = []
  const hints: unknown[] = []
  const pace = new Pace(() => Date.now())
  const progress = new Progress({
    send: async (items) => {
      sent.push(items)
      await send(items)
    },
    tellHost: (hint) => hints.push(hint),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as never),
    pace,
  })
  return { progress, pace, sent, hints }
}
const level = (value: 'some' | 'most'): ProgressItem => ({ kind: 'progress', field: 'number', level: value })

describe('progress', () => {
  it('is told once in 300 ms, and of one field only the last', async () => {
    const { progress, sent, hints } = start()
    progress.add({ kind: 'started', field: 'number' })
    progress.add(level('some'))
    progress.add(level('most'))
    await vi.advanceTimersByTimeAsync(299)
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(sent).toEqual([[{ kind: 'started', field: 'number' }, level('most')]])
    expect(hints).toEqual([
      { field: 'number', status: 'active' },
      { field: 'number', status: 'active', level: 'most' },
    ])
  })

  it('is never told after the end, not even by a timer that was running', async () => {
    const { progress, sent, hints } = start()
    progress.add(level('some'))
    progress.end()
    progress.add(level('most'))
    await vi.advanceTimersByTimeAsync(1_000)
    await progress.flush()
    expect([sent, hints]).toEqual([[], []])
  })

  it('keeps verdicts over a lost connection, tells the host once, and sends batches in order', async () => {
    let lost = true
    const { progress, sent, hints } = start(async () => {
      if (lost) throw new Error('lost')
    })
    progress.add({ kind: 'rejected', field: 'number', code: 'checksum' })
    await progress.flush()
    lost = false
    progress.add({ kind: 'completed', field: 'number', brand: 'visa', last4: '4242' })
    await progress.flush()
    expect(sent[1]?.map((item) => item.kind)).toEqual(['rejected', 'completed'])
    expect(hints).toHaveLength(2)
  })

  it('sends at most eight items at once', async () => {
    const { progress, sent } = start()
    for (let index = 0; index < 11; index += 1) progress.add({ kind: 'started', field: 'number' })
    await progress.flush()
    expect(sent.map((items) => items.length)).toEqual([8, 3])
  })

  describe('of a number that is typed', () => {
    const type = async (pace: Pace, digits: number, everyMs: number, oneLength = false) => {
      for (let typed = 1; typed <= digits; typed += 1) {
        pace.numberEdited(typed, oneLength && typed > 1)
        await vi.advanceTimersByTimeAsync(everyMs)
      }
    }
    const done: ProgressItem = { kind: 'completed', field: 'number', brand: 'visa', last4: '4242' }

    it('comes at the same mark for thirteen digits and for nineteen', async () => {
      const times = []
      for (const digits of [13, 16, 19]) {
        const { progress, pace, sent } = start()
        progress.add({ kind: 'started', field: 'number' })
        await vi.advanceTimersByTimeAsync(300)
        expect(sent).toEqual([[{ kind: 'started', field: 'number' }]])
        const began = Date.now()
        await type(pace, digits, 300)
        progress.add(done)
        while (sent.length === 1) await vi.advanceTimersByTimeAsync(10)
        expect(sent[1]).toEqual([done])
        times.push(Math.round((Date.now() - began) / 100))
      }
      expect(times).toEqual([100, 100, 100])
    })

    it('is followed by one field a mark, and by everything when the form is sent', async () => {
      const { progress, pace, sent } = start()
      progress.add({ kind: 'started', field: 'number' })
      await vi.advanceTimersByTimeAsync(300)
      await type(pace, 16, 100)
      progress.add({ kind: 'rejected', field: 'number', code: 'checksum' })
      progress.add({ kind: 'started', field: 'expiry' })
      progress.add({ kind: 'completed', field: 'expiry' })
      progress.add({ kind: 'started', field: 'cvc' })
      await vi.advanceTimersByTimeAsync(3_500)
      expect(sent.slice(1)).toEqual([[{ kind: 'rejected', field: 'number', code: 'checksum' }]])
      await vi.advanceTimersByTimeAsync(5_000)
      expect(sent.slice(2).flat()).toEqual([
        { kind: 'started', field: 'expiry' },
        { kind: 'completed', field: 'expiry' },
      ])
      await progress.flush()
      expect(sent.slice(3).flat()).toEqual([{ kind: 'started', field: 'cvc' }])
    })

    it('is told as it happens where the scheme has one length, and where it came at once', async () => {
      for (const how of ['mastercard', 'pasted']) {
        const { progress, pace, sent } = start()
        if (how === 'pasted') pace.numberEdited(16, false)
        else await type(pace, 16, 100, true)
        progress.add({ kind: 'started', field: 'number' })
        progress.add(done)
        await vi.advanceTimersByTimeAsync(300)
        expect(sent, how).toEqual([[{ kind: 'started', field: 'number' }, done]])
      }
    })
  })
})
