/** What the page's end of the port says that a widget never would. The page plays the widget, so that it may say anything. */
import { cards, fillCard } from '../../testing/index.ts'
import { attack, expect, type Field } from './attack.ts'
import { call, puppetPage } from './pages.ts'
import type { Edit } from './weaken.ts'

/** Comlink as its documentation shows it: no parser before it, its handlers in place. */
const plainComlink: Edit[] = [
  {
    file: 'frame/guard.ts',
    take: 'expose(target, guardedEndpoint(port, onRefused))',
    put: 'expose({ ...commands }, port as unknown as Endpoint)',
  },
  { file: 'frame/guard.ts', take: 'transferHandlers.clear()', put: '' },
]

interface Said {
  answers: Record<string, unknown>[]
  /** What a script of the frame's own document finds on every object. */
  polluted: unknown
  /** A ping that came after it all was answered. */
  alive: boolean
}

const everyObject = (): unknown => (({}) as Record<string, unknown>)['polluted']

/** `'a port'` as a value stands for one, which goes along. */
async function say(field: Field, edits: Edit[] | null, messages: object[]): Promise<Said> {
  const { page, site, form, frame } = field
  await page.goto(site.page(puppetPage(form(edits === null ? undefined : await site.weak({ frame: edits })))))
  await page.waitForFunction(() => window.port)
  const end = call('ffff', 'ping')
  const answered = page.evaluate(
    (texts) => {
      for (const text of texts) {
        const { port2 } = new MessageChannel()
        const message = JSON.parse(text, (_name, value) => (value === 'a port' ? port2 : value))
        window.say(message, text.includes('"a port"') ? [port2] : [])
      }
      return new Promise<boolean>((resolve) => {
        window.port.addEventListener('message', ({ data }) => data.id === 'ffff' && resolve(true))
        setTimeout(() => resolve(false), 1_000)
      })
    },
    [...messages, end].map((message) => JSON.stringify(message)),
  )
  const alive = await answered
  const loot = (await page.evaluate(() => window.loot)) as Record<string, unknown>[]
  const answers = loot.filter(({ id }) => id !== undefined && id !== 'ffff')
  return { answers, alive, polluted: await (await frame()).evaluate(everyObject) }
}

const nothing: Said = { answers: [], polluted: undefined, alive: true }

/** Opens a capture in the document that has heard it all. */
async function openAfter({ page }: Field, asked: object): Promise<void> {
  await page.evaluate((message) => window.say(message), call('eeee', 'open', asked))
}

/** The same document still takes a card. */
async function stillPays(field: Field): Promise<void> {
  const asked = await field.ask()
  await openAfter(field, asked)
  await fillCard(field.page, cards.visa)
  await expect.poll(async () => (await field.state(asked)).state).toBe('completed')
}

const raw = (value: unknown): object => ({ type: 'RAW', value })
const idsOf = ({ answers }: Said): unknown[] => answers.map(({ id }) => id).sort()
const everyId = (messages: object[]): unknown[] => messages.map((message) => (message as { id: string }).id).sort()

const pollution = [
  { id: '1', type: 'SET', path: ['__proto__', 'polluted'], value: raw('yes') },
  { id: '2', type: 'SET', path: ['ping', '__proto__', '__proto__', 'polluted'], value: raw('yes') },
  { id: '3', type: 'SET', path: ['constructor', 'prototype', 'polluted'], value: raw('yes') },
]

attack('The page pollutes a prototype of the frame over the port', {
  had: 'The end of the port (Comlink issue 603)',
  defended: [
    'nothing but a call of one known name passes, and the customer pays',
    async (field) => {
      expect(await say(field, null, pollution)).toEqual(nothing)
      await stillPays(field)
    },
  ],
  undefended: [
    'Comlink alone sets a member of every object in the document of the form',
    async (field) => {
      expect(await say(field, plainComlink, pollution)).toMatchObject({ polluted: 'yes' })
    },
  ],
})

const walks = [
  { id: '1', type: 'GET', path: ['open'] },
  { id: '2', type: 'GET', path: ['ping', 'name'] },
  { id: '3', type: 'CONSTRUCT', path: ['constructor'], argumentList: [] },
  { id: '4', type: 'ENDPOINT' },
  { id: '5', type: 'APPLY', path: ['constructor', 'keys'], argumentList: [raw({ a: 1 })] },
  { id: '6', type: 'APPLY', path: ['constructor', 'constructor'], argumentList: [raw('return document')] },
  { id: '7', type: 'APPLY', path: ['ping', 'call'], argumentList: [] },
  { id: '8', type: 'APPLY', path: ['toString'], argumentList: [] },
]

attack('The page reads, constructs, walks paths and asks for ports over the port', {
  had: 'The end of the port',
  defended: [
    'none is answered, and the customer pays',
    async (field) => {
      expect(await say(field, null, walks)).toEqual(nothing)
      await stillPays(field)
    },
  ],
  undefended: [
    'Comlink alone answers each, some with a port to more',
    async (field) => {
      const said = await say(field, plainComlink, walks)
      expect(idsOf(said)).toEqual(everyId(walks))
      expect(said.answers.filter(({ ports }) => ports === true).map(({ id }) => id)).toEqual(['3', '4'])
    },
  ],
})

const handlers = [
  { id: '1', type: 'APPLY', path: ['ping'], argumentList: [{ type: 'HANDLER', name: 'proxy', value: 'a port' }] },
  { id: '2', type: 'APPLY', path: ['ping'], argumentList: [raw('a port')] },
  { id: '3', type: 'APPLY', path: ['ping'], argumentList: [], ports: raw('a port') },
  {
    id: '4',
    type: 'SET',
    path: ['ping', 'word'],
    value: { type: 'HANDLER', name: 'throw', value: { isError: true, value: { message: 'thrown from outside' } } },
  },
]

attack('The page sends handlers and ports over the port', {
  had: 'The end of the port',
  defended: [
    'nothing is deserialised and no port is taken',
    async (field) => {
      expect(await say(field, null, handlers)).toEqual(nothing)
    },
  ],
  undefended: [
    'Comlink alone makes proxies and thrown errors of what the page sends',
    async (field) => {
      const said = await say(field, plainComlink, handlers)
      expect(idsOf(said)).toEqual(everyId(handlers))
      expect(JSON.stringify(said.answers)).toContain('thrown from outside')
    },
  ],
})

const release = [{ id: '1', type: 'RELEASE' }]

attack('The page releases the port in the name of garbage collection', {
  had: 'The end of the port',
  defended: [
    'the release is dropped, and the customer pays',
    async (field) => {
      expect(await say(field, null, release)).toEqual(nothing)
      await stillPays(field)
    },
  ],
  undefended: [
    'Comlink alone closes the port: the form hears nothing more',
    async (field) => {
      expect(await say(field, plainComlink, release)).toMatchObject({ alive: false })
    },
  ],
})

const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) })
const good = { captureId: `cap_${'a'.repeat(26)}`, clientSecret: 'c'.repeat(40) }
const shapes = [
  { ...call('1', 'ping'), extra: 1 },
  call('2', 'ping', 'one argument too many'),
  call('3', 'open', { ...good, extra: deep(500) }),
  call('4', 'open', { ...good, clientSecret: 'c'.repeat(1_000_000) }),
  call('5', 'open', { ...good, captureId: ['cap_'] }),
  call('6', 'open', { ...good, colorScheme: '<b>' }),
  call('c', 'dress', { colorScheme: '<b>', preset: 'bubble' }),
  call('d', 'dress', { colorScheme: 'dark', preset: 'bubble', theme: { accent: deep(500) } }),
  call('7', 'open', JSON.parse(`{"__proto__":{"captureId":"x"},"clientSecret":"${'c'.repeat(40)}"}`)),
  call('8', 'open', good, good),
  call('9', 'focus', deep(500)),
  { ...call('a', 'ping'), path: 'ping'.split('') },
  { ...call('b', 'ping'), path: ['ping', ...Array.from({ length: 10_000 }, () => 'x')] },
]

attack('The page sends extra members, wrong types, long and deep values', {
  had: 'The end of the port',
  defended: [
    'none is answered, none takes the form, and the customer pays',
    async (field) => {
      expect(await say(field, null, shapes)).toEqual(nothing)
      await stillPays(field)
    },
  ],
  undefended: [
    'Comlink alone hands them on: the form belongs to a capture that never was, and the real one is refused',
    async (field) => {
      const said = await say(field, plainComlink, shapes)
      expect(idsOf(said)).toEqual(everyId(shapes))
      expect(said.answers).toContainEqual({ id: '3', type: 'RAW', value: { ok: true } })
      await openAfter(field, await field.ask())
      await expect
        .poll(() => field.page.evaluate(() => window.loot))
        .toContainEqual({ id: 'eeee', type: 'RAW', value: { ok: false, code: 'system.conflict' } })
    },
  ],
})
