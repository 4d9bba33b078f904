/**
 * The table of what each process is worth to whoever takes it over, row by row: an attacker runs inside the process,
 * behind the same walls, with its keys, and tries everything. What it got is what the row says, and nothing beyond it.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpuUsage } from 'node:process'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCard } from '../../crypto/card-bytes.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { openRecord } from '../records/open.ts'
import { attackReport } from '../testing/attack-report.ts'
import { TestFrame } from '../testing/frame.ts'
import { grantFor, type Looted } from './testing/as-gateway.ts'
import type { Told } from './testing/door.ts'
import { openAll } from './testing/as-thief.ts'
import { known, makeCards, search, storeCards, unkeyed } from './testing/many-cards.ts'
import { contextOf, everyRecord, type SealedToken } from './testing/records.ts'
import { type Taken, takeOver } from './testing/taken.ts'
import { allDoors, dump, startWorld, type World } from './testing/world.ts'

const report = attackReport('A process that is taken over')
const numbers = ['4242424242424242', '5555555555554444', '378282246310005']
/** keyd's limit for this deployment, so low that a test reaches it. */
const opensPerMinute = 30

let world: World
let vault: pg.Client
const taken: Record<'gateway' | 'intake' | 'egress' | 'keyd', Taken> = Object.create(null)
/** Minted with cards that are known, for the thief of everything to find. */
const live: string[] = []

beforeAll(async () => {
  world = await startWorld({ SALLYPORT_OPENS_PER_MINUTE: String(opensPerMinute) })
  vault = await world.database('vault')
  const names = ['gateway', 'intake', 'egress', 'keyd'] as const
  const started = await Promise.all(names.map((name) => takeOver(world.stack.home, name)))
  names.forEach((name, index) => {
    const one = started[index]
    if (one !== undefined) taken[name] = one
  })
  for (const card of ['visa', 'mastercard', 'amex']) live.push(await world.token({}, card))
}, 120_000)
afterAll(async () => {
  await Promise.all(Object.values(taken).map((one) => one.end()))
  await world?.stop()
}, 30_000)

const refusedAll = (told: readonly Told[]): void => {
  expect(told.length).toBeGreaterThan(0)
  expect(told.filter(({ code }) => code === null)).toEqual([])
}
const holdsCard = (text: string): boolean => numbers.some((number) => text.includes(number))
const gather = (tokens: readonly string[]): Promise<SealedToken[]> =>
  taken.egress.order('as-egress', 'gather', { tenant: world.tenant, tokens })
const first = async (token: string): Promise<SealedToken> => {
  const [row] = await gather([token])
  if (row === undefined) throw new Error('the vault gives out no record of this token')
  return row
}

describe('a gateway that is taken over', () => {
  test('charges, refunds and erases within mandates, and gets neither cards nor other accounts nor wider mandates', async () => {
    const { tenant } = world
    const [token, other] = [await world.token(), await world.token()]
    const charge = (input: object): Promise<Told> => taken.gateway.order('as-gateway', 'charge', { tenant, ...input })

    const refused = [
      await charge({ token, amount_minor: 50_001 }),
      await charge({ token, claims: { amount_minor: 500_000 } }),
      await charge({ token, currency: 'USD' }),
      await charge({ token, claims: { account: 'acct_mmmmmmmmmmmmmmmmmmmmmmmmmm' } }),
      await charge({ token, claims: { tenant: 'ten_mmmmmmmmmmmmmmmmmmmmmmmmmm' } }),
      await charge({ token, claims: { token: other } }),
      await charge({ token, claims: { egress: 'another' } }),
    ]
    refusedAll(refused)
    const whole = await charge({ token, amount_minor: 50_000 })
    expect(whole, 'control: the same up to the mandate').toMatchObject({ code: null })
    const again = await charge({ token, amount_minor: 1 })
    refusedAll([again])
    const { id } = (whole.answer as { charge: { id: string } }).charge
    const refund = await taken.gateway.order<Told>('as-gateway', 'refund', { tenant, id })
    const erase = await taken.gateway.order<Told>('as-gateway', 'erase', { tenant, token: other })
    expect([refund.code, erase.code]).toEqual([null, null])
    refusedAll([await charge({ token: other })])
    expect(holdsCard(JSON.stringify([refused, whole, again, refund, erase]))).toBe(false)

    const account = (await first(live[0] ?? '')).account
    const grantClaims = { tenant, token: live[0], account, egress: 'mine' }
    refusedAll(await taken.gateway.order<Told[]>('as-gateway', 'askKeyd', { doors: world.doors('keyd'), grantClaims }))

    const { own, inside } = await taken.gateway.order<Looted>('as-gateway', 'loot')
    expect(inside).toEqual([])
    expect(own).toContain(tenant)
    expect(own).not.toContain(world.stack.tenant.secret_key)
    expect(holdsCard(own)).toBe(false)
    expect(holdsCard(`${own} ${numbers[0]}`), 'control: a card would be seen').toBe(true)
    report.row({
      attack:
        'gateway: charges above the mandate, in another currency, at another account, for another tenant, a second time',
      had: 'code in the gateway: its API keys’ hashes, the keys that sign grants and tickets',
      defended: 'refused; charges, refunds and erasures within live mandates go through, and no answer holds a card',
      undefended: 'up to the mandate the same charge goes through',
    })
    report.row({
      attack: 'gateway: keyd’s doors with grants and tickets of its own, the other databases, the other roles',
      had: 'the same',
      defended: 'refused at every door, let into no database but its own, where keys are hashes',
      undefended: 'without the walls the same attacker reads keyd’s key and opens every stored card',
    })
  }, 40_000)
})

describe('whoever takes a process over and reaches for keyd’s key and the file with all secrets', () => {
  test.each(['gateway', 'intake', 'egress', 'keyd'] as const)('is refused in %s', async (name) => {
    const { home } = world.stack
    await expect(taken[name].order('as-thief', 'steal', { home })).rejects.toThrow('Access to this API')
  })

  test('opens every stored card where no wall stands (control)', async () => {
    const { home } = world.stack
    const free = await takeOver(home, 'gateway', 'none')
    const stolen = await free.order<string[]>('as-thief', 'steal', { home })
    await free.end()
    expect([...new Set(stolen)].sort()).toEqual([...numbers].sort())
    report.row({
      attack:
        'gateway, intake, egress, keyd: the file with all secrets, then the vault as its superuser, with keyd’s key',
      had: 'code in any of them',
      defended: 'refused at the first step',
      undefended: 'every stored card opens',
    })
  }, 30_000)
})

describe('an intake that is taken over', () => {
  test('reads what is typed from then on and ends captures; stored cards stay closed', async () => {
    const { tenant, stack } = world
    const { id, client_secret: secret } = await world.capture()
    const frame = new TestFrame(stack.direct.capture, id)
    const { body: attached } = await frame.attach(secret, [stack.urls.demo])
    const submission = await frame.seal(attached, { number: '5555555555554444', cvc: '987' })
    const recorded = { submission, tenant, origin: attached.origin }
    expect(await taken.intake.order('as-intake', 'openRecorded', recorded)).toBe('5555555555554444')
    const earlier = { ...recorded, submission: { ...submission, key_id: 'of another hour' } }
    expect(await taken.intake.order('as-intake', 'openRecorded', earlier)).toBe('the key of that hour is gone')
    expect(await taken.intake.order('as-intake', 'cancel', { capture: id })).toBe('canceled')

    const { got, inside } = await taken.intake.order<{ got: string[]; inside: string[] }>('as-intake', 'loot')
    expect([got, inside]).toEqual([[], []])
    const doors = allDoors(world).filter(({ callee }) => callee !== 'intake')
    refusedAll(await taken.intake.order<Told[]>('as-intake', 'unpermitted', { tenant, token: live[0], doors }))
    report.row({
      attack:
        'intake: records, tokens, fingerprints and rights of the others in the vault; openings and tickets of its own making',
      had: 'code in intake: the hour’s keys, the inner fingerprint key, tickets of open captures',
      defended:
        'cards typed from then on and recorded submissions of the hour are read, captures can be ended; every stored card is refused',
      undefended: 'with keyd’s key, which intake does not get, every stored card opens',
    })
  }, 40_000)

  test('finds none of ten thousand stored cards whose BIN and last four it knows', async () => {
    const { tenant, secrets, store } = world
    const cards = makeCards(10_000)
    const captures: string[] = []
    for (let i = 0; i < 8; i += 1) captures.push((await world.capture()).id)
    const fingerprintKey = secrets.fingerprint
    await storeCards(vault, cards, { tenant, capture: captures[0] ?? '', fingerprintKey, store })
    const ask = (input: object) =>
      taken.intake.order<{ guesses: number; perTicket: number[]; found: number }>('as-intake', 'oracle', {
        tenant,
        ...input,
      })
    const asked = await ask({ captures, cards: cards.slice(0, 100).map(known) })
    expect(asked).toEqual({ guesses: 40, perTicket: captures.map(() => 5), found: 0 })
    // Control: the oracle does answer. A card whose number is the first guess is found by it.
    const lucky = '4242420000004242'
    const { id } = await world.capture()
    await storeCards(vault, [lucky], { tenant, capture: id, fingerprintKey, store })
    expect(await ask({ captures: [id], cards: [known(lucky)] })).toMatchObject({ found: 1 })
    report.row({
      attack: 'intake: the fingerprint oracle, ten thousand stored cards with BIN and last four known',
      had: 'the inner fingerprint key, and the tickets of every open capture',
      defended: 'five questions a ticket, each audited, and none of the cards found',
      undefended: 'a table of hashes without a key falls in less than a second on one thread',
    })
  }, 40_000)
})

describe('an egress that is taken over', () => {
  test('opens what a grant names while it is held, and nothing else', async () => {
    const { tenant, secrets } = world
    const rows = await gather(live)
    expect(rows).toHaveLength(live.length)
    const [row, second] = rows
    if (row === undefined || second === undefined) throw new Error('the vault gives out no record')
    const instance = await taken.egress.order<string>('as-egress', 'instance')
    const present = (input: object): Promise<string> => taken.egress.order('as-egress', 'present', { row, ...input })
    const grantOf = (of: SealedToken, more: object = {}): Promise<string> =>
      grantFor(
        { mode: 'sandbox', grant_key: secrets.grant },
        { tenant, token: of.id, account: of.account, egress: instance, ...more },
      )

    expect(await present({ grant: '' })).toBe('request.malformed')
    expect(await taken.egress.order('as-egress', 'presentForged', { row })).toBe('auth.forbidden')
    const grant = await grantOf(row)
    expect(await present({ grant, row: second }), 'a grant for another token').toBe('auth.forbidden')
    const wide = await grantOf(row, { amount_minor: 90_000 })
    expect(await present({ grant: wide, mandate: { amountMax: 90_000 } }), 'a wider mandate').toBe('auth.forbidden')
    const elsewhere = await grantOf(row, { account: 'acct_mine' })
    expect(await present({ grant: elsewhere, mandate: { account: 'acct_mine' } })).toBe('auth.forbidden')
    expect(await taken.egress.order('as-egress', 'asCredential', { row })).toBe('auth.forbidden')
    // Control, and what the row says it has: cards charged while it is held.
    const honest = await grantOf(row)
    expect(await present({ grant: honest })).toBe('4242424242424242')
    expect(await present({ grant: honest }), 'the same grant again').toBe('auth.forbidden')
    const { account } = row
    const credential = await taken.egress.order('as-egress', 'credential', { account, tenant })
    expect(credential).toBe(secrets.sandbox_processor)

    const doors = allDoors(world).filter(({ callee }) => callee !== 'egress')
    const loot = await taken.egress.order<{ got: string[]; inside: string[]; told: Told[] }>('as-egress', 'loot', {
      doors,
    })
    expect([loot.got, loot.inside]).toEqual([[], []])
    refusedAll(loot.told)
    report.row({
      attack:
        'egress: every record with no grant, a forged one, a used one, another token’s, a widened mandate, or as a credential',
      had: 'code in egress: the ciphertext of any token it can name, a signature that keyd answers',
      defended: 'refused; cards charged while it is held are read, and the credentials of accounts in use',
      undefended: 'with a grant of the gateway the same record opens',
    })
  }, 40_000)
})

describe('a keyd that is taken over', () => {
  test('gives its keys, and data keys without what they open', async () => {
    const row = await first(live[1] ?? '')
    const keys = await taken.keyd.order<string[]>('as-keyd', 'ownKeys')
    expect(keys.join()).toContain('private_key')
    const { body, ...passing } = row
    const dek = Buffer.from(await taken.keyd.order<string>('as-keyd', 'dataKey', { row: passing }), 'base64url')
    expect(dek).toHaveLength(32)
    const doors = allDoors(world).filter(({ callee }) => callee !== 'keyd')
    const loot = await taken.keyd.order<{ own: string; got: string[]; inside: string[]; told: Told[] }>(
      'as-keyd',
      'loot',
      { doors },
    )
    expect([loot.got, loot.inside]).toEqual([[], []])
    refusedAll(loot.told)
    expect(holdsCard(loot.own)).toBe(false)
    expect(loot.own).not.toContain(body)
    // Control: with the ciphertext, which lies in the vault alone, the key opens.
    const card = decodeCard(openRecord(Buffer.from(body, 'base64url'), contextOf(row), dek))
    expect(card.number.use((digits) => Buffer.from(digits).toString())).toBe('5555555555554444')
    report.row({
      attack: 'keyd: the vault’s database, the other doors, its own ledger turned back',
      had: 'code in keyd: the private keys, and wrapped keys as they pass',
      defended: 'data keys and no ciphertext, so no card; no used grant, count or tombstone can be taken back',
      undefended: 'with the ciphertext of the vault the data key opens the card',
    })
  }, 30_000)
})

describe('a vault database, or a backup of it, in a thief’s hands', () => {
  test('shows last four and expiry, opens no card, and its fingerprints cannot be searched', async () => {
    const text = await dump(vault)
    expect(text).toContain('"last4":"4242"')
    expect(holdsCard(text)).toBe(false)
    const row = await first(live[0] ?? '')
    const values = new Set([...text.matchAll(/\\\\x([0-9a-f]{64})"/g)].map(([, hex]) => hex ?? ''))
    expect(values.size).toBeGreaterThan(10_000)
    const opens = (dek: Buffer): boolean => {
      try {
        return openRecord(Buffer.from(row.body, 'base64url'), contextOf(row), dek).length > 0
      } catch {
        return false
      }
    }
    const tried = [...values].slice(0, 2_000).map((hex) => Buffer.from(hex, 'hex'))
    expect(tried.filter(opens)).toEqual([])
    const kek = Buffer.from(row.kek_id, 'base64url')
    expect(opens(await unwrap(world.store, kek, contextOf(row), Buffer.from(row.wrapped_dek, 'base64url')))).toBe(true)

    // Even whoever has the right number before them cannot tell that it is there.
    const cards = makeCards(10_000)
    for (const [name, hash] of Object.entries(unkeyed)) {
      expect(
        cards.filter((card) => values.has(hash(card, world.tenant).toString('hex'))),
        name,
      ).toEqual([])
    }
    // Control: the same table, hashed without a key, falls at once.
    const target =
      cards.find((card) => Number(card.slice(6, 12)) > 400_000 && Number(card.slice(6, 12)) < 500_000) ?? ''
    const hash = unkeyed['SHA-256']
    if (hash === undefined) throw new Error('no such hash')
    const table = new Set(cards.map((card) => hash(card, '').toString('hex')))
    const began = cpuUsage()
    const found = search(known(target), (card) => table.has(hash(card, '').toString('hex')))
    const { user, system } = cpuUsage(began)
    expect(found?.slice(-4)).toBe(target.slice(-4))
    expect(cards).toContain(found)
    expect((user + system) / 1_000).toBeLessThan(1_000)
    report.row({
      attack: 'vault database or a backup: every value in it as a key; its fingerprints against the true numbers',
      had: 'every row of every table',
      defended: 'tenants’ names, last four, expiry and ciphertext; nothing opens and no fingerprint can be matched',
      undefended: 'the same cards in a table of unkeyed hashes: found in less than a second',
    })
  }, 40_000)
})

describe('a gateway and an egress that are taken over together', () => {
  test('open live, unspent mandates, at keyd’s rate and with an alarm; spent, expired and erased tokens stay closed', async () => {
    const { tenant } = world
    const spent = await world.token()
    const erased = await world.token()
    const unchargeable = await world.token({ purpose: 'save', mandate: undefined })
    const ended = await world.token({
      mandate: {
        uses: 1,
        amount_max_minor: 50_000,
        currency: 'EUR',
        not_after: new Date(Date.now() + 1_500).toISOString(),
      },
    })
    // Ciphertext of all four was gathered while they were good.
    const dead = await gather([spent, erased, unchargeable, ended])
    expect(dead).toHaveLength(4)
    const charged = await world.agent<{ state: string }>('POST', '/v1/charges', {
      ...{ token: spent, amount_minor: 8_000, currency: 'EUR', reference: randomUUID() },
    })
    expect(charged.state).toBe('captured')
    await world.agent('DELETE', `/v1/tokens/${erased}`)
    await expect
      .poll(
        async () => (await vault.query('select tombstoned from tokens where id = $1', [erased])).rows[0].tombstoned,
        {
          timeout: 10_000,
        },
      )
      .toBe(true)
    const { not_after_ms: endedAt } = dead.find(({ id }) => id === ended) ?? { not_after_ms: 0 }
    await expect.poll(() => Date.now() > endedAt, { timeout: 5_000 }).toBe(true)

    const instance = await taken.egress.order<string>('as-egress', 'instance')
    const pairOf = async (row: SealedToken) => ({
      row,
      grant: await taken.gateway.order<string>('as-gateway', 'grantFor', {
        ...{ tenant, token: row.id, account: row.account, egress: instance },
      }),
    })
    const open = async (rows: readonly SealedToken[]): Promise<string[]> =>
      taken.egress.order('as-egress', 'presentAll', await Promise.all(rows.map(pairOf)))
    expect(await open(dead)).toEqual(dead.map(() => 'auth.forbidden'))
    const keyd = await world.database('keyd')
    const entries = async (action: string): Promise<{ result: string; reason?: string }[]> => {
      const { rows } = await keyd.query<{ entry: string }>('select entry from audit order by id')
      return rows.map(({ entry }) => JSON.parse(entry)).filter((entry) => entry.action === action)
    }
    const reasons = (await entries('open')).filter(({ result }) => result === 'refused').slice(-dead.length)
    expect(reasons.map(({ reason }) => reason)).toEqual(
      dead.map(({ id }) =>
        new Map([
          [spent, 'too_many_openings'],
          [erased, 'tombstoned'],
          [unchargeable, 'above_amount'],
          [ended, 'mandate_ended'],
        ]).get(id),
      ),
    )

    const good: string[] = []
    for (let i = 0; i < opensPerMinute + 4; i += 1) good.push(await world.token())
    const outcomes = await open(await gather(good))
    const opened = outcomes.filter((outcome) => outcome === '4242424242424242').length
    expect(new Set(outcomes), 'control: live ones open, until the rate is reached').toEqual(
      new Set(['4242424242424242', 'request.rate_limited']),
    )
    expect(opened).toBeLessThan(opensPerMinute)

    const log = readFileSync(join(world.stack.home, 'logs', 'keyd.log'), 'utf8')
    expect(log).toContain('"event":"open.alarm"')
    expect((await entries('alarm')).length).toBeGreaterThan(0)
    report.row({
      attack: 'gateway and egress together: grants for every token, live, spent, expired, erased and unchargeable',
      had: 'the key that signs grants, and the signature and the ciphertext that keyd asks for',
      defended:
        'live, unspent mandates open, up to keyd’s limit a minute, with an alarm in its log and its audit; all others are refused',
      undefended: 'below the limit a live mandate opens at once',
    })
  }, 60_000)
})

describe('keyd’s key and the vault’s database together', () => {
  test('open every stored card: this is the row where all falls', async () => {
    const stored = await everyRecord(vault)
    expect(stored.length).toBeGreaterThan(2)
    const found = await openAll(stored, join(world.stack.home, 'keys'))
    expect(found).toHaveLength(stored.length)
    expect(found.filter((number) => !numbers.includes(number))).toEqual([])
    report.row({
      attack: 'keyd’s key and the vault’s database: every record',
      had: 'the key store’s files and every row of the vault',
      defended: 'every stored card: nothing is left to stand in the way, which is why the two lie apart',
      undefended: 'the same',
    })
    report.row({
      attack: 'host page: what is typed into the form',
      had: 'scripts of the page that embeds the form',
      defended: 'what is typed into a form the page draws itself, and nothing of ours: the section Hostile pages',
      undefended: 'there, beside each attack',
    })
  }, 30_000)
})
