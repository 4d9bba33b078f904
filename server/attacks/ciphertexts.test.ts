/**
 * Whoever can write the vault's tables changes what lies in them: rows, wrapped keys, labels, mandates, bits. Ours refuses all of
 * it; each attack is run in the same form against a small model of a construction that others use, and succeeds there.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { encodeCard, decodeCard } from '../../crypto/card-bytes.ts'
import { Pan } from '../../crypto/pan.ts'
import { lp } from '../../crypto/lp.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrapBound } from '../keyd/unwrap.ts'
import { createFileStore } from '../keys/file.ts'
import type { Epoch, KeyStore } from '../keys/store.ts'
import {
  commitInfo,
  encInfo,
  encodeContext,
  type RecordContext,
  recordSuite,
  recordVersion,
  zeroNonce,
} from '../records/format.ts'
import { openRecord } from '../records/open.ts'
import { sealRecord } from '../records/seal.ts'
import { attackReport } from '../testing/attack-report.ts'
import { makeCards } from './testing/many-cards.ts'
import {
  constantIv,
  constantNonce,
  type PeerModel,
  staticMerchantKey,
  type StoredRow,
  unboundWrap,
  unkeyedHash,
} from './testing/peer-models.ts'
import { twoKeyCiphertext } from '../records/testing/two-keys.ts'

const report = attackReport('Stored cards')
const cards = ['4242424242424242', '5555555555554444'] as const
const had = 'the right to write every table, and no key'

/** Ours, as a row of its tables. */
interface Row {
  context: RecordContext
  kekId: Buffer
  wrappedDek: Buffer
  body: Buffer
}

let store: KeyStore
let epochs: Epoch[]
let rows: [Row, Row]
/** The same two, settled. */
let settled: [Row, Row]
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ciphertexts-'))
  store = await createFileStore(`file:${join(folder, 'keys')}`)
  epochs = [
    await store.create({ suite: 'x25519', purpose: 'card' }),
    await store.create({ suite: 'x25519', purpose: 'card' }),
  ]
  rows = [sealedRow(cards[0], 'a'), sealedRow(cards[1], 'b')]
  settled = [await settle(rows[0]), await settle(rows[1])]
  return () => rmSync(folder, { recursive: true, force: true })
})

const epochOf = (index: 0 | 1): Epoch => epochs[index] as Epoch // both are made before the first test

function sealedRow(card: string, name: string): Row {
  const context: RecordContext = {
    version: recordVersion,
    suite: recordSuite,
    mode: 'live',
    tenant: `ten_${name.repeat(26)}`,
    token: `tok_live_${name.repeat(26)}`,
    class: 'card',
    createdMs: 1_800_000_000_000,
    mandate: {
      uses: 1,
      amountMax: 5_000,
      currency: 'EUR',
      account: 'acct_a',
      notAfterMs: 1_900_000_000_000,
      maxOpens: 5,
    },
  }
  const plaintext = encodeCard({ number: new Pan(Buffer.from(card)), expMonth: 12, expYear: 2030 })
  return { context, ...sealRecord(plaintext, context, epochOf(0)) }
}
async function settle(row: Row): Promise<Row> {
  const dek = await unwrapBound(store, epochOf(0), encodeContext(row.context), row.wrappedDek)
  const symmetric = await store.symmetric(epochOf(0).kekId)
  return { ...row, wrappedDek: symmetric?.seal(encodeContext(row.context), dek) ?? Buffer.alloc(0) }
}
/** With keyd's keys, as a charge would: null where anything of it does not open. */
async function open({ context, kekId, wrappedDek, body }: Row): Promise<string | null> {
  try {
    const epoch = await store.epoch(kekId)
    if (epoch === null) return null
    const dek = await unwrapBound(store, epoch, encodeContext(context), wrappedDek)
    return decodeCard(openRecord(body, context, dek)).number.use((digits) => Buffer.from(digits).toString())
  } catch {
    return null
  }
}

const flip = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
const peerRow = (peer: PeerModel, index: 0 | 1): StoredRow =>
  peer.seal({ tenant: `t${index}`, token: `k${index}`, amountMax: 5_000 }, cards[index])
const opensTo = (peer: PeerModel, row: StoredRow): string | null => {
  try {
    return peer.open(row)
  } catch {
    return null
  }
}

/** Every number with the first six and the last four digits of this one. */
function* numbersLike(card: string): Generator<string> {
  const digits = [...card].map(Number)
  for (let middle = 0; middle < 1_000_000; middle += 1) {
    for (let at = 11, rest = middle; at >= 6; at -= 1, rest = Math.floor(rest / 10)) digits[at] = rest % 10
    let sum = 0
    for (let at = 0; at < 16; at += 1) {
      const digit = digits[at] ?? 0
      sum += at % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
    }
    if (sum % 10 === 0) yield digits.join('')
  }
}

test('control: what nobody touched opens, settled or not', async () => {
  for (const [a, b] of [rows, settled]) expect([await open(a), await open(b)]).toEqual(cards)
})

describe.each(['wrapped to a public key', 'settled'])('a card that is %s', (what) => {
  const pair = (): [Row, Row] => (what === 'settled' ? settled : rows)

  test('in another’s row opens for nobody, whole or in part', async () => {
    const [a, b] = pair()
    const swaps: Row[] = [
      { ...a, kekId: b.kekId, wrappedDek: b.wrappedDek, body: b.body },
      { ...a, body: b.body },
      { ...a, wrappedDek: b.wrappedDek },
      { ...a, context: { ...a.context, tenant: b.context.tenant } },
      { ...a, context: { ...a.context, token: b.context.token } },
    ]
    for (const row of swaps) expect(await open(row)).toBeNull()
    const peer = staticMerchantKey()
    expect(opensTo(peer, { ...peerRow(peer, 0), body: peerRow(peer, 1).body }), 'control').toBe(cards[1])
    const other = unboundWrap()
    const foreign = peerRow(other, 1)
    const swapped = {
      ...peerRow(other, 0),
      body: foreign.body,
      ...(foreign.wrappedKey && { wrappedKey: foreign.wrappedKey }),
    }
    expect(opensTo(other, swapped), 'control').toBe(cards[1])
    report.row({
      attack: 'rows of two customers are swapped: body and wrapped key, each alone, or whose they are',
      had,
      defended:
        'none opens: tenant, token, mode and mandate are in the wrap, in both derivations and in what is authenticated',
      undefended:
        'under one key a merchant, and with wraps that are bound to nothing, the other customer’s card is charged',
    })
  })

  test('with a wider mandate does not unwrap', async () => {
    const [{ context, ...rest }] = pair()
    const { mandate } = context
    if (mandate === null) throw new Error('it has one')
    const wider = [
      { amountMax: 5_001 },
      { uses: 2 },
      { currency: 'USD' },
      { account: 'acct_b' },
      { notAfterMs: mandate.notAfterMs + 1 },
      { maxOpens: 6 },
    ]
    for (const more of wider)
      expect(await open({ ...rest, context: { ...context, mandate: { ...mandate, ...more } } })).toBeNull()
    const peer = staticMerchantKey()
    expect(opensTo(peer, { ...peerRow(peer, 0), amountMax: 5_000_000 }), 'control').toBe(cards[0])
    report.row({
      attack: 'the mandate in the row is widened: amount, uses, currency, account, end, openings',
      had,
      defended: 'it does not unwrap',
      undefended: 'where the terms stand beside the ciphertext, the card opens under the wider ones',
    })
  })

  test('relabelled to another key does not unwrap, nor as of another version or class', async () => {
    const [a] = pair()
    expect(await open({ ...a, kekId: epochOf(1).kekId })).toBeNull()
    expect(await open({ ...a, kekId: randomBytes(8) })).toBeNull()
    for (const context of [
      { ...a.context, version: 2 },
      { ...a.context, suite: 2 },
      { ...a.context, class: 'cvc' as const },
      { ...a.context, mode: 'sandbox' as const },
    ])
      expect(await open({ ...a, context })).toBeNull()
    const peer = unboundWrap()
    expect(opensTo(peer, { ...peerRow(peer, 0), keyId: 'k2' }), 'control: it falls back').toBe(cards[0])
    report.row({
      attack: 'the record is relabelled: another key’s id, version, suite, class or mode',
      had,
      defended: 'it does not unwrap; no other key is tried',
      undefended: 'where an unknown version falls back to the other keys, the label means nothing',
    })
  })

  test('with any bit flipped, or cut anywhere, opens for nobody', async () => {
    const [a] = pair()
    for (let bit = 0; bit < a.body.length * 8; bit += 1)
      expect(await open({ ...a, body: flip(a.body, bit) })).toBeNull()
    // A public-key step a bit: every bit of a settled wrap, every seventh of the other.
    for (let bit = 0; bit < a.wrappedDek.length * 8; bit += what === 'settled' ? 1 : 7)
      expect(await open({ ...a, wrappedDek: flip(a.wrappedDek, bit) })).toBeNull()
    for (let bit = 0; bit < 64; bit += 1) expect(await open({ ...a, kekId: flip(a.kekId, bit) })).toBeNull()
    for (let end = 0; end < a.body.length; end += 1)
      expect(await open({ ...a, body: a.body.subarray(0, end) })).toBeNull()
    for (let end = 0; end < a.wrappedDek.length; end += 1)
      expect(await open({ ...a, wrappedDek: a.wrappedDek.subarray(0, end) })).toBeNull()
    const peer = constantNonce()
    const row = peerRow(peer, 0)
    // The last digit, made another by one bit of the ciphertext.
    const flipped = opensTo(peer, { ...row, body: flip(row.body, (12 + 15) * 8) })
    expect(flipped, 'control').toBe('4242424242424243')
    const cut = opensTo(peer, { ...row, body: Buffer.concat([row.body.subarray(0, 12 + 12), Buffer.alloc(16)]) })
    expect(cut, 'control').toBe('424242424242')
    report.row({
      attack: 'every bit of the record is flipped, and it is cut at every byte',
      had,
      defended: 'none opens',
      undefended: 'where the tag is not read, one bit makes another card, and a shorter row a shorter one',
    })
  })
})

test('one known card gives no other: there is no keystream and no block that two records share', async () => {
  // The attacker's own card lies in the vault too, under the same key.
  const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)))
  const recover = (mine: Buffer, theirs: Buffer): string =>
    xor(xor(mine, theirs), Buffer.from(cards[0])).toString('latin1')
  const peer = constantNonce()
  const [mine, theirs] = [peerRow(peer, 0), peerRow(peer, 1)]
  expect(recover(mine.body.subarray(12, 28), theirs.body.subarray(12, 28)), 'control').toBe(cards[1])
  const bodies = [sealedRow(cards[0], 'a'), sealedRow(cards[1], 'a')].map(({ body }) => body)
  const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = bodies
  for (let at = 0; at + 16 <= one.length; at += 1)
    expect(recover(one.subarray(at, at + 16), two.subarray(at, at + 16))).not.toContain(cards[1].slice(0, 8))

  const blocks = constantIv()
  expect(
    peerRow(blocks, 0).body.equals(blocks.seal({ tenant: 'x', token: 'y', amountMax: 0 }, cards[0]).body),
    'control',
  ).toBe(true)
  const again = sealedRow(cards[0], 'a')
  expect(again.body.equals(rows[0].body)).toBe(false)
  expect(again.body.subarray(0, 32).equals(rows[0].body.subarray(0, 32))).toBe(false)
  report.row({
    attack:
      'the attacker’s own card, stored beside the others: its keystream against theirs, and equal rows for equal cards',
    had: `${had}; one card that is its own`,
    defended:
      'a key of its own for each record: nothing of one says anything of another, and the same card is never the same bytes',
    undefended: 'under one nonce every other card is read at once; under one IV equal cards show',
  })
})

test('a ciphertext made to open to two cards under two keys is refused under all but the one it commits to', () => {
  const { context } = rows[0]
  const bound = encodeContext(context)
  const deks = [randomBytes(32), randomBytes(32)] as const
  const keys = deks.map((dek) => new Uint8Array(hkdfSync('sha512', dek, '', encInfo(bound), 32)))
  const [one = new Uint8Array(), two = new Uint8Array()] = keys
  const ciphertext = twoKeyCiphertext(one, two, bound)
  const texts = keys.map((key) => Buffer.from(chacha20poly1305(key, zeroNonce, bound).decrypt(ciphertext)))
  expect(texts[0]?.equals(texts[1] ?? Buffer.alloc(0)), 'control: the AEAD alone opens it under both').toBe(false)
  const commit = Buffer.from(hkdfSync('sha512', deks[0], '', commitInfo(bound), 32))
  const body = Buffer.concat([commit, ciphertext])
  expect(openRecord(body, context, deks[0]).equals(texts[0] ?? Buffer.alloc(0))).toBe(true)
  expect(() => openRecord(body, context, deks[1])).toThrow('does not open')
  report.row({
    attack: 'a ciphertext that is made to open under two data keys, to two cards',
    had: 'both data keys, and the right to write the row',
    defended: 'the commitment fits one of them',
    undefended: 'the AEAD alone opens it under both',
  })
})

test('the fingerprint of a card whose BIN and last four are known is not found by trying them all', () => {
  const [card = ''] = makeCards(1)
  // As intake and keyd make it, one under a key of each.
  const inner = createHmac('sha256', randomBytes(32)).update(card).digest()
  const fingerprint = createHmac('sha256', randomBytes(32)).update(lp('fingerprint', inner)).digest()
  const unkeyed = unkeyedHash(card)
  let found = ''
  let tried = 0
  for (const guess of numbersLike(card)) {
    tried += 1
    const hashed = unkeyedHash(guess)
    if (hashed.equals(unkeyed)) found = guess
    if (hashed.subarray(0, 32).equals(fingerprint)) throw new Error('the fingerprint was found')
  }
  expect(tried).toBe(100_000)
  expect(found, 'control').toBe(card)
  report.row({
    attack: 'the fingerprint of a stored card: every number with its first six and last four digits',
    had: 'every row of every table, and what a receipt shows',
    defended: 'not found: two HMACs, whose keys are in two processes and not in the vault',
    undefended: 'in a table of unkeyed hashes it is found at once',
  })
})
