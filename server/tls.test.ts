import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest, type Server } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Log, LogFields } from './log.ts'
import { selfSigned } from './testing/self-signed.ts'
import { outerServer } from './tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
const first = selfSigned('pay.example')
const second = selfSigned('pay.example')
const lay = ({ cert, key }: { cert: string; key: string }): void => {
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key)
}
const written: LogFields[] = []
const write = (fields: LogFields): void => void written.push(fields)
const log: Log = { debug: write, info: write, warn: write, error: write, fatal: write }

let server: Server
let port = 0
beforeAll(async () => {
  lay(first)
  server = outerServer((_request, response) => void response.end('answered'), files, log)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port // sound: it listens on TCP
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

const get = (ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca, servername: 'pay.example', agent: false as const }
    const outgoing = request(options, (response) => {
      response.setEncoding('utf8').once('data', resolve)
    })
    outgoing.once('error', reject)
    outgoing.end()
  })

/** The protocol that both agree on, or the code of the refusal. */
const shake = (options: ConnectionOptions): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none')
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })

describe('an outer door with a certificate', () => {
  test('answers over HTTPS, to whoever trusts that certificate', async () => {
    expect(await get(first.cert)).toBe('answered')
    await expect(get(second.cert)).rejects.toThrow()
  })

  test('speaks TLS 1.2 and 1.3 and nothing older', async () => {
    expect(await shake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    expect(await shake({})).toBe('TLSv1.3')
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    expect(await shake(old)).toMatch(/PROTOCOL_VERSION/)
  })

  test('does not answer plain HTTP', async () => {
    const answer = new Promise((resolve, reject) => {
      plainRequest({ host: '127.0.0.1', port }, resolve).once('error', reject).end()
    })
    await expect(answer).rejects.toThrow()
  })

  test('takes a new certificate on SIGHUP, and keeps the old one where the files are no good', async () => {
    lay(second)
    process.emit('SIGHUP')
    await vi.waitFor(async () => expect(await get(second.cert)).toBe('answered'))
    lay({ cert: first.cert, key: second.key })
    process.emit('SIGHUP')
    expect(written.map(({ event }) => event)).toEqual(['tls.reloaded', 'tls.reload_failed'])
    expect(await get(second.cert)).toBe('answered')
  })

  test('a key that is not the certificate’s ends the start', () => {
    lay({ cert: first.cert, key: second.key })
    expect(() => outerServer(() => undefined, files, log)).toThrow()
  })
})

test('an outer door without a certificate knows whence a request came that was followed by a reset', async () => {
  const from: (string | undefined)[] = []
  const door = outerServer((incoming) => void from.push(incoming.socket.remoteAddress), undefined, log)
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const to = { host: '127.0.0.1', port: (door.address() as AddressInfo).port } // sound: it listens on TCP
  for (let times = 0; times < 20; times += 1) {
    const socket = connectPlain(to)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.resetAndDestroy())
    await once(socket, 'close')
  }
  await expect.poll(() => from.length).toBeGreaterThan(10)
  expect(new Set(from)).toEqual(new Set(['127.0.0.1']))
  door.closeAllConnections()
  await new Promise((resolve) => door.close(resolve))
})
