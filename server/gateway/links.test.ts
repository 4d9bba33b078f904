import { decodeQR } from 'qr/decode.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CaptureLink } from '../../protocol/link.ts'
import { secretHash } from './derive.ts'
import { type Answer, type TestGateway, testGateway } from './testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway()
})
afterAll(() => gateway.close())

const request = { conversation: 'talk-1', purpose: 'pay', amount: { amount_minor: 8000, currency: 'EUR' } }
const create = async (more: object = {}, key?: string): Promise<Answer> =>
  gateway.call('POST', '/v1/captures', { body: { ...request, ...more }, ...(key && { key }) })
const link = (id: unknown, key?: string, body?: object): Promise<Answer> =>
  gateway.call('POST', `/v1/captures/${id}/link`, { ...(body && { body }), ...(key && { key }) })
const secretIn = (answer: unknown): string => (answer as CaptureLink).url.split('#')[1] ?? ''

describe('a link', () => {
  it('is an address at the capture origin with a secret of 128 bits behind the #, of which intake is told a hash', async () => {
    const { body } = await create()
    const { status, body: made, headers } = await link(body['id'])
    expect(status).toBe(201)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(made['url']).toMatch(/^https:\/\/[^/]+\/l#[A-Za-z0-9_-]{22}$/)
    expect(String(made['url']).startsWith(`${gateway.doors.config.capture_origin}/l#`)).toBe(true)
    expect(Buffer.from(secretIn(made), 'base64url')).toHaveLength(16)
    const told = gateway.doors.intake.links.at(-1)
    expect(told?.link_secret_hash).toBe(secretHash(secretIn(made)))
    expect(told?.phrase).toBe(made['phrase'])
    expect(JSON.stringify(told)).not.toContain(secretIn(made))
  })

  it('comes with a QR code that is read as its address', async () => {
    const { body } = await link((await create()).body['id'])
    const { url, qr } = body as unknown as CaptureLink
    const side = qr.size + 8
    const data = new Uint8Array(side * side * 4).fill(255)
    for (const [, x = '', y = '', run = ''] of qr.path.matchAll(/M(\d+) (\d+)h(\d+)/g))
      for (let n = 0; n < Number(run); n += 1) {
        const at = ((Number(y) + 4) * side + Number(x) + 4 + n) * 4
        data.fill(0, at, at + 3)
      }
    expect(decodeQR({ width: side, height: side, data })).toBe(url)
  })

  it('is another each time, and under one key the same, also after a restart', async () => {
    const { body } = await create()
    const id = body['id']
    const [first, second] = [await link(id), await link(id)]
    expect(secretIn(first.body)).not.toBe(secretIn(second.body))
    const kept = await link(id, 'by-message-1')
    await gateway.restart()
    const again = await link(id, 'by-message-1')
    expect([kept.status, again.status]).toEqual([201, 200])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body).toEqual(kept.body)
    expect(gateway.doors.intake.links.filter(({ idempotency }) => idempotency)).toHaveLength(1)
    const elsewhere = await link((await create()).body['id'], 'by-message-1')
    expect(elsewhere.status).toBe(201)
    expect(elsewhere.body['url']).not.toBe(kept.body['url'])
  })

  it('of two who ask at once is a different one for each', async () => {
    const { body } = await create()
    const made = await Promise.all([link(body['id']), link(body['id']), link(body['id'])])
    expect(new Set(made.map((answer) => secretIn(answer.body))).size).toBe(3)
  })

  it('of another tenant, or of nobody, is not found', async () => {
    const { body } = await create()
    const path = `/v1/captures/${body['id']}/link`
    expect((await gateway.call('POST', path, { as: gateway.other })).status).toBe(404)
    expect((await link(`cap_${'z'.repeat(26)}`)).status).toBe(404)
    expect((await gateway.call('POST', path, { as: null })).status).toBe(401)
  })
})

describe('a capture that is asked for by link', () => {
  it('brings one at once, and its replay the one that opens now', async () => {
    const first = await create({ channel: 'link' }, 'order-1')
    expect(first.status).toBe(201)
    expect(first.body['link']).toMatchObject({ phrase: expect.stringMatching(/^[a-z]+ [a-z]+$/) })
    expect((await create({ channel: 'link' }, 'order-1')).body['link']).toEqual(first.body['link'])
    const newer = await link(first.body['id'])
    expect((await create({ channel: 'link' }, 'order-1')).body['link']).toEqual(newer.body)
  })

  it('has none where it was asked for in the chat', async () => {
    expect((await create({ channel: 'web' })).body['link']).toBe(null)
    expect((await create()).body['link']).toBe(null)
  })
})
