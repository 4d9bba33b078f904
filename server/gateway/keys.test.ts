import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePool } from '../database/pool.ts'
import { hashKey, makeKeys } from './keys.ts'
import { type TestGateway, testGateway } from './testing/gateway.ts'

let gateway: TestGateway
let db: pg.Pool
beforeAll(async () => {
  gateway = await testGateway()
  db = makePool(gateway.databases.gateway.url('gateway'))
})
afterAll(async () => {
  await db.end()
  await gateway.close()
})

describe('API keys', () => {
  it('name their tenant', async () => {
    const keys = makeKeys(db, 'sandbox')
    const caller = await keys.authenticate(`Bearer ${gateway.tenant.key}`)
    expect(caller.tenant).toBe(gateway.tenant.id)
    expect(await keys.isLive(caller)).toBe(true)
  })
  it('are refused alike when they are absent, unknown, of another mode, cut short or not a bearer', async () => {
    const { key } = gateway.tenant
    const wrong = [
      undefined,
      '',
      'Bearer',
      `Bearer ${key.slice(0, -1)}`,
      `Bearer ${key}x`,
      `bearer ${key}`,
      key,
      `Basic ${key}`,
      `Bearer ${key.replace('test', 'live')}`,
      `Bearer pk_test_${'a'.repeat(26)}`,
      `Bearer  ${key}`,
    ]
    const keys = makeKeys(db, 'sandbox')
    for (const authorization of wrong) {
      await expect(keys.authenticate(authorization)).rejects.toMatchObject({ code: 'auth.unauthenticated' })
    }
    await expect(makeKeys(db, 'live').authenticate(`Bearer ${key}`)).rejects.toMatchObject({
      code: 'auth.unauthenticated',
    })
  })
  it("whose first eight bytes of hash are another's are not that one", async () => {
    const admin = new pg.Client({ connectionString: gateway.databases.gateway.url('admin') })
    await admin.connect()
    const near = Buffer.concat([hashKey(gateway.tenant.key).subarray(0, 8), Buffer.alloc(24)])
    await admin.query('insert into api_keys (tenant, key_hash) values ($1, $2)', [gateway.other.id, near])
    await admin.end()
    const caller = await makeKeys(db, 'sandbox').authenticate(`Bearer ${gateway.tenant.key}`)
    expect(caller.tenant).toBe(gateway.tenant.id)
  })
  it('are asked for before anything of the request is looked at', async () => {
    const answer = await gateway.call('POST', '/v1/captures', { as: null, raw: '{"broken' })
    expect([answer.status, answer.body['code']]).toEqual([401, 'auth.unauthenticated'])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('the role of the gateway', () => {
  it.each([
    ['insert into api_keys (tenant, key_hash) values ($$x$$, $$y$$)'],
    ['update api_keys set revoked_at = null'],
    ['delete from api_keys'],
    ['insert into tenants (id, name) values ($$x$$, $$y$$)'],
    ['update events set envelope = $${}$$'],
    ['truncate events'],
    ['delete from followed_log'],
    ['create table mine (n int)'],
    ['select * from migrations'],
  ])('may not: %s', async (statement) => {
    await expect(db.query(statement)).rejects.toMatchObject({ code: '42501' })
  })
})
