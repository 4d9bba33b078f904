import { Agent, createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { drainable } from './drain.ts'

let server: Server
afterEach(() => server.closeAllConnections())

async function start(): Promise<{ port: number; drain: ReturnType<typeof drainable> }> {
  server = createServer((incoming, response) => {
    setTimeout(() => response.end('whole'), incoming.url === '/slow' ? 300 : 0)
  })
  server.keepAliveTimeout = 60_000
  const drain = drainable(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, drain } // sound: it listens on TCP
}

const get = (port: number, path = '/', agent: Agent | false = false): Promise<{ body: string; connection: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      response.once('end', () => resolve({ body, connection: response.headers.connection ?? '' }))
    })
    outgoing.once('error', reject)
    outgoing.end()
  })

describe('a server that ends', () => {
  test('answers what is under way, and says on it that the connection ends', async () => {
    const { port, drain } = await start()
    const agent = new Agent({ keepAlive: true })
    const slow = get(port, '/slow', agent)
    await delay(100)
    const ended = drain.drain()
    expect(await slow).toEqual({ body: 'whole', connection: 'close' })
    await ended
    await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' })
  })

  test('still takes connections while it lingers, and tells kept-alive clients to leave', async () => {
    const { port, drain } = await start()
    const agent = new Agent({ keepAlive: true })
    expect((await get(port, '/', agent)).connection).toBe('keep-alive')
    const ended = drain.drain({ lingerMs: 300 })
    expect(await get(port, '/', agent)).toEqual({ body: 'whole', connection: 'close' })
    expect(await get(port)).toEqual({ body: 'whole', connection: 'close' })
    await ended
  })

  test('waits for no connection on which nothing is under way', async () => {
    const { port, drain } = await start()
    const agent = new Agent({ keepAlive: true })
    await get(port, '/', agent)
    const silent = connect(port, '127.0.0.1')
    await new Promise((resolve) => silent.once('connect', resolve))
    const began = performance.now()
    await drain.drain()
    expect(performance.now() - began).toBeLessThan(1_500)
  })

  test('cuts off what takes longer than it may', async () => {
    const { port, drain } = await start()
    const slow = get(port, '/slow')
    await delay(50)
    await Promise.all([drain.drain({ cutMs: 50 }), expect(slow).rejects.toMatchObject({ code: 'ECONNRESET' })])
  })
})
