import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { attachPatiently } from './attaching.ts'
import { Unreachable } from './intake.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What is heard, second by second, of an intake that does as `ask` says. */
async function heardOf(ask: () => Promise<never>): Promise<string[]> {
  const heard: string[] = []
  let isWanted = true
  const end = attachPatiently({
    ask,
    isWanted: () => isWanted,
    pause: async (code) => {
      heard.push(code)
      await new Promise((resolve) => setTimeout(resolve, 20_000))
    },
    slow: () => heard.push('slow'),
    late: () => heard.push('late'),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
  await vi.advanceTimersByTimeAsync(15_000)
  isWanted = false
  const before = heard.length
  await vi.advanceTimersByTimeAsync(30_000)
  expect(heard).toHaveLength(before)
  void end
  return heard
}

test('an intake that never answers is told as slow, and to the host within eight seconds', async () => {
  expect(await heardOf(() => new Promise(() => {}))).toEqual(['slow', 'late'])
})

test('once the person was asked, nothing takes the question away', async () => {
  expect(await heardOf(() => Promise.reject(new Unreachable('x')))).toEqual(['channel.offline'])
})
