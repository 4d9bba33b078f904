import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { verifyChain, type ChainRow } from '../audit/chain.ts'
import { chainOrigin, checkpointPublicKey, signCheckpoint } from '../audit/checkpoint.ts'
import { makeId } from '../../protocol/ids.ts'
import {
  type AuditPage,
  type CredentialAnswer,
  type FingerprintAnswer,
  type FingerprintsAnswer,
  toWireContext,
} from '../records/keyd-calls.ts'
import { openRecord } from '../records/open.ts'
import { makeReplyKey } from '../records/reply.ts'
import type { RecordContext } from '../records/format.ts'
import { sealRecord } from '../records/seal.ts'
import { type KeydInstance, type KeydKit, makeJwk, makeKeydKit } from '../testing/keyd-kit.ts'

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

const forbidden = (attempt: Promise<unknown>) =>
  expect(attempt).rejects.toMatchObject({ code: 'auth.forbidden', param: undefined })
const lastReason = async () => (await kit.entries()).at(-1)?.reason

describe('a fingerprint', () => {
  test('is the same for the same card and tenant, in another keyd too, and differs for any other', async () => {
    const inner = randomBytes(32)
    const { fingerprint } = await keyd.fingerprint({ inner })
    const other = await kit.start()
    expect((await other.fingerprint({ inner })).fingerprint).toBe(fingerprint)
    await other.close()
    const elsewhere = await keyd.fingerprint({ inner, ticket: await kit.ticket({ tenant: 'ten_b' }) })
    expect(elsewhere.fingerprint).not.toBe(fingerprint)
    expect((await keyd.fingerprint({ inner: randomBytes(32) })).fingerprint).not.toBe(fingerprint)
    expect(Buffer.from(fingerprint, 'base64url')).toHaveLength(32)
  })

  test('is given five times a ticket, by all keyds and starts together, each in the log', async () => {
    const capture = 'cap_five'
    const ticket = await kit.ticket({ capture })
    const other = await kit.start()
    const attempts = [keyd, other, keyd, other, keyd, other, keyd].map((one) => one.fingerprint({ ticket }))
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(5)
    await other.close()
    await forbidden(keyd.fingerprint({ ticket }))
    const mine = (await kit.entries()).filter((entry) => entry.capture === capture).map((entry) => entry.result)
    expect(mine.filter((result) => result === 'done')).toHaveLength(5)
    expect(mine.filter((result) => result === 'refused')).toHaveLength(3)
    expect(await lastReason()).toBe('ticket_used_up')
  })

  test('is refused to a ticket of another key, another mode, an old one and a grant', async () => {
    await forbidden(keyd.fingerprint({ ticket: await kit.ticket({}, makeJwk()) }))
    expect(await lastReason()).toBe('signature')
    await forbidden(keyd.fingerprint({ ticket: await kit.ticket({ mode: 'live' }) }))
    expect(await lastReason()).toBe('wrong_mode')
    const iat = Math.floor(Date.now() / 1000) - 4_000
    await forbidden(keyd.fingerprint({ ticket: await kit.ticket({ iat, exp: iat + 3_900 }) }))
    expect(await lastReason()).toBe('expired')
    await forbidden(keyd.fingerprint({ ticket: await kit.grant(kit.token()) }))
    expect(await lastReason()).toBe('signature')
  })

  test('asks for the shape that is documented', async () => {
    const ticket = await kit.ticket()
    for (const body of [
      {},
      { ticket, inner: 'AAAA', cvc: false },
      { ticket, inner: 'A'.repeat(43) },
      null,
      [],
      { ticket, inner: 'A'.repeat(43), cvc: false, more: 1 },
    ]) {
      await expect(keyd.intake('POST', '/fingerprint', body)).rejects.toMatchObject({ code: 'request.malformed' })
    }
  })
})

describe('fingerprints that are asked for together', () => {
  const ask = async (calls: readonly object[]) =>
    (await keyd.intake('POST', '/fingerprints', { calls })) as FingerprintsAnswer
  const call = async (more: object = {}) => ({
    ticket: await kit.ticket(),
    inner: 'A'.repeat(43),
    cvc: false,
    request_id: makeId('req_'),
    ...more,
  })

  test('are those that each would get alone, under the request that each is of', async () => {
    const calls = [await call({ inner: `${'B'.repeat(42)}A` }), await call({ cvc: true }), await call()]
    const { answers } = await ask(calls)
    const alone = await Promise.all(
      calls.map(({ inner }) => keyd.fingerprint({ inner: Buffer.from(inner, 'base64url') })),
    )
    const values = answers.map((one) => ('fingerprint' in one ? one.fingerprint : one.code))
    expect(values).toEqual(alone.map(({ fingerprint }) => fingerprint))
    expect(answers.map((one) => 'cvc_key' in one)).toEqual([false, true, false])
    const written = (await kit.entries()).filter(({ request_id: id }) =>
      calls.some((one) => id !== undefined && one.request_id === id),
    )
    expect(written.map(({ action, result }) => [action, result])).toEqual(calls.map(() => ['fingerprint', 'done']))
  })

  test('are refused one by one: a bad one holds up no other, and five of one ticket are the most here too', async () => {
    const ticket = await kit.ticket()
    const calls = [
      ...(await Promise.all(Array.from({ length: 6 }, () => call({ ticket })))),
      await call({ inner: 'AAAA' }),
      await call({ ticket: await kit.ticket({}, makeJwk()) }),
      await call(),
    ]
    const { answers } = await ask(calls)
    expect(answers.map((one) => ('code' in one ? one.code : 'ok'))).toEqual([
      ...['ok', 'ok', 'ok', 'ok', 'ok', 'auth.forbidden'],
      ...['request.malformed', 'auth.forbidden', 'ok'],
    ])
  })

  test('are a list of the documented length, each with a request', async () => {
    const good = await call()
    const { request_id: _id, ...without } = good
    for (const calls of [[], [without], [null], Array.from({ length: 33 }, () => good), good]) {
      await expect(keyd.intake('POST', '/fingerprints', { calls })).rejects.toMatchObject({ code: 'request.malformed' })
    }
  })
})

describe('a CVC', () => {
  const minted = async (one = keyd) => {
    const sealed = kit.token({ mandate: { maxOpens: 20 } })
    const { cvc_key: key } = await one.fingerprint({ cvc: true })
    if (key === undefined) throw new Error('a key')
    const records = [kit.wire(sealed), kit.cvcWire(sealed, key)]
    const { public_key: _public, ...ref } = key
    const open = async (charge: string, attempt = 1, by = one) =>
      by.open(await kit.grant(sealed, { classes: ['card', 'cvc'], charge, attempt }), records)
    return { sealed, records, ref, open }
  }

  test('opens again for the same attempt of the same charge, and for no other', async () => {
    const { open } = await minted()
    const first = await open('chg_one')
    expect([first.cvc, first.cvcDek?.length, first.card?.length]).toEqual(['open', 32, 32])
    expect((await open('chg_one')).cvc).toBe('open')
    for (const other of [await open('chg_one', 2), await open('chg_two')]) {
      expect([other.cvc, other.cvcDek, other.card?.length]).toEqual(['spent', null, 32])
    }
  })

  test('is spent once it is settled, and the card still opens', async () => {
    const { open, ref } = await minted()
    await open('chg_one')
    await keyd.egress('POST', '/cvc/settle', { cvc_key: ref, charge: 'chg_two' })
    expect((await open('chg_one')).cvc).toBe('open')
    await keyd.egress('POST', '/cvc/settle', { cvc_key: ref, charge: 'chg_one' })
    await keyd.egress('POST', '/cvc/settle', { cvc_key: ref, charge: 'chg_one' })
    const after = await open('chg_one')
    expect([after.cvc, after.cvcDek, after.card?.length]).toEqual(['spent', null, 32])
  })

  test('is lost with the keyd that held its key', async () => {
    const first = await kit.start()
    const { open } = await minted(first)
    await first.close()
    const second = await kit.start()
    const after = await open('chg_one', 1, second)
    expect([after.cvc, after.cvcDek, after.card?.length]).toEqual(['lost', null, 32])
    await second.close()
  })

  test('expires after five minutes, used or not', async () => {
    let later = 0
    const own = await kit.start({ now: () => Date.now() + later })
    const used = await minted(own)
    await used.open('chg_one')
    // What trails an opening is written before the clock moves: an entry that waits for minutes stops every opening.
    await vi.waitFor(async () => expect((await kit.entries()).at(-1)).toMatchObject({ action: 'open', result: 'done' }))
    const unused = await minted(own)
    // Nothing below asks keyd for a grant's age, so the clock of the grants moves with it.
    later = 300_000
    const iat = Math.floor((Date.now() + later) / 1000)
    for (const { sealed, records } of [used, unused]) {
      const grant = await kit.grant(sealed, { classes: ['card', 'cvc'], charge: 'chg_one', iat, exp: iat + 60 })
      const after = await own.open(grant, records)
      expect([after.cvc, after.cvcDek]).toEqual(['expired', null])
    }
    await own.close()
    // The other tests' clocks are behind the grants that were just seen.
    await kit.db.query('update clock set highest_iat = 0')
  })

  test('is not opened by a grant that does not name it, nor with the record of another token', async () => {
    const { sealed, records } = await minted()
    await forbidden(keyd.open(await kit.grant(sealed, { classes: ['card'] }), records))
    const other = await minted()
    const mixed = [records[0], other.records[1]].flatMap((record) => record ?? [])
    await forbidden(keyd.open(await kit.grant(sealed, { classes: ['card', 'cvc'] }), mixed))
    expect(await lastReason()).toBe('wrong_token')
    const relabelled = records.map((record) =>
      record.class === 'cvc' ? { ...record, wrapped_dek: other.records[1]?.wrapped_dek ?? '' } : record,
    )
    await forbidden(keyd.open(await kit.grant(sealed, { classes: ['card', 'cvc'] }), relabelled))
    expect(await lastReason()).toBe('does_not_unwrap')
  })
})

describe('a credential', () => {
  const context = (more: Partial<RecordContext> = {}): RecordContext => ({
    version: 1,
    suite: 1,
    mode: 'sandbox',
    tenant: kit.tenant,
    token: 'acct_a',
    class: 'credential',
    createdMs: 1,
    mandate: null,
    ...more,
  })
  const call = async (bound: RecordContext, epoch = kit.credentials) => {
    const record = sealRecord(Buffer.from('api key'), bound, epoch)
    const reply = makeReplyKey()
    const answer = (await keyd.egress('POST', '/credential', {
      record: {
        context: toWireContext(bound),
        kek_id: record.kekId.toString('base64url'),
        wrapped_dek: record.wrappedDek.toString('base64url'),
      },
      reply_key: reply.publicKey,
    })) as CredentialAnswer // sound in a test: keyd's own answer
    return openRecord(record.body, bound, reply.open(answer.key, bound.token, 'credential')).toString()
  }

  test('opens without a grant, with intent and result in the log', async () => {
    expect(await call(context())).toBe('api key')
    await vi.waitFor(async () => {
      const mine = (await kit.entries()).filter((entry) => entry.action === 'credential')
      expect(mine.map((entry) => entry.result)).toEqual(['intent', 'done'])
    })
  })

  test('a card does not open this way, whatever it is called', async () => {
    await forbidden(call(context({ class: 'card' })))
    expect(await lastReason()).toBe('wrong_class')
    await forbidden(call(context(), kit.cards))
    expect(await lastReason()).toBe('wrong_key_purpose')
    const sealed = kit.token({ context: { mandate: null } })
    const attempt = keyd.egress('POST', '/credential', {
      record: {
        context: { ...toWireContext(sealed.context), class: 'credential' },
        kek_id: kit.credentials.kekId.toString('base64url'),
        wrapped_dek: kit.wire(sealed).wrapped_dek,
      },
      reply_key: makeReplyKey().publicKey,
    })
    await forbidden(attempt)
    expect(await lastReason()).toBe('does_not_unwrap')
    await forbidden(call(context({ mode: 'live' })))
    expect(await lastReason()).toBe('wrong_mode')
  })
})

describe('the log of keyd', () => {
  const key = makeJwk()
  const name = 'keyd' as const

  test('is chained as it is committed, by one sequencer of two, and an altered entry is found and named', async () => {
    const other = await kit.start()
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? keyd : other).fingerprint()))
    await vi.waitFor(async () => {
      const open = await kit.db.query('select from audit where position is null')
      expect(open.rowCount).toBe(0)
    }, 5_000)
    await other.close()
    await vi.waitFor(async () => {
      expect((await kit.db.query('select from audit where position is null')).rowCount).toBe(0)
    }, 8_000)
    const { log_id: logId, size, head: hash } = (await keyd.keeper('GET', '/audit/entries')) as AuditPage
    const head = Buffer.from(hash, 'base64url')
    const note = signCheckpoint(chainOrigin(name, logId), { size, hash: head }, key)
    expect(await keyd.keeper('POST', '/audit/checkpoint', { size, checkpoint: note })).toEqual({})
    await expect(
      keyd.keeper('POST', '/audit/checkpoint', { size: size + 1_000, checkpoint: note }),
    ).rejects.toMatchObject({ code: 'system.conflict' })

    const options = { name, logId, checkpoints: [note], publicKey: checkpointPublicKey(key) }
    const read = async (): Promise<ChainRow[]> =>
      (
        await kit.db.query<{ position: string; entry: string; head: Buffer }>(
          'select a.position, a.entry, a.head from audit a where a.position is not null order by a.position',
        )
      ).rows.map((row) => ({ ...row, position: Number(row.position) }))
    expect(verifyChain(await read(), options)).toMatchObject({ ok: true })

    await kit.db.query('alter table audit disable trigger audit_keep')
    const { rows } = await kit.db.query<{ entry: string }>('select entry from audit where position = 7')
    await kit.db.query(
      `update audit set entry = replace(entry, '"result":"done"', '"result":"failed"') where position = 7`,
    )
    expect(verifyChain(await read(), options)).toEqual({ ok: false, fault: 'altered', position: 7 })
    await kit.db.query('update audit set entry = $1 where position = 7', [rows[0]?.entry])
    await kit.db.query('delete from audit where position = 9')
    expect(verifyChain(await read(), options)).toEqual({ ok: false, fault: 'missing', position: 9 })
    await kit.db.query('alter table audit enable trigger audit_keep')
  })

  test('holds nothing that was opened, sealed or fingerprinted', async () => {
    const sealed = kit.token()
    const inner = randomBytes(32)
    const { fingerprint } = (await keyd.fingerprint({ inner })) satisfies FingerprintAnswer
    const { card } = await keyd.open(await kit.grant(sealed), [kit.wire(sealed)])
    const text = JSON.stringify(await kit.entries())
    for (const secret of [fingerprint, inner.toString('base64url'), card?.toString('base64url') ?? '?', sealed.token]) {
      expect(text).not.toContain(secret)
    }
  })
})
