/** What no chat sends: it neither throws nor hangs, and the guard goes on. */
import { describe, expect, test } from 'vitest'
import * as api from './index.ts'
import { cpuMs } from './testing/doublings.ts'
import { seeded } from './testing/random.ts'

const card = 'my card 4242 4242 4242 4242'
const odd: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'a lone high surrogate': `\ud835 ${card}`,
  'a lone low surrogate': `\udfce ${card}`,
  'surrogates the wrong way round': `\udfce\ud835 ${card}`,
  'a high surrogate at the end': `${card} \ud835`,
  'null bytes': `\0\0${card}\0`,
  'null bytes between digits': '4\x002\x004\x002',
  'every control character': `${Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')}${card}`,
  noncharacters: `\uffff\ufffe\ufdd0 ${card}`,
  'a thousand combining marks': `4${'\u0301'.repeat(1_000)}242 is one, ${card}`,
  'half an entity': `&#5 &#x &; &#99999999999; and ${card}`,
  'half an escape': `\\u00 \\x \\u{ %4 %% =3 and ${card}`,
  'base64 of nothing': `${'='.repeat(50)} ${'A'.repeat(5_000)}== ${card}`,
  'a name of the prototype': `constructor __proto__ toString hasOwnProperty ${card}`,
}

describe.each(Object.entries(odd))('%s', (_name, text) => {
  test('neither throws nor hides a card beside it', () => {
    const found = api.detect(text)
    if (text.includes(card)) expect(found.map(({ kind }) => kind)).toContain('pan')
    expect(() => api.redact(text)).not.toThrow()
    const guard = api.createGuard()
    for (const unit of text.split('')) guard.push(unit, { turn: 0, speaker: 'customer' })
    expect(typeof guard.flush().release).toBe('string')
  })
})

test('a quarter of a megabyte of digits is read in a second or two, and a guard that gets it in pieces holds little', () => {
  const digits = '4'.repeat(250_000)
  const tookMs = cpuMs(() => void api.detect(digits))
  const guard = api.createGuard()
  let [released, heldMax] = [0, 0]
  for (let at = 0; at < digits.length; at += 65_536) {
    const pushed = guard.push(digits.slice(at, at + 65_536), { turn: 0 })
    released += pushed.release.length
    heldMax = Math.max(heldMax, pushed.held)
  }
  guard.flush()
  expect(tookMs).toBeLessThan(2_000)
  expect(heldMax).toBeLessThanOrEqual(1_024)
  expect(released).toBeGreaterThan(0)
}, 120_000)

test('a hostile order of chunks, turns and speakers neither throws nor leaks what it was given', () => {
  const random = seeded(99)
  const pieces = [
    '4242',
    ' ',
    'four',
    'for',
    '\ud835',
    '\udfce',
    '&#5',
    '2;',
    '',
    '\0',
    'double',
    'cvc',
    '12/29',
    'x'.repeat(2_000),
    '1'.repeat(3_000),
  ]
  for (let round = 0; round < 20; round += 1) {
    const guard = api.createGuard()
    let heldMax = 0
    for (let step = 0; step < 60; step += 1) {
      const pushed = guard.push(random.pick(pieces), {
        turn: random.pick([0, 1, 5, 2, 1_000_000, 3]),
        speaker: random.pick(['customer', 'agent', '', '__proto__', 'constructor']),
        final: random.chance(0.3),
        ...(random.chance(0.1) ? { replaces: true } : {}),
      })
      heldMax = Math.max(heldMax, pushed.held)
      for (const finding of pushed.findings) {
        for (const { start, end } of finding.spans) expect(start >= 0 && start < end).toBe(true)
      }
      if (random.chance(0.05)) guard.flush()
      if (random.chance(0.05)) guard.arm(random.pick(['pan', 'cvc', 'expiry']), { turns: random.between(0, 3) })
    }
    guard.flush()
    expect(heldMax).toBeLessThanOrEqual(1_024)
  }
})
