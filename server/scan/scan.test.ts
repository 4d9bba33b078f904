/** `sallyport scan` and `sallyport detect explain`, from bytes to what is printed. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../root.ts'
import { explain } from './explain.ts'
import { linesOf } from './lines.ts'
import { inWords, progressOn } from './progress.ts'
import { type Found, scanBytes } from './scan.ts'

const card = '4242 4242 4242 4242'
const talk = `Hello\nmy card is ${card}\r\nthanks ❤️ and bye\n`

async function* cut(bytes: Uint8Array, ...at: number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const end of [...at, bytes.length]) {
    yield bytes.subarray(from, end)
    from = end
  }
}
async function all<T>(made: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const one of made) out.push(one)
  return out
}
const scanned = (bytes: Uint8Array, ...at: number[]): Promise<Found[]> => all(scanBytes(cut(bytes, ...at)))
const utf16 = (text: string, bigEndian = false): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

describe('a stream of bytes', () => {
  test('gives the place of a number as an editor counts it', async () => {
    const [found, ...more] = await scanned(Buffer.from(talk))
    expect(more).toEqual([])
    expect(found).toMatchObject({ kind: 'pan', brand: 'visa', places: [{ line: 2, column: 12, end_column: 31 }] })
    expect(JSON.stringify(found)).not.toMatch(/4242/)
  })

  test('is read the same wherever it is cut, also within a character', async () => {
    const bytes = Buffer.from(talk)
    const whole = await scanned(bytes)
    for (let at = 0; at <= bytes.length; at += 1) expect(await scanned(bytes, at), `cut at ${at}`).toEqual(whole)
  })

  test.each([
    ['UTF-16, little-endian', utf16(talk)],
    ['UTF-16, big-endian', utf16(talk, true)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${talk}`)],
    ['broken UTF-8', Buffer.concat([Buffer.from([0xc3, 0x28, 0xff, 0x0a]), Buffer.from(`my card is ${card}`)])],
  ])('%s is read', async (_name, bytes) => {
    for (const at of [[], [1], [1, 2, 3]]) {
      expect((await scanned(bytes, ...at)).map(({ kind, places }) => [kind, places[0]?.line])).toEqual([['pan', 2]])
    }
  })

  test('a number that was sent in several messages is one finding with a place in each', async () => {
    const found = await scanned(Buffer.from('my card number is\n4242 4242\n4242 4242\n'))
    expect(found.map(({ places }) => places.map(({ line }) => line))).toEqual([[2, 3]])
  })

  test.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['\n\nb', ['', '', 'b']],
  ])('%j has these lines', async (text, lines) => {
    const pieces = await all(linesOf(cut(Buffer.from(text))))
    const whole: string[] = []
    for (const { line, text: piece } of pieces) whole[line] = (whole[line] ?? '') + piece
    expect(whole).toEqual(lines)
    expect(pieces.filter(({ ends }) => ends)).toHaveLength(lines.length)
  })
})

describe('progress', () => {
  const totals = { files: 1, bytes: 5_000_000, findings: 2, unreadable: 0 }
  test('says how much, how fast, how long and what was found', () => {
    expect(inWords(totals, 20_000_000, 1_000)).toBe('5.0 MB of 20 MB, 5.0 MB/s, 3 s left, 2 findings')
    expect(inWords({ ...totals, findings: 1 }, null, 1_000)).toBe('5.0 MB, 5.0 MB/s, 1 finding')
  })
  test('is for a terminal alone, and at most five times a second', () => {
    const written: string[] = []
    let now = 0
    const terminal = { isTTY: true, write: (text: string) => written.push(text) }
    const progress = progressOn(terminal, null, () => now)
    for (; now <= 1_000; now += 10) progress.at(totals)
    expect(written.length).toBeGreaterThan(3)
    expect(written.length).toBeLessThanOrEqual(5)
    progressOn({ ...terminal, isTTY: false }, null, () => now + 5_000).at(totals)
    expect(written.length).toBeLessThanOrEqual(5)
  })
})

test('an explanation names each rule with its weight and its reason, and shows no digit and no number word of what it found', () => {
  const spoken = 'four two four two four two four two four two four two four two four two'
  const text = explain([`my card is ${card}`, 'cvc 123', `it is ${spoken}`])
  expect(text).toContain('1 | my card is #### #### #### ####')
  expect(text).toMatch(/\+\d+ {2}LUHN +the check digit is right/)
  expect(text).toMatch(/ruleset [0-9a-f]{64}/)
  expect(text).not.toMatch(/4242|123|four two/)
  expect(explain(['hello'])).toContain('No card data was found')
})

describe('the commands', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-scan-'))
    mkdirSync(join(folder, 'old', 'deeper'), { recursive: true })
    writeFileSync(join(folder, 'old', 'a.log'), talk)
    writeFileSync(join(folder, 'old', 'deeper', 'b.log.gz'), gzipSync(talk))
    writeFileSync(join(folder, 'old', 'broken.gz'), gzipSync(talk).subarray(0, 20))
    writeFileSync(join(folder, 'clean.txt'), 'nothing here\n')
    writeFileSync(join(folder, 'binary'), Buffer.from(`card\0cvc 123\0${card}\0`))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  interface Ran {
    code: number
    out: string
    err: string
  }
  const sallyport = (args: string[], input = ''): Promise<Ran> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [join(root, 'server', 'cli.ts'), ...args], { cwd: folder })
      const ran = { code: -1, out: '', err: '' }
      child.stdout.on('data', (part) => (ran.out += part))
      child.stderr.on('data', (part) => (ran.err += part))
      child.once('close', (code) => resolve({ ...ran, code: code ?? -1 }))
      child.stdin.end(input)
    })

  test('walks folders, opens what is compressed, names what it cannot read and goes on; 1 when something was found', async () => {
    const { code, out, err } = await sallyport(['scan', 'gone', 'old', 'clean.txt'])
    expect(code).toBe(1)
    expect(out.match(/^\S+:2:12-30 {2}card number \(visa\)/gm)).toHaveLength(2)
    expect(out).toContain(join('old', 'deeper', 'b.log.gz'))
    expect(err).toContain('gone could not be read (ENOENT); going on')
    expect(err).toContain(`${join('old', 'broken.gz')} could not be read (Z_BUF_ERROR); going on`)
    expect(err).toContain('2 findings in 3 files')
    expect(out + err).not.toMatch(/4242/)
  }, 20_000)

  test.each([
    [
      ['scan', 'clean.txt', 'gone'],
      3,
      /gone could not be read[\s\S]*No card data was found in 1 file, 13 bytes; 1 name/,
    ],
    [['scan'], 2, /needs files or folders/],
    [['detect', 'explain', 'gone'], 1, /gone could not be read \(ENOENT\)/],
  ])('%j ends with %i and says why', async (args, code, words) => {
    const ran = await sallyport(args)
    expect(ran.code).toBe(code)
    expect(ran.err).toMatch(words)
  })

  test('reads what is piped in, and prints objects for programs', async () => {
    const { code, out } = await sallyport(['scan', '--json', '-'], talk)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      file: '(standard input)',
      kind: 'pan',
      places: [{ line: 2, column: 12, end_column: 31 }],
      ruleset: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test('in a file that is no text a whole number counts, and three digits do not', async () => {
    const { out } = await sallyport(['scan', '--json', 'binary'])
    expect(
      out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['pan'])
  })

  test('explains what is piped in', async () => {
    const { code, out } = await sallyport(['detect', 'explain', '-'], talk)
    expect(code).toBe(0)
    expect(out).toContain('2 | my card is #### #### #### ####')
    expect(out).not.toMatch(/4242/)
  })
})
