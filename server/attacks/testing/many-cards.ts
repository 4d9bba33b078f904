/** Ten thousand stored cards, of which a thief knows the first six and the last four digits: receipts show them. */
import { createHash, createHmac } from 'node:crypto'
import type pg from 'pg'
import { lp } from '../../../crypto/lp.ts'
import { makeId } from '../../../protocol/ids.ts'
import type { KeyStore } from '../../keys/store.ts'

export interface KnownCard {
  bin: string
  last4: string
}

const bin = '424242'

function checkDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return String((10 - (sum % 10)) % 10)
}

/** The same numbers in every run. */
export function makeCards(count: number): string[] {
  return Array.from({ length: count }, (_none, index) => {
    const hash = createHash('sha256').update(`card ${index}`).digest()
    const digits = `${bin}${String(hash.readUInt32BE(0) % 1_000_000_000).padStart(9, '0')}`
    return `${digits}${checkDigit(digits)}`
  })
}

export const known = (card: string): KnownCard => ({ bin: card.slice(0, 6), last4: card.slice(-4) })

/** Fingerprints as intake and keyd make them, and what the peers' tables have: a hash without a key. */
export async function storeCards(
  vault: pg.ClientBase,
  cards: readonly string[],
  {
    tenant,
    capture,
    fingerprintKey,
    store,
  }: { tenant: string; capture: string; fingerprintKey: string; store: KeyStore },
): Promise<void> {
  const inner = Buffer.from(fingerprintKey, 'base64url')
  const outer = await store.mac('fingerprint', lp('tenant', tenant))
  const fingerprints = cards.map((card) =>
    createHmac('sha256', outer)
      .update(lp('fingerprint', createHmac('sha256', inner).update(card).digest()))
      .digest(),
  )
  await vault.query(
    `with cards as (select * from unnest($1::text[], $2::text[], $3::bytea[]) as c (id, last4, fingerprint)),
     token as (
       insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms)
       select id, $4, 'sandbox', $5, 'seeded', 'visa', last4, 12, 2030, 1700000000000 from cards)
     insert into fingerprints (tenant, fingerprint, token) select $4, fingerprint, id from cards`,
    [cards.map(() => makeId('tok_test_')), cards.map((card) => card.slice(-4)), fingerprints, tenant, capture],
  )
}

/** Hashes that need no key, by which some vaults find a card again. */
export const unkeyed: Record<string, (card: string, hint: string) => Buffer> = {
  'SHA-256': (card) => createHash('sha256').update(card).digest(),
  'SHA-256, tenant before it': (card, tenant) => createHash('sha256').update(`${tenant}${card}`).digest(),
  'the first half of SHA-512': (card) => createHash('sha512').update(card).digest().subarray(0, 32),
  'HMAC under the tenant': (card, tenant) => createHmac('sha256', tenant).update(card).digest(),
}

/** Every number with this BIN and these last four digits, until `holds` says that it has one. */
export function search({ bin: first, last4 }: KnownCard, holds: (card: string) => boolean): string | null {
  for (let middle = 0; middle < 1_000_000; middle += 1) {
    const card = `${first}${String(middle).padStart(6, '0')}${last4}`
    if (checkDigit(card.slice(0, -1)) === card.slice(-1) && holds(card)) return card
  }
  return null
}
