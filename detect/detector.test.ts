import { describe, expect, test } from 'vitest'
import vectors from './detector.vectors.json' with { type: 'json' }
import { createGuard, detect, redact } from './index.ts'

const placed = (text: string): string[] =>
  detect(text).flatMap(({ kind, spans }) => spans.map(({ start, end }) => `${kind} ${text.slice(start, end)}`))

/** Findings and released text of the same text in pieces. */
function inPieces(pieces: readonly string[]): { text: string; findings: unknown[] } {
  const guard = createGuard()
  const findings = []
  let text = ''
  for (const [index, piece] of pieces.entries()) {
    const pushed = guard.push(piece, { turn: 0, final: index === pieces.length - 1 })
    text += pushed.release
    findings.push(...pushed.findings)
  }
  const rest = guard.flush()
  findings.push(...rest.findings)
  findings.sort((a, b) => (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0))
  return { text: text + rest.release, findings }
}

const texts = [...vectors.found, ...vectors.clean].map(({ text }) => text)

describe('what is found', () => {
  test.each(vectors.found)('$kind: $why', ({ text, kind, span }) => {
    expect(placed(text)).toContain(`${kind} ${span}`)
  })

  test.each(vectors.clean)('nothing: $why', ({ text }) => {
    expect(detect(text)).toEqual([])
  })
})

describe('a cut changes nothing', () => {
  test.each(texts)('%s', (text) => {
    const whole = redact(text)
    expect(inPieces(text.split(''))).toEqual(whole)
    for (let cut = 1; cut < text.length; cut += 1)
      expect(inPieces([text.slice(0, cut), text.slice(cut)]), `cut at ${cut}`).toEqual(whole)
  })
})

describe('what is masked', () => {
  test.each(texts)('stays masked, and holds no finding: %s', (text) => {
    const once = redact(text)
    expect(redact(once.text)).toEqual({ text: once.text, findings: [] })
  })

  test('keeps the first six and, from sixteen digits, the last four', () => {
    expect(redact('card 4242 4242 4242 4242').text).toBe('card 4242 42██ ████ 4242')
    expect(redact('amex 378282246310005').text).toBe('amex 378282█████████')
    expect(redact('cvv 123').text).toBe('cvv ███')
  })
})

test('no finding holds a digit of what it found', () => {
  for (const text of texts)
    for (const finding of detect(text)) {
      const { spans: _, ruleset, reasons, ...rest } = finding
      expect(ruleset).toMatch(/^[0-9a-f]{64}$/)
      expect(JSON.stringify([rest, reasons])).not.toMatch(/\d{5}/)
    }
})

describe('a talk', () => {
  const say = (turns: readonly (readonly [string, string])[]) => {
    const guard = createGuard()
    const pushed = turns.map(([speaker, text], turn) => guard.push(text, { turn, speaker, final: true }))
    return { pushed, rest: guard.flush() }
  }

  test('a number in two messages has two spans, and its head is named', () => {
    const { pushed } = say([
      ['user', 'my card is 4242 4242'],
      ['agent', 'go on'],
      ['user', '4242 4242 thanks'],
    ])
    expect(pushed[0]?.release).toBe('my card is 4242 42'.trimEnd())
    expect(pushed[0]?.held).toBe(2)
    expect(pushed[2]?.findings[0]).toMatchObject({
      kind: 'pan',
      rule: 'PAN.A.split',
      spans: [
        { turn: 0, start: 11, end: 20 },
        { turn: 2, start: 0, end: 9 },
      ],
    })
    expect(pushed[2]?.amend).toEqual([{ turn: 0, start: 11, end: 18 }])
    expect(pushed[2]?.release).toBe('██████ 4242 thanks'.replace('██████', '██████').replace('██████', '██████'))
  })

  test("two speakers' digits are never joined", () => {
    const { pushed, rest } = say([
      ['user', '4242 4242'],
      ['agent', '4242 4242'],
    ])
    expect([...pushed.flatMap((one) => one.findings), ...rest.findings]).toEqual([])
  })

  test('the control: the same digits of one speaker are', () => {
    const { pushed } = say([
      ['user', '4242 4242'],
      ['user', '4242 4242'],
    ])
    expect(pushed[1]?.findings).toHaveLength(1)
  })

  test('a code is one after the question for it, and a number before', () => {
    expect(say([['user', '737']]).pushed[0]?.findings).toEqual([])
    const { pushed } = say([
      ['agent', 'And the CVC?'],
      ['user', '737'],
    ])
    expect(pushed[1]?.findings[0]?.kind).toBe('cvc')
    expect(pushed[1]?.release).toBe('███')
  })

  test('armed for a card, broken numbers are suspect', () => {
    const guard = createGuard()
    expect(guard.push('4242 4242 4242 4243', { turn: 0, final: true }).findings).toEqual([])
    guard.arm('pan', { turns: 2 })
    expect(guard.push('4242 4242 4242 4243', { turn: 1, final: true }).findings[0]?.kind).toBe('pan_suspect')
  })

  test("a recogniser's revision takes the place of the last, and its final one stays", () => {
    const guard = createGuard()
    guard.push('four two four two', { turn: 0, replaces: true })
    guard.push('4242 4242 4242', { turn: 0, replaces: true })
    const { findings } = guard.push('4242 4242 4242 4242', { turn: 0, replaces: true, final: true })
    expect(findings).toHaveLength(1)
    expect(findings[0]?.spans).toEqual([{ turn: 0, start: 0, end: 19 }])
  })

  test('what is held never grows past the cap, and fails closed', () => {
    const guard = createGuard({ armed: ['pan'] })
    const digits = `424${'\u200b'.repeat(3_000)}42424`
    let held = 0
    const findings = []
    for (const char of digits) {
      const pushed = guard.push(char, { turn: 0 })
      held = Math.max(held, pushed.held)
      findings.push(...pushed.findings)
    }
    expect(held).toBeLessThanOrEqual(1_024)
    expect(findings.map((finding) => finding.rule)).toContain('HOLD_OVERFLOW')
  })
})

describe('a word that is a digit only among digits', () => {
  test('is none in the middle of other text, and waits for nothing', () => {
    const guard = createGuard()
    let held = 0
    for (const word of 'a table for two, and a ride to the station for a friend, to be there at eight '.match(
      /\S+\s*/g,
    ) ?? [])
      held = Math.max(held, guard.push(word, { turn: 0 }).held)
    expect(held).toBeLessThanOrEqual(8)
  })

  test('counts between digits, and at the head of them', () => {
    expect(detect('to: for two for two for two four two four two four two four two four two')).toHaveLength(1)
    expect(detect('for two for two four two four two four two four two four two four two')).toHaveLength(1)
  })
})

describe('times, days and amounts', () => {
  const talk = [
    'It opens at 12:30 and shuts at 21:45',
    'For $25.50 a head, on 12/11/2026 or 13/11/2026',
    'at 18:30 then',
  ]

  test('are not held back for a number that they cannot be the head of', () => {
    const guard = createGuard()
    const held = talk.map((text, turn) => guard.push(text, { turn, final: true }).held)
    expect(Math.max(...held)).toBeLessThanOrEqual(20)
  })

  test('the control: the same count of plain digits is', () => {
    const guard = createGuard()
    const held = ['It opens at 4111 and shuts at 1111', 'For 1111', 'at 111 then'].map(
      (text, turn) => guard.push(text, { turn, final: true }).held,
    )
    expect(Math.max(...held)).toBeGreaterThan(4)
  })
})
