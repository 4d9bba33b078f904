/** docs/detection.md does what it says: its snippets are run, and its curl commands are asked of a screen. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { blocks } from '../../architecture/snippets.ts'
import { read, root } from '../../architecture/graph.ts'
import { startFakeGateway, type FakeGateway } from '../../agent/testing/gateway.ts'
import { placeholders } from '../../detect/talk.ts'
import { httpLimits, screenLimits } from '../http-limits.ts'
import { screenKeeps } from './limits.ts'
import { keys, type TestScreen, testScreen } from './testing/screen.ts'

const page = read('docs/detection.md')
const folder = join(root, 'test-results', 'detection-page')
const number = '4242 4242 4242 4242'
let screen: TestScreen
let gateway: FakeGateway
beforeAll(async () => {
  ;[screen, gateway] = await Promise.all([testScreen(), startFakeGateway()])
  vi.stubEnv('SHOP_SECRET_KEY', gateway.secretKey)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
  await Promise.all([screen.close(), gateway.close()])
})

/** A snippet as a module, with the package's names and the gateway's address in place of the page's. */
async function snippet(word: string): Promise<Record<string, never>> {
  const found = blocks(page, /^ts$/).find((code) => code.includes(word)) ?? ''
  const code = found
    .replaceAll("'sallyport/agent'", JSON.stringify(join(root, 'agent/index.ts')))
    .replaceAll("'sallyport/detect'", JSON.stringify(join(root, 'detect/index.ts')))
    .replace('http://127.0.0.1:7401', gateway.url)
  const path = join(folder, `${word.replace(/\W/g, '')}.ts`)
  writeFileSync(path, code)
  // Whatever it exports; the test below says what that is.
  return import(path)
}
async function* typed(text: string): AsyncGenerator<string> {
  for (const letter of text) yield letter
}
async function all(source: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of source) text += piece
  return text
}

describe('the snippets of docs/detection.md', () => {
  it('guard a conversation both ways', async () => {
    const { guarded } = (await snippet('guardConversation')) as unknown as {
      guarded(conversation: string): {
        answer(
          message: string,
          model: (text: string) => AsyncIterable<string>,
          say: (text: string) => void,
        ): Promise<void>
        askedForCode(): void
        end(): Promise<void>
      }
    }
    const talk = guarded('chat_1')
    const read: string[] = []
    let said = ''
    const model = (text: string) => {
      read.push(text)
      return typed(`You said ${number}.`)
    }
    const say = (text: string) => {
      said += text
    }
    await talk.answer(`it is ${number}`, model, say)
    talk.askedForCode()
    await talk.answer('123', model, say)
    await talk.end()
    expect(read).toEqual([`it is ${placeholders.pan}`, placeholders.cvc])
    expect(said).not.toContain(number)
    expect(gateway.events.filter(({ type }) => type === 'leak.detected')).toHaveLength(4)
  })

  it('guard one stream, and web streams', async () => {
    const { withoutCards, responseText } = (await snippet('guardTransform')) as unknown as {
      withoutCards(pieces: AsyncIterable<string>): AsyncIterable<string>
      responseText(body: ReadableStream<Uint8Array>): ReadableStream<string>
    }
    expect(await all(withoutCards(typed(`it is ${number}, ok`)))).toBe('it is 4242 42[card number removed], ok')
    const { body } = new Response(`it is ${number}, ok`)
    if (body === null) throw new Error('a response has a body')
    const reader = responseText(body).getReader()
    let text = ''
    for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value
    expect(text).toMatch(/^it is [\d ]{0,7}\[card number removed\], ok$/)
  })

  it('detect, mask and listen as their comments say', async () => {
    const { found, masked, first } = await snippet('createGuard({')
    expect(found).toMatchObject([{ kind: 'pan', brand: 'visa', spans: [{ turn: 0, start: 11, end: 30 }] }])
    expect(page).toContain(`// '${masked}'`)
    expect(String(masked)).not.toContain(number)
    expect(first).toMatchObject({ findings: [] })
  })

  it('tell of a finding, as the event on the page', async () => {
    const { tell } = (await snippet('ToldFinding')) as unknown as { tell(c: string, f: object[]): Promise<object[]> }
    const finding = {
      kind: 'pan',
      rule: 'PAN.A.grouped',
      ruleset: 'ab'.repeat(32),
      spans: [{ turn: 1, start: 0, end: 19 }],
    }
    expect(await tell('chat_1', [finding])).toHaveLength(1)
    const shown = blocks(page, /^json$/).find((text) => text.includes('leak.detected')) ?? '{}'
    expect(Object.keys(JSON.parse(shown).data)).toEqual(Object.keys(gateway.events.at(-1)?.data ?? {}))
  })
})

describe('the screen of docs/detection.md', () => {
  const commands = blocks(page, /^sh$/).filter((command) => command.includes('curl'))
  const run = (command: string): Promise<string> => {
    const here = command.replaceAll('http://127.0.0.1:7404', screen.url)
    return new Promise((resolve, reject) => {
      import('node:child_process').then(({ execFile }) =>
        execFile('sh', ['-c', here], { env: { ...process.env, SHOP_SECRET_KEY: keys.first } }, (error, stdout) =>
          error === null ? resolve(stdout) : reject(error),
        ),
      )
    })
  }

  it.runIf(hasCurl())('answers its commands as the page shows', async () => {
    expect(commands).toHaveLength(2)
    const [whole = '', streamed = ''] = await Promise.all(commands.map(run))
    const shown = JSON.parse(blocks(page, /^json$/).find((text) => text.includes('"turns"')) ?? '{}')
    expect(JSON.parse(whole)).toMatchObject(shown)
    const lines = streamed
      .trim()
      .split('\n')
      .map((line): { text?: string } => JSON.parse(line))
    expect(lines.map(({ text = '' }) => text).join('')).toMatch(/^By card, [\d ]{0,7}\[card number removed\], please$/)
    expect(lines.at(-1)).toMatchObject({ turn: 1, findings: [{ kind: 'pan' }] })
  })

  it('has the limits that the page names', () => {
    expect(screenKeeps).toMatchObject({
      rememberMs: 120_000,
      conversationsMax: 10_000,
      turnsPerRequestMax: 64,
      speakersMax: 4,
    })
    expect(httpLimits).toMatchObject({ screenBodyBytesMax: 256 * 1_024, screenStreamBytesMax: 1_024 * 1_024 })
    expect(screenLimits).toMatchObject({ bodyMsMax: 10_000, requestTimeoutMs: 120_000, silenceMsMax: 30_000 })
    for (const words of Object.values(placeholders)) expect(page).toContain(`\`${words}\``)
  })
})

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
