import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import type { GrantClaims } from '../grants/claims.ts'
import { openRecord } from '../records/open.ts'
import type { WireRecord } from '../records/keyd-calls.ts'
import { type KeydInstance, type KeydKit, makeJwk, makeKeydKit, type SealedToken } from '../testing/keyd-kit.ts'

let kit: KeydKit
let keyd: KeydInstance
beforeAll(async () => {
  kit = await makeKeydKit()
  keyd = await kit.start()
})
afterAll(async () => {
  await keyd?.close()
  await kit?.close()
})

/** What the caller is told: the same for every reason. */
const refused = async (attempt: Promise<unknown>): Promise<void> => {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SallyportError)
  expect(error).toMatchObject({ code: 'auth.forbidden', param: undefined, retryAfterMs: undefined })
}
/** The last refusal, or intent: how an opening went is written behind its answer, and may come after what was done next. */
const lastEntry = async () => (await kit.entries()).findLast(({ result }) => result !== 'done')

describe('a grant', () => {
  test('opens its token once, and the intent stands in the log before the result', async () => {
    const sealed = kit.token()
    const claims = kit.claims(sealed, { capture: 'cap_a' })
    const { grant } = { grant: await kit.grant(sealed, claims) }
    const { card, cvc } = await keyd.open(grant, [kit.wire(sealed)])
    expect(openRecord(sealed.record.body, sealed.context, card ?? Buffer.alloc(0)).toString()).toBe('a card')
    expect(cvc).toBe('none')
    await refused(keyd.open(grant, [kit.wire(sealed)]))
    const mine = (await kit.entries()).filter((entry) => entry.grant === claims.jti)
    const results = mine.map((entry) => `${entry.result} ${entry.reason ?? ''}`.trim()).sort()
    expect(results).toEqual(['done', 'intent', 'refused spent'])
    expect(mine[0]).toMatchObject({
      result: 'intent',
      actor: 'egress',
      action: 'open',
      charge: claims.charge,
      capture: 'cap_a',
    })
  })

  test('entries name the token by a pseudonym, never by its id', async () => {
    const sealed = kit.token()
    await keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    const texts = (await kit.entries()).map((entry) => JSON.stringify(entry))
    expect(texts.some((text) => text.includes(sealed.token))).toBe(false)
    expect(texts.some((text) => text.includes('"subject":"'))).toBe(true)
  })

  test('that was spent stays spent after a restart of keyd', async () => {
    const sealed = kit.token()
    const grant = await kit.grant(sealed)
    const first = await kit.start()
    await first.open(grant, [kit.wire(sealed)])
    await first.close()
    const second = await kit.start()
    await refused(second.open(grant, [kit.wire(sealed)]))
    expect(await lastEntry()).toMatchObject({ result: 'refused', reason: 'spent' })
    await second.close()
  })

  test('of before keyd’s start opens nothing: a database that was put back has forgotten that it was used', async () => {
    const sealed = kit.token()
    const iat = Math.floor(Date.now() / 1000) - 10
    const claims = kit.claims(sealed, { iat, exp: iat + 60 })
    const grant = await kit.grant(sealed, claims)
    // A clock that was behind while it started: a keyd that has run for half a minute.
    let behindMs = 30_000
    const longRunning = await kit.start({ now: () => Date.now() - behindMs })
    behindMs = 0
    const forget = () => kit.db.query('delete from grants_used where jti = $1', [claims.jti])
    await longRunning.open(grant, [kit.wire(sealed)])
    await forget()
    await longRunning.open(grant, [kit.wire(sealed)]) // control: it opens twice
    await longRunning.close()
    await forget()
    const restarted = await kit.start()
    await refused(restarted.open(grant, [kit.wire(sealed)]))
    expect(await lastEntry()).toMatchObject({ result: 'refused', reason: 'before_start' })
    await restarted.close()
  })

  test('of before a restore opens nothing, however long keyd has run', async () => {
    const sealed = kit.token()
    await kit.db.query(
      "insert into restores (restored_at, rolled_back) values (clock_timestamp() + interval '3 s', true)",
    )
    const restored = await kit.start()
    await refused(restored.open(await kit.grant(sealed), [kit.wire(sealed)]))
    const later = Math.floor(Date.now() / 1000) + 4
    await restored.open(await kit.grant(sealed, { iat: later, exp: later + 60 }), [kit.wire(sealed)])
    await restored.close()
    await kit.db.query('delete from restores')
  })

  const other = (wire: WireRecord, change: Partial<WireRecord['context']>): WireRecord => ({
    ...wire,
    context: { ...wire.context, ...change },
  })
  const changed = (wire: WireRecord, change: Partial<NonNullable<WireRecord['context']['mandate']>>): WireRecord => {
    const { mandate } = wire.context
    if (mandate === null) throw new Error('a mandate')
    return other(wire, { mandate: { ...mandate, ...change } })
  }
  const second = () => Math.floor(Date.now() / 1000)

  interface Case {
    title: string
    reason: string
    result?: 'failed'
    claims?: (sealed: SealedToken) => Partial<GrantClaims>
    tamper?: (jws: string) => string
    key?: 'other'
    token?: Parameters<KeydKit['token']>[0]
    record?: (sealed: SealedToken) => WireRecord
  }
  const cases: readonly Case[] = [
    { title: 'expired', reason: 'expired', claims: () => ({ iat: second() - 70, exp: second() - 10 }) },
    { title: 'not yet valid', reason: 'not_yet', claims: () => ({ iat: second() + 20, exp: second() + 60 }) },
    { title: 'longer than a minute', reason: 'too_long', claims: () => ({ exp: second() + 120 }) },
    { title: 'tampered with', reason: 'signature', tamper: tamperAmount },
    { title: 'signed by another key', reason: 'signature', key: 'other' },
    { title: 'no JWS at all', reason: 'malformed', tamper: () => 'grant' },
    { title: 'for another egress', reason: 'wrong_egress', claims: () => ({ egress: 'another' }) },
    { title: 'for another mode', reason: 'wrong_mode', claims: () => ({ mode: 'live' }) },
    { title: 'for another token', reason: 'wrong_token', claims: () => ({ token: kit.token().token }) },
    { title: 'for another tenant', reason: 'wrong_tenant', claims: () => ({ tenant: 'ten_b' }) },
    { title: 'one cent above the mandate', reason: 'above_amount', claims: () => ({ amount_minor: 5_001 }) },
    { title: 'in another currency', reason: 'other_currency', claims: () => ({ currency: 'USD' }) },
    { title: 'for another account', reason: 'other_account', claims: () => ({ account: 'acct_b' }) },
    { title: 'after the mandate ended', reason: 'mandate_ended', token: { mandate: { notAfterMs: Date.now() - 1 } } },
    { title: 'for a token that may not be opened', reason: 'too_many_openings', token: { mandate: { maxOpens: 0 } } },
    { title: 'for a token without a mandate', reason: 'no_mandate', token: { context: { mandate: null } } },
    {
      title: 'with a record of another epoch',
      reason: 'unknown_key',
      record: (s) => kit.wire(s, { kek_id: 'AAAAAAAAAAA' }),
    },
    {
      title: 'with a relabelled epoch',
      reason: 'wrong_key_purpose',
      record: (s) => kit.wire(s, { kek_id: kit.credentials.kekId.toString('base64url') }),
    },
    {
      title: 'with a record of another class',
      reason: 'wrong_class',
      record: (s) => kit.wire(s, { class: 'credential' }),
    },
    { title: 'with a CVC it does not name', reason: 'wrong_class', record: (s) => kit.wire(s, { class: 'cvc' }) },
    {
      title: 'with a record of another version',
      reason: 'wrong_version',
      record: (s) => other(kit.wire(s), { version: 2 }),
    },
    {
      title: 'with a mandate raised in its amount',
      reason: 'does_not_unwrap',
      result: 'failed',
      claims: () => ({ amount_minor: 9_000 }),
      record: (s) => changed(kit.wire(s), { amount_max: 9_000 }),
    },
    {
      title: 'with a mandate of another currency',
      reason: 'does_not_unwrap',
      result: 'failed',
      claims: () => ({ currency: 'USD' }),
      record: (s) => changed(kit.wire(s), { currency: 'USD' }),
    },
    {
      title: 'with a mandate of another account',
      reason: 'does_not_unwrap',
      result: 'failed',
      claims: () => ({ account: 'acct_b' }),
      record: (s) => changed(kit.wire(s), { account: 'acct_b' }),
    },
    {
      title: 'with a mandate of more openings',
      reason: 'does_not_unwrap',
      result: 'failed',
      record: (s) => changed(kit.wire(s), { max_opens: 99 }),
    },
    {
      title: 'with a mandate of more uses',
      reason: 'does_not_unwrap',
      result: 'failed',
      record: (s) => changed(kit.wire(s), { uses: 99 }),
    },
    {
      title: 'with a mandate that ends later',
      reason: 'does_not_unwrap',
      result: 'failed',
      token: { mandate: { notAfterMs: Date.now() - 1 } },
      record: (s) => changed(kit.wire(s), { not_after_ms: Date.now() + 60_000 }),
    },
    {
      title: 'with the wrapped key of another token',
      reason: 'does_not_unwrap',
      result: 'failed',
      record: (s) => ({ ...kit.wire(s), wrapped_dek: kit.wire(kit.token()).wrapped_dek }),
    },
  ]

  test.each(cases)('$title opens nothing, is refused like any other and is in the log as $reason', async (one) => {
    const sealed = kit.token(one.token)
    const signed = await kit.grant(sealed, one.claims?.(sealed), one.key === 'other' ? makeJwk() : undefined)
    await refused(keyd.open(one.tamper?.(signed) ?? signed, [one.record?.(sealed) ?? kit.wire(sealed)]))
    expect(await lastEntry()).toMatchObject({ action: 'open', result: one.result ?? 'refused', reason: one.reason })
  })

  test('with everything right opens: the refusals above have the reasons they name', async () => {
    const sealed = kit.token()
    expect((await keyd.open(await kit.grant(sealed), [kit.wire(sealed)])).card).toHaveLength(32)
  })

  test('opens a token as often as its mandate says, each time with a grant of its own', async () => {
    const sealed = kit.token({ mandate: { maxOpens: 2 } })
    const attempt = async () => keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    await attempt()
    await attempt()
    await refused(attempt())
    expect(await lastEntry()).toMatchObject({ reason: 'too_many_openings' })
  })

  test('opens a token of many openings ten times a minute at most', async () => {
    const sealed = kit.token({ mandate: { maxOpens: 100 } })
    const outcomes: string[] = []
    for (let index = 0; index < 24; index += 1) {
      const attempt = keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
      outcomes.push(
        await attempt.then(
          () => 'opened',
          () => 'refused',
        ),
      )
    }
    const opened = outcomes.filter((outcome) => outcome === 'opened').length
    // A minute may turn while the test runs: then it is ten in each.
    expect(opened).toBeGreaterThanOrEqual(10)
    expect(opened).toBeLessThanOrEqual(20)
    expect((await kit.entries()).some((entry) => entry.reason === 'too_fast')).toBe(true)
  })

  test('opens nothing once the token has a tombstone, which is idempotent', async () => {
    const sealed = kit.token()
    const { token } = sealed
    await keyd.keeper('POST', '/tombstone', { token, tenant: kit.tenant })
    await keyd.keeper('POST', '/tombstone', { token, tenant: kit.tenant })
    await refused(keyd.open(await kit.grant(sealed), [kit.wire(sealed)]))
    expect(await lastEntry()).toMatchObject({ reason: 'tombstoned' })
    expect((await kit.entries()).filter((entry) => entry.action === 'tombstone')).toHaveLength(1)
  })

  test('is refused while the clock of keyd is behind a grant that it has seen', async () => {
    const sealed = kit.token({ mandate: { notAfterMs: Date.now() + 3_600_000 } })
    await keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    const back = 60_000
    const slow = await kit.start({ now: () => Date.now() - back })
    const iat = Math.floor((Date.now() - back) / 1000)
    const opening = slow.open(await kit.grant(sealed, { iat, exp: iat + 60 }), [kit.wire(sealed)])
    await expect(opening, 'whoever comes again finds it mended').rejects.toMatchObject({ code: 'system.unavailable' })
    await slow.close()
    expect((await kit.entries()).some((entry) => entry.reason === 'clock_behind')).toBe(true)
  })
})

test('two keyds racing for the same grants release each exactly once', async () => {
  const other = await kit.start()
  const work = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const sealed = kit.token()
      return { sealed, grant: await kit.grant(sealed) }
    }),
  )
  const outcomes = await Promise.all(
    work.map(async ({ sealed, grant }) => {
      const attempts = [keyd, other, keyd, other].map((one) => one.open(grant, [kit.wire(sealed)]))
      const settled = await Promise.allSettled(attempts)
      return settled.filter((one) => one.status === 'fulfilled').length
    }),
  )
  expect(outcomes).toEqual(work.map(() => 1))
  await other.close()
})

test('a refusal storm is counted, not written: the first ones of a kind each, then one line', async () => {
  const own = await kit.start()
  const before = (await kit.entries()).filter((entry) => entry.reason === 'malformed').length
  for (let index = 0; index < 40; index += 1) await refused(own.open('grant', [kit.wire(kit.token())]))
  const during = (await kit.entries()).filter((entry) => entry.reason === 'malformed')
  expect(during.length - before).toBe(10)
  await own.close()
  const counted = (await kit.entries()).filter((entry) => entry.reason === 'malformed').at(-1)
  expect(counted?.count).toBe(30)
})

test('only egress opens, only intake fingerprints, only keeper buries', async () => {
  for (const [call, path] of [
    [keyd.intake, '/open'],
    [keyd.keeper, '/open'],
    [keyd.intake, '/credential'],
    [keyd.egress, '/fingerprint'],
    [keyd.egress, '/tombstone'],
    [keyd.intake, '/cvc/settle'],
  ] as const) {
    await expect(call('POST', path, {})).rejects.toMatchObject({ code: 'auth.forbidden' })
  }
})

describe('the database role of keyd', () => {
  test.each([
    'delete from grants_used',
    'update openings set count = 0',
    'delete from openings',
    'delete from tombstones',
    'select token from openings',
    "insert into grants_used (jti) values ('x')",
    'update clock set highest_iat = 0',
    "insert into audit (entry) values ('{}')",
    "update audit set entry = '{}'",
    'delete from audit',
    'truncate audit',
    'delete from tickets_used',
    "update audit_log set id = 'x'",
    'delete from checkpoints',
  ])('may not `%s`', async (statement) => {
    const { Client } = (await import('pg')).default
    const client = new Client({ connectionString: kit.databases.keyd.url('keyd') })
    await client.connect()
    await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
    await client.end()
  })

  test('not even the owner changes a numbered entry by accident', async () => {
    await expect(kit.db.query('delete from audit')).rejects.toThrow('keeps what it has')
    await expect(kit.db.query("update audit set entry = '{}'")).rejects.toThrow('keeps what it has')
  })
})

function tamperAmount(jws: string): string {
  const [header, payload = '', signature] = jws.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return [header, Buffer.from(JSON.stringify({ ...claims, amount_minor: 1 })).toString('base64url'), signature].join(
    '.',
  )
}
