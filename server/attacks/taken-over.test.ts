/**
 * The table of what each process is worth to whoever takes it over, row by row: an attacker runs inside the process,
 * behind the same walls, with its keys, and tries everything. What it got is what the row says, and nothing beyond it.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { cpuUsage } from 'node:process'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCard } from '../../crypto/card-bytes.ts'
import { type Role, roles } from '../config.ts'
import { ownSocket } from '../database/run-folder.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { openRecord } from '../records/open.ts'
import { whyOneUser } from '../supervisor/walls.ts'
import { attackReport } from '../testing/attack-report.ts'
import { TestFrame } from '../testing/frame.ts'
import { grantFor } from './testing/as-gateway.ts'
import { openAll } from './testing/as-thief.ts'
import { foreignDatabases, foreignNames, statements } from './testing/database.ts'
import { knock, tell, type Told } from './testing/door.ts'
import { forbidden, ownDatabase, ruled } from './testing/forbidden.ts'
import { known, makeCards, search, storeCards, unkeyed } from './testing/many-cards.ts'
import { contextOf, everyRecord, type SealedToken } from './testing/records.ts'
import { type Attempt, attemptsOf, goodRequests, lawful } from './testing/requests.ts'
import { type Taken, takeOver } from './testing/taken.ts'
import { dump, startWorld, type World } from './testing/world.ts'

const report = attackReport('A process that is taken over')
const numbers = ['4242424242424242', '5555555555554444', '378282246310005']
/** keyd's limit for this deployment, so low that a test reaches it. */
const opensPerMinute = 30

let world: World
let vault: pg.Client
const taken: Record<Role, Taken> = Object.create(null)
/** Minted with cards that are known, for the thief of everything to find. */
const live: string[] = []

beforeAll(async () => {
  world = await startWorld({ SALLYPORT_OPENS_PER_MINUTE: String(opensPerMinute) })
  vault = await world.database('vault')
  await Promise.all(
    roles.map(async (name) => {
      taken[name] = await takeOver(world.stack.home, name)
    }),
  )
  for (const card of ['visa', 'mastercard', 'amex']) live.push(await world.token({}, card))
}, 120_000)
afterAll(async () => {
  await Promise.all(Object.values(taken).map((one) => one.end()))
  await world?.stop()
}, 30_000)

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

    const wrong: [what: object, code: string][] = [
      [{ token, amount_minor: 50_001 }, 'policy.amount_exceeds_mandate'],
      [{ token, claims: { amount_minor: 500_000 } }, 'auth.forbidden'],
      [{ token, currency: 'USD' }, 'policy.amount_exceeds_mandate'],
      [{ token, claims: { account: 'acct_mmmmmmmmmmmmmmmmmmmmmmmmmm' } }, 'policy.account_not_allowed'],
      [{ token, claims: { tenant: 'ten_mmmmmmmmmmmmmmmmmmmmmmmmmm' } }, 'auth.forbidden'],
      [{ token, claims: { token: other } }, 'auth.forbidden'],
      [{ token, claims: { egress: 'another' } }, 'auth.forbidden'],
    ]
    const refused: Told[] = []
    for (const [what] of wrong) refused.push(await charge(what))
    expect(refused.map(({ code }) => code)).toEqual(wrong.map(([, code]) => code))
    const whole = await charge({ token, amount_minor: 50_000 })
    expect(whole, 'control: the same up to the mandate').toMatchObject({ code: null })
    const again = await charge({ token, amount_minor: 1 })
    expect(again.code).toBe('policy.purpose_not_allowed')
    const { id } = (whole.answer as { charge: { id: string } }).charge
    const refund = await taken.gateway.order<Told>('as-gateway', 'refund', { tenant, id })
    const erase = await taken.gateway.order<Told>('as-gateway', 'erase', { tenant, token: other })
    expect([refund.code, erase.code]).toEqual([null, null])
    expect((await charge({ token: other })).code, 'an erased one').toBe('request.not_found')
    expect(holdsCard(JSON.stringify([refused, whole, again, refund, erase]))).toBe(false)

    const own = await taken.gateway.order<string>('as-gateway', 'loot')
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
  }, 40_000)
})

describe('whoever takes a process over', () => {
  test('is refused at every door of the others, in every name, with requests that are good', async () => {
    const requests = await goodRequests(world, vault)
    const { home } = world.stack
    const users = whyOneUser({ folder: home, keyStore: `file:${join(home, 'keys')}` }) === null
    const shown = ({ socket, path, issuer }: Attempt, code: unknown) =>
      `${relative(home, socket)} ${path} as ${issuer}: ${code}`
    const compare = (name: Role, attempts: Attempt[], codes: (string | null)[]): void => {
      const told = attempts.map((one, index) => shown(one, codes[index]))
      expect(told, name).toEqual(attempts.map((one) => shown(one, one.expected)))
    }
    await Promise.all(
      roles.map(async (name) => {
        const attempts = attemptsOf(name, requests, home, users)
        compare(name, attempts, await taken[name].order('door', 'knock', attempts))
        if (!users) return
        // Past the sockets' folders its key alone is left to it: the signatures hold without them.
        const open = attemptsOf(name, requests, home, false).filter((one) => one.socket === ownSocket(home, one.callee))
        compare(name, open, await knock({ request_key: world.secrets.request[name] }, open))
      }),
    )
    const answered: [string, string | null][] = []
    for (const request of requests) {
      const { method, path, body, ...at } = lawful(request, home)
      answered.push([path, (await tell({ ...at, key: world.secrets.request[at.issuer] }, method, path, body)).code])
    }
    expect(answered, 'control: the same, by whom they belong to').toEqual(answered.map(([path]) => [path, null]))
    report.row({
      attack:
        'gateway, intake, egress, keyd, keeper: the doors of the others, in its own name and in their callers’, with good grants, tickets and records',
      had: 'code in any of them, and its own request key',
      defended: 'refused at every door: for whose user it is, for whose signature it is, or for whose route it is',
      undefended: 'signed with the key of the caller that may, each of the same requests is answered',
    })
  }, 60_000)

  test('has its own rights in its own database, and no other name at the server', async () => {
    for (const name of roles) {
      const statements = forbidden[name]
      const codes = await taken[name].order<(string | null)[]>('database', 'attempt', statements)
      expect(
        statements.map((text, index) => [text, codes[index]]),
        name,
      ).toEqual(statements.map((text) => [text, '42501']))
      for (const [logins, code] of [
        [foreignDatabases(name), '42501'],
        [foreignNames(name), '28P01'],
      ] as const) {
        const outcomes = await taken[name].order<(string | null)[]>('database', 'enter', logins)
        expect([name, ...outcomes]).toEqual([name, ...logins.map(() => code)])
      }
    }
    for (const database of ['gateway', 'vault', 'keyd'] as const) {
      const client = await world.database(database)
      const every = new Set(roles.filter((name) => ownDatabase[name] === database).flatMap((name) => forbidden[name]))
      for (const text of every) {
        await client.query('begin')
        if (ruled.includes(text)) await client.query('set local session_replication_role = replica')
        await expect(client.query(text), `control: the superuser can ${text}`).resolves.toBeDefined()
        await client.query('rollback')
      }
    }
    for (const login of foreignNames()) {
      const [outcome] = await statements(world.url(login), ['select 1'])
      expect([login, outcome?.code], 'control: with its own password it is let in').toEqual([login, null])
    }
    report.row({
      attack:
        'gateway, intake, egress, keyd, keeper: what is the others’ in its own database, the other databases, every other name at the server',
      had: 'code in any of them, and its own database password',
      defended:
        'refused by the database: no right to the table or function, none to the database, the password is another’s',
      undefended:
        'as superuser each of the same statements goes through, and each name is let in with its own password',
    })
  }, 60_000)
})

describe('whoever takes a process over and reaches for keyd’s key and the file with all secrets', () => {
  test.each(roles)('is refused in %s', async (name) => {
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
        'gateway, intake, egress, keyd, keeper: the file with all secrets, then the vault as its superuser, with keyd’s key',
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

    const { id: open } = await world.capture()
    const ask = (own: boolean) => taken.intake.order('as-intake', 'askWithTicket', { capture: open, tenant, own })
    expect(await ask(true)).toEqual(['auth.forbidden', 'auth.forbidden'])
    expect(await ask(false), 'control: with the gateway’s ticket of the same capture').toEqual([null, null])
    report.row({
      attack:
        'intake: a submission that was recorded in another hour; fingerprints and code keys for a ticket of its own making',
      had: 'code in intake: the hour’s keys, the inner fingerprint key, tickets of open captures',
      defended:
        'cards typed from then on and recorded submissions of the hour are read, captures can be ended; the key of another hour is gone, its own ticket is refused',
      undefended: 'a submission of this hour opens, and for the ticket that the gateway signed keyd answers',
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

    expect(await present({ grant: 'none' })).toBe('auth.forbidden')
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
    const own = await taken.keyd.order<string>('as-keyd', 'loot')
    expect(own).toContain('"action\\":\\"open')
    expect(holdsCard(own)).toBe(false)
    expect(own).not.toContain(body)
    // Control: with the ciphertext, which lies in the vault alone, the key opens.
    const card = decodeCard(openRecord(Buffer.from(body, 'base64url'), contextOf(row), dek))
    expect(card.number.use((digits) => Buffer.from(digits).toString())).toBe('5555555555554444')
    report.row({
      attack: 'keyd: a card, out of its keys and of all that it was ever sent or keeps',
      had: 'code in keyd: the private keys, and wrapped keys as they pass',
      defended: 'data keys and no ciphertext, so no card',
      undefended: 'with the ciphertext of the vault the data key opens the card',
    })
  }, 30_000)
})

describe('a keeper that is taken over', () => {
  test('can end tokens and spoil records, and opens none: a wrapped key opens in its own record alone', async () => {
    const { tenant, secrets } = world
    const [own, other] = [await world.token(), await world.token({}, 'mastercard')]
    const instance = await taken.egress.order<string>('as-egress', 'instance')
    const open = async (token: string): Promise<string> => {
      const row = await first(token)
      const signing = { mode: 'sandbox', grant_key: secrets.grant } as const
      const grant = await grantFor(signing, { tenant, token, account: row.account, egress: instance })
      return taken.egress.order('as-egress', 'present', { row, grant })
    }
    const [{ kek_id, wrapped_dek }, theirs] = [await first(own), await first(other)]
    const put = (key: object) => taken.keeper.order('as-keeper', 'putKey', { ...key, token: own })
    expect(await put(theirs)).toBe(1)
    // Who pays with the one token would pay with the other's card, if that one's key opened here.
    expect(await open(own)).toBe('auth.forbidden')
    expect(await put({ kek_id, wrapped_dek })).toBe(1)
    expect(await open(own), 'control: with its own wrapped key').toBe('4242424242424242')
    expect(await open(other)).toBe('5555555555554444')
    expect((await taken.keeper.order<Told>('as-keeper', 'tombstone', { token: other, tenant })).code).toBeNull()
    expect(await open(other)).toBe('auth.forbidden')
    report.row({
      attack: 'keeper: another token’s wrapped key put into a record, so that a charge would take another’s card',
      had: 'code in keeper: the right to write wrapped keys, some of another day, the checkpoint key, keyd’s tombstones',
      defended: 'the record opens no more; tokens can be ended and records spoiled, and no card comes of it',
      undefended: 'with its own wrapped key back in its place the same record opens for the same grant',
    })
  }, 40_000)
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
