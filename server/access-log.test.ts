import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { expect, test } from 'vitest'
import { accessLog, networkOf, routesOf } from './access-log.ts'
import type { LogFields } from './log.ts'
import type { Answered } from './metrics/requests.ts'
import { nothingHere, problems, requestIds } from './problem.ts'

/** The lines and counts of one request through a door with these trusted proxies. */
async function through(trusted: string[] | undefined, path: string, headers: Record<string, string>) {
  const lines: LogFields[] = []
  const counted: Answered[] = []
  const write = (fields: LogFields): void => void lines.push(fields)
  const log = { debug: write, info: write, warn: write, error: write, fatal: write }
  const app = express()
  app.set('trust proxy', trusted ?? false)
  app.use(
    requestIds,
    accessLog(log, (answered) => void counted.push(answered)),
  )
  app.get('/things/:id', (_request, response) => void response.json({}))
  app.use(nothingHere)
  app.use(problems({ publicUrl: 'https://pay.example', log }))
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // sound: it listens on TCP
  await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text()
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
  return { line: lines.find(({ event }) => event === 'request.answered'), counted, routes: routesOf(app) }
}

const forwarded = { 'x-forwarded-for': '203.0.113.7' }

test('X-Forwarded-For is not believed by default, nor from anyone but the networks that are named', async () => {
  for (const trusted of [undefined, [], ['10.0.0.0/8']]) {
    expect((await through(trusted, '/things/a', forwarded)).line).toMatchObject({ client: '127.0.0' })
  }
  expect((await through(['127.0.0.0/8'], '/things/a', forwarded)).line).toMatchObject({ client: '203.0.113' })
})

test('of several addresses the last one that no trusted proxy wrote about itself counts', async () => {
  const chain = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.1.2.3' }
  expect((await through(['127.0.0.0/8', '10.0.0.0/8'], '/things/a', chain)).line).toMatchObject({ client: '203.0.113' })
})

test('a line and a count name the route and never the path', async () => {
  const { line, counted, routes } = await through(undefined, '/things/4242424242424242', {})
  expect(line).toMatchObject({ route: '/things/:id', status: 200 })
  expect(counted).toMatchObject([{ route: 'GET /things/:id', code: 'ok' }])
  expect(routes).toEqual(['GET /things/:id'])
  const missed = await through(undefined, '/4242424242424242', {})
  expect(missed.line).toMatchObject({ route: null, status: 404 })
  expect(missed.counted).toMatchObject([{ code: 'request.not_found', status: 404 }])
  expect(JSON.stringify([line, counted, missed])).not.toContain('4242')
})

test.each([
  ['203.0.113.7', '203.0.113'],
  ['::ffff:203.0.113.7', '203.0.113'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
  ['2001:db8::1', '2001:db8'],
  ['::1', ''],
  ['not an address', undefined],
  [undefined, undefined],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
