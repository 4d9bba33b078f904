/** keyd's one unwrapping of cards without a grant: what it gives, to whom, and what it never gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import type { Epoch } from '../keys/store.ts'
import { encodeContext } from '../records/format.ts'
import type { RewrapAnswer } from '../records/keyd-calls.ts'
import { packWrapped, unpackAnswer, unpackWrapped } from '../records/rewrap-batch.ts'
import { type KeydInstance, type KeydKit, makeKeydKit, type SealedToken } from '../testing/keyd-kit.ts'
import { unwrap } from './unwrap.ts'

let kit: KeydKit
let keyd: KeydInstance
let next: Epoch
beforeAll(async () => {
  kit = await makeKeydKit()
  keyd = await kit.start()
  next = await kit.store.create({ suite: 'x25519', purpose: 'card' })
}, 60_000)
afterAll(async () => {
  await keyd?.close()
  await kit?.close()
})

const packed = (sealed: readonly SealedToken[]): string =>
  packWrapped(sealed.map(({ context, record }) => ({ context: encodeContext(context), wrappedDek: record.wrappedDek })))
/** The same with another largest amount: what somebody would write beside it. */
const widened = (sealed: SealedToken, amountMax: number): SealedToken => {
  const { mandate } = sealed.context
  if (mandate === null) throw new Error('a token of the kit has a mandate')
  return { ...sealed, context: { ...sealed.context, mandate: { ...mandate, amountMax } } }
}
const call = (records: string, to: Epoch = next, from: Epoch = kit.cards) => ({
  from: from.kekId.toString('base64url'),
  to: to.kekId.toString('base64url'),
  records,
})
async function rewrap(sealed: readonly SealedToken[], to?: Epoch, from?: Epoch): Promise<(Buffer | null)[]> {
  const answer = (await keyd.keeper('POST', '/rewrap', call(packed(sealed), to, from))) as RewrapAnswer // keyd's own
  return unpackAnswer(answer.wraps, sealed.length) ?? []
}
const dekOf = ({ context, record }: SealedToken): Promise<Buffer> =>
  unwrap(kit.store, record.kekId, context, record.wrappedDek)

describe('a batch', () => {
  test('is wrapped to the new key, opens with it to the same data key, and with the old one no more', async () => {
    const sealed = [kit.token(), kit.token({ mandate: { uses: 7 } }), kit.token({ context: { tenant: 'ten_b' } })]
    const wraps = await rewrap(sealed)
    for (const [index, one] of sealed.entries()) {
      const wrap = wraps[index] ?? Buffer.alloc(0)
      expect(wrap).toHaveLength(60)
      expect(await unwrap(kit.store, next.kekId, one.context, wrap)).toEqual(await dekOf(one))
      await expect(unwrap(kit.store, kit.cards.kekId, one.context, wrap)).rejects.toMatchObject({
        reason: 'does_not_unwrap',
      })
    }
  })

  test('opens against a grant as before, settled or not', async () => {
    const sealed = kit.token()
    const dek = await dekOf(sealed)
    const wrap = (await rewrap([sealed]))[0] ?? Buffer.alloc(0)
    const settled = { ...sealed, record: { ...sealed.record, kekId: next.kekId, wrappedDek: wrap } }
    const { card } = await keyd.open(await kit.grant(sealed), [kit.wire(settled)])
    expect(card).toEqual(dek)
    const wider = widened(settled, 9_999_999)
    await expect(keyd.open(await kit.grant(sealed, { amount_minor: 6_000 }), [kit.wire(wider)])).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
  })

  test('never gives a data key away: what is answered holds none (control: it would be seen)', async () => {
    const sealed = [kit.token(), kit.token()]
    const answer = JSON.stringify(await keyd.keeper('POST', '/rewrap', call(packed(sealed))))
    const bytes = Buffer.from(String(JSON.parse(answer).wraps), 'base64url')
    for (const one of sealed) {
      const dek = await dekOf(one)
      expect(bytes.includes(dek)).toBe(false)
      expect(Buffer.concat([bytes, dek]).includes(dek)).toBe(true)
    }
  })

  test('leaves out what does not unwrap: another context, another token’s key, a flipped bit', async () => {
    const [a, b, good] = [kit.token(), kit.token(), kit.token()]
    const flipped = Buffer.from(b.record.wrappedDek)
    flipped.writeUInt8(flipped.readUInt8(60) ^ 1, 60)
    const wraps = await rewrap([
      widened(a, 1_000_000),
      { ...a, record: { ...a.record, wrappedDek: b.record.wrappedDek } },
      { ...b, record: { ...b.record, wrappedDek: flipped } },
      good,
    ])
    expect(wraps.map((wrap) => wrap?.length ?? null)).toEqual([null, null, null, 60])
  })

  test('has an entry before it and one after, with how many it was', async () => {
    // Others' last entries trail by a moment.
    const requestId = makeId('req_')
    await keyd.keeper('POST', '/rewrap', call(packed([kit.token(), kit.token()])), { requestId })
    const lines = async () => (await kit.entries()).filter(({ request_id: id }) => id === requestId)
    await expect.poll(async () => (await lines()).length).toBe(2)
    const object = `${kit.cards.kekId.toString('hex')} ${next.kekId.toString('hex')}`
    expect(await lines()).toMatchObject([
      { actor: 'keeper', result: 'intent', object, count: 2 },
      { actor: 'keeper', result: 'done', object, count: 2 },
    ])
  })
})

describe('refused is', () => {
  test.each(['egress', 'intake'] as const)('%s: it is keeper’s to ask', async (role) => {
    await expect(keyd[role]('POST', '/rewrap', call(packed([kit.token()])))).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
  })

  test('a card that would come to a key of credentials, which open without a grant, and the other way round', async () => {
    await expect(rewrap([kit.token()], kit.credentials)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(rewrap([kit.token({ epoch: kit.credentials })], next, kit.credentials)).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    expect((await kit.entries()).at(-1)).toMatchObject({ result: 'refused', reason: 'wrong_key_purpose' })
  })

  test('a key that there is not', async () => {
    const unknown = { ...next, kekId: Buffer.alloc(8, 7) }
    await expect(rewrap([kit.token()], unknown)).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(rewrap([kit.token()], next, unknown)).rejects.toMatchObject({ code: 'auth.forbidden' })
  })

  test.each([
    ['nothing', ''],
    ['half a record', packWrapped([{ context: Buffer.alloc(9), wrappedDek: Buffer.alloc(80) }]).slice(0, -4)],
    ['a wrap that is none', packWrapped([{ context: Buffer.alloc(9), wrappedDek: Buffer.alloc(20) }])],
    ['a context that is none', packWrapped([{ context: Buffer.alloc(600), wrappedDek: Buffer.alloc(80) }])],
    [
      'more than a thousand',
      packWrapped(Array.from({ length: 1_001 }, () => ({ context: Buffer.alloc(9), wrappedDek: Buffer.alloc(80) }))),
    ],
  ])('%s', async (_what, records) => {
    await expect(keyd.keeper('POST', '/rewrap', call(records))).rejects.toMatchObject({ code: 'request.malformed' })
  })
})

test('unpacking inverts packing', () => {
  const records = [1, 200, 512].map((length) => ({
    context: Buffer.alloc(length, length),
    wrappedDek: Buffer.alloc(60, 1),
  }))
  expect(unpackWrapped(packWrapped(records))).toEqual(records)
})
