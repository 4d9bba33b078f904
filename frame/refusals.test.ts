import { afterEach, expect, test, vi } from 'vitest'
import { noticeOf } from './refusals.ts'

afterEach(() => vi.unstubAllGlobals())

test.each([
  [true, 'capture.example', 'lost'],
  [false, 'capture.example', 'offline'],
  // A machine without a network still reaches itself.
  [true, 'capture.localhost', 'lost'],
  [false, 'capture.localhost', 'lost'],
])('with a browser that says online: %s, intake on %s without an answer is told as "%s"', (onLine, hostname, word) => {
  vi.stubGlobal('navigator', { onLine })
  vi.stubGlobal('location', { hostname })
  expect(noticeOf('channel.offline')).toBe(word)
})
