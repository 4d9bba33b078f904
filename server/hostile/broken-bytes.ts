/** Bytes that are not quite HTTP, or quite, and dishonest about where they end. Each holds a canary. */
import { requestBytes } from './junk.ts'
import type { HeaderList } from './door.ts'

export interface Broken {
  name: string
  bytes: Buffer
  /** The door may close without a word: an answer would be read as part of another one, or nobody asked for one. */
  silent?: boolean
  /** How many answers an honest door gives. */
  answers?: number
  halfClose?: boolean
}

const host = 'host: a\r\n'

export function brokenBytes(method: string, path: string, credentials: HeaderList, text: string): Broken[] {
  const said = JSON.stringify({ a: text })
  const length = Buffer.byteLength(said)
  const head = `${credentials.map(([name, value]) => `${name}: ${value}\r\n`).join('')}content-type: application/json\r\n`
  const start = `${method} ${path} HTTP/1.1\r\n`
  const posted = (framing: string, body: string): Buffer => Buffer.from(`${start}${host}${head}${framing}\r\n${body}`)
  const got = (more: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\n${host}${more}\r\n`)
  const flat = text.replace(/[^\x20-\x7e]/g, '')
  const plain = encodeURIComponent(text)
  const one = requestBytes('GET', `/nothing/${plain}`, [['host', 'a']], null)
  return [
    { name: 'a length that is too short', bytes: posted(`content-length: ${length - 5}\r\n`, said) },
    { name: 'a length that is too long', bytes: posted(`content-length: ${length + 500}\r\n`, said), halfClose: true },
    { name: 'two lengths', bytes: posted(`content-length: ${length}\r\ncontent-length: ${length - 1}\r\n`, said) },
    {
      name: 'the same length twice',
      bytes: posted(`content-length: ${length}\r\ncontent-length: ${length}\r\n`, said),
    },
    { name: 'a list of lengths', bytes: posted(`content-length: ${length}, ${length}\r\n`, said) },
    { name: 'a negative length', bytes: posted('content-length: -1\r\n', said) },
    { name: 'a length in hexadecimal', bytes: posted('content-length: 0x10\r\n', said) },
    { name: 'a length beyond all numbers', bytes: posted(`content-length: ${'9'.repeat(40)}\r\n`, said) },
    { name: 'a length and chunks', bytes: posted(`content-length: ${length}\r\ntransfer-encoding: chunked\r\n`, said) },
    { name: 'chunks and a length', bytes: posted(`transfer-encoding: chunked\r\ncontent-length: 3\r\n`, '0\r\n\r\n') },
    { name: 'two transfer encodings', bytes: posted('transfer-encoding: chunked, identity\r\n', said) },
    {
      name: 'chunked twice',
      bytes: posted('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'),
    },
    { name: 'an encoding that nobody knows', bytes: posted(`transfer-encoding: ${flat}\r\n`, said) },
    {
      name: 'chunks with a wrong size',
      bytes: posted('transfer-encoding: chunked\r\n', `zz${text}\r\n${said}\r\n0\r\n\r\n`),
    },
    { name: 'a chunk without its end', bytes: posted('transfer-encoding: chunked\r\n', `5\r\n${said}\r\n0\r\n\r\n`) },
    {
      name: 'chunk extensions without end',
      bytes: posted('transfer-encoding: chunked\r\n', `1;x=${flat.repeat(1_500)}\r\na\r\n0\r\n\r\n`),
    },
    { name: 'trailers', bytes: posted('transfer-encoding: chunked\r\n', `2\r\n{}\r\n0\r\nx-trailer: ${flat}\r\n\r\n`) },
    { name: 'a space before the colon', bytes: Buffer.from(`${start}host : a\r\nx: ${flat}\r\n\r\n`) },
    { name: 'a folded header', bytes: got(`x-folded: a\r\n ${flat}\r\n`) },
    { name: 'a header without a colon', bytes: got(`${flat.replaceAll(':', '')}\r\n`) },
    { name: 'a NUL in a header', bytes: got(`x: \0${flat}\r\n`) },
    { name: 'a bare CR in a header', bytes: got(`x: a\r${flat}\r\n`) },
    { name: 'a NUL in the path', bytes: Buffer.from(`GET /\0${flat.replaceAll(' ', '')} HTTP/1.1\r\n${host}\r\n`) },
    {
      name: 'raw bytes in the path',
      bytes: Buffer.concat([
        Buffer.from('GET /'),
        Buffer.from([0xff, 0xc3, 0x28]),
        Buffer.from(` HTTP/1.1\r\n${host}x: ${flat}\r\n\r\n`),
      ]),
    },
    { name: 'spaces in the path', bytes: Buffer.from(`GET /a ${flat} b HTTP/1.1\r\n${host}\r\n`) },
    { name: 'lines that end in LF', bytes: Buffer.from(`GET /${plain} HTTP/1.1\nhost: a\n\n`) },
    { name: 'no host', bytes: Buffer.from(`GET /${plain} HTTP/1.1\r\n\r\n`) },
    {
      name: 'two hosts',
      bytes: Buffer.from(`GET /${plain} HTTP/1.1\r\nhost: a\r\nhost: ${flat.replaceAll(' ', '')}\r\n\r\n`),
    },
    { name: 'HTTP/1.0', bytes: Buffer.from(`GET /${plain} HTTP/1.0\r\n\r\n`) },
    { name: 'HTTP/0.9', bytes: Buffer.from(`GET /${plain}\r\n`) },
    { name: 'HTTP/3.0', bytes: Buffer.from(`GET /${plain} HTTP/3.0\r\n${host}\r\n`) },
    { name: 'the preface of HTTP/2', bytes: Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${flat}`) },
    {
      name: 'the beginning of TLS',
      bytes: Buffer.concat([Buffer.from('16030100f5010000f10303', 'hex'), Buffer.from(flat)]),
    },
    { name: 'noise', bytes: Buffer.from(`${text}\r\n\r\n${text}\r\n\r\n`) },
    { name: 'a method that nobody knows', bytes: Buffer.from(`BREW /${plain} HTTP/1.1\r\n${host}\r\n`) },
    { name: 'a method in small letters', bytes: Buffer.from(`get /${plain} HTTP/1.1\r\n${host}\r\n`) },
    { name: 'CONNECT', bytes: Buffer.from(`CONNECT ${flat.replace(/\W/g, '')}.example:443 HTTP/1.1\r\n${host}\r\n`) },
    { name: 'OPTIONS *', bytes: Buffer.from(`OPTIONS * HTTP/1.1\r\n${host}x: ${flat}\r\n\r\n`) },
    { name: 'an address of somebody else', bytes: Buffer.from(`GET http://${plain}.example/ HTTP/1.1\r\n${host}\r\n`) },
    {
      name: 'an upgrade',
      bytes: got(`connection: upgrade\r\nupgrade: ${flat.replaceAll(' ', '')}\r\nsec-websocket-key: ${flat}\r\n`),
    },
    { name: 'an expectation that nobody knows', bytes: posted(`expect: ${flat}\r\ncontent-length: 2\r\n`, '{}') },
    { name: '100-continue', bytes: posted(`expect: 100-continue\r\ncontent-length: ${length}\r\n`, said) },
    { name: 'a header of 20 kB', bytes: got(`x: ${flat.padEnd(20_000, 'x')}\r\n`) },
    { name: 'an address of 20 kB', bytes: Buffer.from(`GET /${plain.padEnd(20_000, 'x')} HTTP/1.1\r\n${host}\r\n`) },
    {
      name: 'a hundred and fifty headers',
      bytes: got(Array.from({ length: 150 }, (_, i) => `x-${i}: ${flat.slice(0, 30)}\r\n`).join('')),
    },
    { name: 'a thousand headers', bytes: got(Array.from({ length: 1_000 }, (_, i) => `x-${i}: a\r\n`).join('')) },
    {
      name: 'a body that a GET has no use for',
      bytes: Buffer.from(`GET /${plain} HTTP/1.1\r\n${host}content-length: ${length}\r\n\r\n${said}`),
    },
    { name: 'three requests at once', bytes: Buffer.concat([one, one, one]), answers: 3 },
    { name: 'a request and noise', bytes: Buffer.concat([one, Buffer.from(`${flat}\r\n\r\n`)]), silent: true },
    { name: 'a request inside of a body', bytes: posted(`content-length: ${one.length}\r\n`, one.toString('latin1')) },
    { name: 'half a request', bytes: Buffer.from(`GET /${plain} HTTP/1.1\r\nhost: a\r\nx: ${flat}`), halfClose: true },
    { name: 'nothing at all', bytes: Buffer.alloc(0), halfClose: true, silent: true },
  ]
}
