/** Requests that nobody honest sends. All is plain data, so that what breaks a rule can be made smaller and run again. */
import fc from 'fast-check'
import { panCanary, textCanary } from './canary.ts'
import type { Door, DoorRoute, HeaderList } from './door.ts'

export const canary: fc.Arbitrary<string> = fc.oneof(panCanary, textCanary)

const nested = (text: string, depth: number): string =>
  `${'['.repeat(depth)}${JSON.stringify(text)}${']'.repeat(depth)}`

/** JSON texts of values that no member expects, with the canary in them where they can hold it. */
export function junkValues(text: string): string[] {
  const said = JSON.stringify(text)
  const number = text.replace(/\D/g, '').slice(0, 16) || '7'
  return [
    said,
    number.replace(/^0+(?=\d)/, ''),
    `[${said}]`,
    `{${said}:${said}}`,
    `{"__proto__":{"admin":${said}}}`,
    `{"constructor":{"prototype":{"x":${said}}}}`,
    JSON.stringify(`\0${text}`),
    JSON.stringify(`${text}\0`),
    `"\\ud800${text.replace(/["\\]/g, '')}"`,
    JSON.stringify(text.repeat(60)),
    nested(text, 20),
    JSON.stringify('9999-99-99T99:99:99Z'),
    JSON.stringify('9999-12-31T23:59:59.999999Z'),
    'null',
    'true',
    '-1',
    '0',
    '1.5',
    '1e308',
    '9007199254740993',
    '""',
    '{}',
  ]
}

const junkValue: fc.Arbitrary<string> = fc
  .tuple(canary, fc.nat(1_000))
  .map(([text, at]) => junkValues(text).at(at % junkValues(text).length) ?? 'null')

const junkName = fc.oneof(canary, fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\0'))

type BodyTwist =
  | { kind: 'good' }
  | { kind: 'spoiled'; at: number; value: string }
  | { kind: 'added'; at: number; name: string; value: string }
  | { kind: 'removed'; at: number }
  | { kind: 'raw'; bytes: Uint8Array }
  | { kind: 'large'; over: number; text: string }

const rawBody: fc.Arbitrary<Uint8Array> = fc
  .tuple(canary, fc.nat(14), fc.uint8Array({ maxLength: 200 }))
  .map(([text, kind, random]) => {
    const said = JSON.stringify(text)
    const bodies: (string | Uint8Array)[] = [
      random,
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(`${text}"}`)]),
      `{"a":${said}`,
      `${'['.repeat(10_000)}`.slice(0, 3_500),
      `${'{"a":'.repeat(700)}${said}${'}'.repeat(700)}`,
      nested(text, 1_500),
      `[${said}]`,
      said,
      text,
      `\ufeff{"a":${said}}`,
      `{"tenant":${said},"tenant":${said}}`,
      `{/* ${text} */}`,
      Buffer.from(`{"a":${said}}`, 'utf16le'),
      `${' '.repeat(3_000)}${said}`,
      `a=${encodeURIComponent(text)}`,
    ]
    const body = bodies[kind] ?? said
    return typeof body === 'string' ? Buffer.from(body) : body
  })

const bodyTwist: fc.Arbitrary<BodyTwist> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<BodyTwist>({ kind: 'good' }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('spoiled' as const), at: fc.nat(60), value: junkValue }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('added' as const), at: fc.nat(9), name: junkName, value: junkValue }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removed' as const), at: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('raw' as const), bytes: rawBody }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('large' as const),
      over: fc.integer({ min: 1, max: 40_000 }),
      text: canary,
    }),
  },
)

const junkHeader = fc.tuple(
  fc.constantFrom(
    ...['user-agent', 'cookie', 'authorization', 'idempotency-key', 'last-event-id', 'accept', 'origin', 'referer'],
    ...['sallyport-request-id', 'sallyport-signature', 'x-forwarded-for', 'x-forwarded-host', 'forwarded', 'host'],
    ...['content-type', 'content-encoding', 'accept-encoding', 'if-none-match', 'range', 'x-http-method-override'],
    ...['upgrade', 'connection', 'x-anything', 'traceparent'],
  ),
  fc.oneof(
    canary,
    canary.map((text) => `Bearer ${text}`),
    canary.map((text) => `Bearer sk_test_${text.replace(/[^A-Za-z0-9]/g, '').padEnd(26, 'x')}`),
    canary.map((text) => text.repeat(20)),
    fc.constantFrom(
      'text/event-stream',
      'application/json; charset=utf-16',
      'text/plain',
      'gzip',
      '',
      'bytes=0-1',
      'null',
    ),
    fc.constantFrom(
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'application/json, text/html',
    ),
    fc.constantFrom(
      'eyJhbGciOiJub25lIn0.e30.',
      'a.b.c',
      `${'a'.repeat(4_000)}.b.c`,
      'websocket',
      'keep-alive, upgrade',
    ),
  ),
)

type PathTwist = {
  kind: 'good' | 'in id' | 'after' | 'query name' | 'query value' | 'same query twice' | 'raw'
  text: string
}

const pathTwist: fc.Arbitrary<PathTwist> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<PathTwist>({ kind: 'good', text: '' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('in id', 'after', 'query name', 'query value', 'same query twice'),
      text: fc.oneof(
        canary.map(encodeURIComponent),
        canary.map((text) => text.replace(/[^A-Za-z0-9.-]/g, '')),
        canary.map((text) => `%00${encodeURIComponent(text)}`),
        canary.map((text) => `..%2f..%2f${encodeURIComponent(text)}`),
        canary.map((text) => encodeURIComponent(text).repeat(40)),
        fc.constantFrom(
          '%E0%A4%A',
          '%',
          '../../etc/passwd',
          '%2e%2e/%2e%2e/',
          '__proto__',
          'constructor',
          ';a=b',
          '//',
          '%00',
        ),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: canary.map((text): PathTwist => {
      const said = encodeURIComponent(text)
      const raws = [
        `//${said}/x`,
        `/./${said}`,
        `/${said}?${said}#${said}`,
        `http://${said}.example/v1/captures`,
        `/assets/${said}/../../x`,
        `/widget/../${said}`,
      ]
      return { kind: 'raw', text: raws[text.length % raws.length] ?? '/' }
    }),
  },
)

export interface Junk {
  route: number
  method: string | null
  path: PathTwist
  body: BodyTwist
  headers: [name: string, value: string][]
  /** Whether the caller may come in at all. */
  admitted: boolean
  chunked: boolean
}

/** What somebody honest sends to the route of this number. */
export const asItIs = (route: number): Junk => ({
  ...{ route, method: null, headers: [], admitted: true, chunked: false },
  ...{ path: { kind: 'good', text: '' }, body: { kind: 'good' } },
})

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']

export const junk: fc.Arbitrary<Junk> = fc.record({
  route: fc.nat(1_000),
  method: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom(...methods) }),
  path: pathTwist,
  body: bodyTwist,
  headers: fc.array(junkHeader, { maxLength: 2 }),
  admitted: fc.oneof({ weight: 8, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  chunked: fc.boolean(),
})

export interface Spoiled {
  route: DoorRoute
  method: string
  path: string
  body: Buffer
  bytes: Buffer
}

/** The junk as it goes to this door. */
export async function spoil(door: Door, junk: Junk): Promise<Spoiled> {
  const route = door.routes[junk.route % door.routes.length] ?? { method: 'GET', path: '/' }
  const method = junk.method ?? route.method
  const path = spoiledPath(door, route, junk.path)
  const hasBody = !['GET', 'HEAD'].includes(route.method) || junk.body.kind === 'raw'
  const body = hasBody ? spoiledBody(door, route, junk.body) : Buffer.alloc(0)
  const admitted = junk.admitted ? await door.credentials({ method, path, body }) : []
  const given = new Set(junk.headers.map(([name]) => name))
  const headers: HeaderList = [
    ['host', 'a'],
    ...(hasBody ? ([['content-type', 'application/json']] as const) : []),
    ...admitted,
  ].filter(([name]) => !given.has(name ?? '')) as HeaderList // sound: pairs of strings, as they were made
  return {
    route,
    method,
    path,
    body,
    bytes: requestBytes(method, path, [...headers, ...junk.headers], hasBody ? body : null, junk.chunked),
  }
}

export function requestBytes(
  method: string,
  path: string,
  headers: HeaderList,
  body: Buffer | null,
  chunked = false,
): Buffer {
  const framing = body === null ? [] : chunked ? ['transfer-encoding: chunked'] : [`content-length: ${body.length}`]
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${oneLine(value)}`),
    ...framing,
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  if (body === null) return head
  if (!chunked) return Buffer.concat([head, body])
  const size = Buffer.from(body.length === 0 ? '' : `${body.length.toString(16)}\r\n`)
  const tail = Buffer.from(body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n')
  return Buffer.concat([head, size, body, tail])
}

const oneLine = (value: string): string => value.replace(/[\r\n\0]/g, '')

function spoiledPath(door: Door, route: DoorRoute, twist: PathTwist): string {
  if (twist.kind === 'raw') return twist.text.replace(/\s/g, '')
  const id = twist.kind === 'in id' ? twist.text : door.id(route)
  const path = route.path.replace(/\{[a-z_]+\}/g, () => id)
  const query = door.query(route)
  const more = (text: string): string => `${query}${query === '' ? '?' : '&'}${text}`
  if (twist.kind === 'after') return `${path}/${twist.text}${query}`
  if (twist.kind === 'query name') return path + more(`${twist.text}=1`)
  if (twist.kind === 'same query twice')
    return path + more(`after=${twist.text}&after=${twist.text}&tenant=${twist.text}`)
  if (twist.kind !== 'query value') return path + query
  // In place of the first good value, or of any that a route might look for.
  return (
    path +
    (query === '' ? `?after=${twist.text}&conversation=${twist.text}` : query.replace(/=[^&]*/, () => `=${twist.text}`))
  )
}

const mark = '@@spoiled@@'

function spoiledBody(door: Door, route: DoorRoute, twist: BodyTwist): Buffer {
  if (twist.kind === 'raw') return Buffer.from(twist.bytes)
  const good: unknown = structuredClone(door.body(route))
  if (twist.kind === 'large') {
    const padding = twist.text.repeat(Math.ceil((door.bodyBytesMax + twist.over) / twist.text.length))
    return Buffer.from(JSON.stringify({ ...Object(good), padding }))
  }
  if (twist.kind === 'good') return Buffer.from(JSON.stringify(good))
  const places = placesOf(good)
  if (twist.kind === 'added') {
    const objects = places.filter(({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value))
    const at = objects[twist.at % Math.max(1, objects.length)]?.value ?? good
    Object.defineProperty(at, mark, { value: mark, enumerable: true })
    return Buffer.from(
      JSON.stringify(good).replace(`"${mark}":"${mark}"`, () => `${JSON.stringify(twist.name)}:${twist.value}`),
    )
  }
  const place = places[twist.at % Math.max(1, places.length)]
  if (place === undefined) return Buffer.from(twist.kind === 'spoiled' ? twist.value : '{}')
  if (twist.kind === 'removed') Reflect.deleteProperty(place.in, place.name)
  else Reflect.set(place.in, place.name, mark)
  return Buffer.from(JSON.stringify(good).replace(`"${mark}"`, () => (twist.kind === 'spoiled' ? twist.value : '')))
}

interface Place {
  in: object
  name: string
  value: unknown
}

/** Every member of a value, at any depth. */
function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [{ in: value, name, value: member }, ...placesOf(member)])
}

/**
 * Every member of every body of a door in turn, with each of the values that it does not expect; or with one of so many
 * of them, another for each member, and always with the number that is too large.
 */
export function* everyMember(door: Door, text: string, oneOf = 1): Generator<Junk> {
  for (const [route, described] of door.routes.entries()) {
    if (described.method === 'GET') continue
    for (const at of placesOf(door.body(described)).keys()) {
      for (const [index, value] of junkValues(text).entries()) {
        if ((at + index) % oneOf !== 0 && index !== 1) continue
        const path = { kind: 'good', text: '' } as const
        const body = { kind: 'spoiled', at, value } as const
        yield { route, method: null, path, body, headers: [], admitted: true, chunked: false }
      }
    }
  }
}
