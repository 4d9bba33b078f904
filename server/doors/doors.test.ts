import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import type { Jwk } from '../config.ts'
import type { Log } from '../log.ts'
import { innerClient } from './inner-client.ts'
import { type InnerDoor, innerDoor, type InnerRoutes } from './inner-door.ts'
import { requestSigner, signatureHeader } from './request-signature.ts'

const makeKey = (): Jwk => {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}
const publicOf = ({ kty, crv, x }: Jwk): Jwk => ({ kty, crv, x })
const egress = makeKey()
const intake = makeKey()
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} }

let folder = ''
let socket = ''
let door: InnerDoor
const ran = vi.fn()
const clients: { close(): void }[] = []

const routes: InnerRoutes = {
  'POST /open': {
    callers: ['egress'],
    handle: async (body) => {
      ran()
      return { got: body }
    },
  },
  'GET /captures/:id': {
    callers: ['egress', 'intake'],
    handle: async (_body, { params, query, caller, requestId }) => ({
      id: params['id'],
      tenant: query.get('tenant'),
      caller,
      requestId,
    }),
  },
  'POST /refuse': {
    callers: ['egress'],
    handle: async () => {
      throw new SallyportError('request.rate_limited', { param: 'token', retryAfterMs: 250, cause: new Error('4242') })
    },
  },
  'POST /break': {
    callers: ['egress'],
    handle: async () => {
      throw new Error('the number was 4242424242424242')
    },
  },
  'GET /slow': {
    callers: ['egress'],
    handle: (_body, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(ran('gone')))
      }),
  },
}

const start = () =>
  innerDoor({
    audience: 'keyd',
    callers: { egress: publicOf(egress), intake: publicOf(intake) },
    routes,
    socket,
    log: quiet,
  })
const client = (issuer: 'egress' | 'intake', key: Jwk, audience: 'keyd' | 'egress' = 'keyd') => {
  const call = innerClient({ peer: { socket, audience }, issuer, key, patienceMs: 300 })
  clients.push(call)
  return call
}

/** A request as it goes over the socket, with whatever headers. */
function raw(method: string, path: string, body: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: Record<string, unknown>; text: string }>((resolve, reject) => {
    const outgoing = request({ socketPath: socket, method, path, headers }, (response) => {
      let text = ''
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text), text }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'door-'))
  socket = join(folder, 'run', 'keyd.sock')
  ran.mockReset()
  door = await start()
})
afterEach(async () => {
  for (const call of clients.splice(0)) call.close()
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a call', () => {
  test('carries body, parameters, query, caller and request id, and brings the answer back', async () => {
    const call = client('egress', egress)
    expect(await call('POST', '/open', { a: 1 })).toEqual({ got: { a: 1 } })
    const requestId = `req_${'b'.repeat(26)}`
    expect(await call('GET', '/captures/cap_a?tenant=ten_a', undefined, { requestId })).toEqual({
      id: 'cap_a',
      tenant: 'ten_a',
      caller: 'egress',
      requestId,
    })
  })

  test('the socket is for its owner alone, in a folder for its owner alone', () => {
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700)
  })

  test('is refused to a role that the route does not name, to an unknown key and to a key under another name', async () => {
    await expect(client('intake', intake)('POST', '/open', {})).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(client('egress', makeKey())('POST', '/open', {})).rejects.toMatchObject({
      code: 'auth.unauthenticated',
    })
    await expect(client('egress', intake)('POST', '/open', {})).rejects.toMatchObject({ code: 'auth.unauthenticated' })
    await expect(client('egress', egress, 'egress')('POST', '/open', {})).rejects.toMatchObject({
      code: 'system.unavailable',
    })
    expect(ran).not.toHaveBeenCalled()
  })

  test('brings the refusal back as the same error, and no cause', async () => {
    const call = client('egress', egress)
    await expect(call('POST', '/refuse', {})).rejects.toMatchObject({
      code: 'request.rate_limited',
      param: 'token',
      retryAfterMs: 250,
    })
    await expect(call('POST', '/refuse', {})).rejects.not.toHaveProperty('cause')
    await expect(call('POST', '/nothing', {})).rejects.toMatchObject({ code: 'request.not_found' })
    await expect(call('GET', '/open')).rejects.toMatchObject({ code: 'request.not_found' })
    const broken = call('POST', '/break', {})
    await expect(broken).rejects.toMatchObject({ code: 'system.internal' })
    await expect(broken).rejects.not.toThrow(/4242/)
  })

  test('goes on after a restart of the callee, signed anew, and runs once', async () => {
    const call = client('egress', egress)
    await call('POST', '/open', {})
    await door.close()
    await expect(call('POST', '/open', {})).rejects.toMatchObject({ code: 'system.unavailable' })
    ran.mockReset()
    door = await start()
    expect(await call('POST', '/open', { again: true })).toEqual({ got: { again: true } })
    expect(ran).toHaveBeenCalledTimes(1)
  })

  test('is tried again while nobody listens, since not one byte was sent', async () => {
    const call = client('egress', egress)
    await door.close()
    const asked = call('POST', '/open', {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    door = await start()
    expect(await asked).toEqual({ got: {} })
    expect(ran).toHaveBeenCalledTimes(1)
  })

  test('ends at its deadline, and the callee hears of it', async () => {
    const call = client('egress', egress)
    await call('POST', '/open', {})
    ran.mockReset()
    const began = performance.now()
    await expect(call('GET', '/slow', undefined, { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'system.unavailable',
    })
    expect(performance.now() - began).toBeLessThan(2_000)
    await vi.waitFor(() => expect(ran).toHaveBeenCalledWith('gone'))
  })

  test('an answer that is not ours is an unavailable service, not a result', async () => {
    await door.close()
    const squatter = createServer((_request, response) => response.end('<html>'))
    await new Promise<void>((resolve) => squatter.listen(socket, resolve))
    await expect(client('egress', egress)('POST', '/open', {})).rejects.toMatchObject({ code: 'system.unavailable' })
    await new Promise((resolve) => squatter.close(resolve))
    door = await start()
  })
})

describe('a call to twins', () => {
  const heard: string[] = []
  const twin = (name: string) =>
    innerDoor({
      audience: 'keyd',
      callers: { egress: publicOf(egress) },
      routes: {
        'POST /open': {
          callers: ['egress'],
          handle: async () => {
            heard.push(name)
            return { by: name }
          },
        },
      },
      socket: join(folder, name, 'keyd.sock'),
      log: quiet,
    })
  let twins: InnerDoor[]
  let call: ReturnType<typeof innerClient>
  beforeEach(async () => {
    heard.length = 0
    twins = [await twin('a'), await twin('b')]
    const [first = '', ...others] = ['a', 'b'].map((name) => join(folder, name, 'keyd.sock'))
    call = innerClient({ peer: { socket: first, others, audience: 'keyd' }, issuer: 'egress', key: egress })
    clients.push(call)
  })
  afterEach(() => Promise.all(twins.map((one) => one.close())))

  test('goes to each in turn', async () => {
    for (let n = 0; n < 6; n += 1) await call('POST', '/open', {})
    expect(heard).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })

  test('goes to the other at once while one is away, and runs once', async () => {
    await call('POST', '/open', {})
    await twins[1]?.close()
    const began = performance.now()
    for (let n = 0; n < 4; n += 1) await call('POST', '/open', {})
    expect(heard).toEqual(['a', 'a', 'a', 'a', 'a'])
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test('for one of them goes there, also before anything is known of either, and to the other once that one is gone', async () => {
    const instance = twins[1]?.bootId ?? ''
    for (let n = 0; n < 3; n += 1) await call('POST', '/open', {}, { instance })
    expect(heard).toEqual(['b', 'b', 'b'])
    await twins[1]?.close()
    expect(await call('POST', '/open', {}, { instance })).toEqual({ by: 'a' })
    twins[1] = await twin('b')
    expect(await call('POST', '/open', {}, { instance: twins[1].bootId })).toEqual({ by: 'b' })
  })
})

describe('a recorded request', () => {
  const part = { method: 'POST', path: '/open', body: Buffer.from('{"a":1}') }
  const signed = (audience = `keyd:${door.bootId}`, what = part, now?: () => number) =>
    requestSigner('egress', egress, now)(what, audience)

  test('is taken once', async () => {
    const headers = { [signatureHeader]: await signed() }
    expect((await raw('POST', '/open', '{"a":1}', headers)).status).toBe(200)
    const second = await raw('POST', '/open', '{"a":1}', headers)
    expect([second.status, second.body['code']]).toEqual([401, 'auth.replayed'])
    expect(ran).toHaveBeenCalledTimes(1)
  })

  test('is no good after a restart, with another body, path or method, too late or too early', async () => {
    const { bootId } = door
    const old = await signed()
    await door.close()
    door = await start()
    expect(door.bootId).not.toBe(bootId)
    expect((await raw('POST', '/open', '{"a":1}', { [signatureHeader]: old })).body['code']).toBe('auth.replayed')
    const fresh = await signed()
    const attempts = [
      raw('POST', '/open', '{"a":2}', { [signatureHeader]: fresh }),
      raw('POST', '/open?x=1', '{"a":1}', { [signatureHeader]: fresh }),
      raw('PUT', '/open', '{"a":1}', { [signatureHeader]: fresh }),
      raw('POST', '/open', '{"a":1}', { [signatureHeader]: await signed(undefined, part, () => Date.now() - 36_000) }),
      raw('POST', '/open', '{"a":1}', { [signatureHeader]: await signed(undefined, part, () => Date.now() + 8_000) }),
      raw('POST', '/open', '{"a":1}', { [signatureHeader]: 'a.b.c' }),
      raw('POST', '/open', '{"a":1}'),
    ]
    for (const { status, body } of await Promise.all(attempts)) {
      expect([status, body['code']]).toEqual([401, 'auth.unauthenticated'])
    }
    expect(ran).not.toHaveBeenCalled()
  })
})

describe('the door', () => {
  test('answers the health checks unsigned and nothing else', async () => {
    expect((await raw('GET', '/healthz', '')).status).toBe(200)
    expect((await raw('GET', '/readyz', '')).status).toBe(200)
    expect((await raw('GET', '/captures/cap_a', '')).status).toBe(401)
  })

  test('is not ready while the process says so', async () => {
    await door.close()
    door = await innerDoor({
      audience: 'keyd',
      callers: {},
      routes: {},
      socket,
      log: quiet,
      ready: () => Promise.reject(new Error('no database')),
    })
    expect((await raw('GET', '/readyz', '')).body['code']).toBe('system.unavailable')
  })

  test('refuses a body over the limit and JSON that is none, and echoes nothing', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(70_000) })
    expect((await raw('POST', '/open', large)).body['code']).toBe('request.too_large')
    const body = Buffer.from('{"number": 4242')
    const signature = await requestSigner('egress', egress)(
      { method: 'POST', path: '/open', body },
      `keyd:${door.bootId}`,
    )
    const answer = await raw('POST', '/open', body.toString(), { [signatureHeader]: signature })
    expect(answer.body['code']).toBe('request.malformed')
    expect(answer.text).not.toContain('4242')
    expect(Object.keys(answer.body).sort()).toEqual(['code', 'request_id', 'type'])
  })

  test('takes its place again after a killed process left the socket file', async () => {
    const second = await start()
    await second.close()
    await door.close()
    door = await start()
    expect((await raw('GET', '/healthz', '')).status).toBe(200)
  })
})
