import { expect, test } from 'vitest'
import { isLoopback } from './loopback.ts'

test.each(['localhost', 'capture.localhost', 'a.b.localhost', '127.0.0.1', '127.1.2.3', '[::1]'])(
  '%s is the machine itself',
  (hostname) => expect(isLoopback(hostname)).toBe(true),
)

test.each([
  'localhost.example',
  'notlocalhost',
  '.localhost',
  '127.0.0.1.example',
  '10.127.0.0.1',
  '128.0.0.1',
  '[::2]',
  '',
])('%s is not', (hostname) => expect(isLoopback(hostname)).toBe(false))
