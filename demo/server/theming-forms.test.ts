import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, expect, it } from 'vitest'
import { themingForms } from './theming-forms.ts'

const asked: { headers: Headers; body: Record<string, unknown> }[] = []
const answer = {
  id: 'cap_abcdefghijklmnopqrstuvwxyz',
  client_secret: 'cs_of_one_test',
  state: 'created',
  link: null,
  expires_at: '2030-01-01T00:00:00.000Z',
}
const gateway: typeof fetch = async (_input, init) => {
  asked.push({ headers: new Headers(init?.headers), body: JSON.parse(String(init?.body)) })
  return Response.json(answer, { status: 201 })
}

let close = (): void => {}
afterEach(() => {
  close()
  asked.length = 0
})

async function door(now: () => number): Promise<() => Promise<Response>> {
  const app = express()
  app.post('/', themingForms({ gatewayUrl: 'http://127.0.0.1:1', secretKey: 'sk_test_of_a_test', now, fetch: gateway }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  close = () => void server.close()
  const { port } = server.address() as AddressInfo // it listens on a port
  return () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })
}

it('gives sixty forms a minute, each of a conversation of its own, and then none until time has passed', async () => {
  let now = 1_000_000
  const ask = await door(() => now)
  for (let form = 0; form < 60; form += 1) expect((await ask()).status).toBe(200)
  expect((await ask()).status).toBe(429)
  expect(asked).toHaveLength(60)
  expect(new Set(asked.map(({ body }) => body['conversation'])).size).toBe(60)
  now += 60_000
  const again = await ask()
  expect(again.headers.get('cache-control')).toBe('no-store')
  expect(await again.json()).toEqual({ capture_id: answer.id, client_secret: answer.client_secret })
})
