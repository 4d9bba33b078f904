import { describe, expect, it, vi } from 'vitest'
import type { ProgressItem } from '../protocol/capture-http.ts'
import { Progress } from './progress.ts'

function start(send: (items: ProgressItem[]) => Promise<void> = async () => {}) {
  vi.useFakeTimers()
  const sent: ProgressItem[][] = []
  const hints: unknown[] = []
  const progress = new Progress({
    send: async (items) => {
      sent.push(items)
      await send(items)
    },
    tellHost: (hint) => hints.push(hint),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as never),
  })
  return { progress, sent, hints }
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
})
