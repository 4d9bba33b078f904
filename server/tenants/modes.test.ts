/**
 * A sandbox and a live deployment that share every key there is, the worst mistake an operator could make: what is of one
 * mode is refused by the processes of the other for its mode alone. The control is the same thing in its own mode.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import { contextOf, everyRecord } from '../attacks/testing/records.ts'
import { parseEntry } from '../audit/entries.ts'
import type { Mode } from '../config.ts'
import { WrongMode } from '../database/mode.ts'
import { startEgress } from '../egress/start.ts'
import { startGateway } from '../gateway/start.ts'
import type { GrantClaims } from '../grants/claims.ts'
import { signGrant } from '../grants/sign.ts'
import { thumbprint } from '../grants/thumbprint.ts'
import { initHome } from '../init/init.ts'
import { startIntake } from '../intake/start.ts'
import { startKeeper } from '../keeper/start.ts'
import { startKeyd } from '../keyd/start.ts'
import { unwrap } from '../keyd/unwrap.ts'
import { openFileStore } from '../keys/file.ts'
import type { Processor } from '../processors/processor.ts'
import { sandbox as sandboxAdapter } from '../processors/sandbox/adapter.ts'
import { type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import { toWireContext } from '../records/keyd-calls.ts'
import { openRecord } from '../records/open.ts'
import { makeReplyKey } from '../records/reply.ts'
import { sealRecord } from '../records/seal.ts'
import { attackReport } from '../testing/attack-report.ts'
import { gatewayTo } from '../testing/charging.ts'
import { TestFrame } from '../testing/frame.ts'
import { mintToken } from '../testing/mint.ts'
import { liveShopOrigin, shopOrigin, silent, startVault, type TestVault, ticketFor } from '../testing/vault.ts'
import { gatewayConfig, send } from './testing/two-tenants.ts'

const report = attackReport('Tenants and modes: modes')
const modes = ['sandbox', 'live'] as const
const other = (mode: Mode): Mode => (mode === 'live' ? 'sandbox' : 'live')

/** The amounts that the live processor was asked for; it takes none. */
const asked: number[] = []
const acme: Processor = {
  ...sandboxAdapter,
  id: 'acme',
  authorize: async ({ amountMinor }) => {
    asked.push(amountMinor)
    throw new SallyportError('processor.unavailable')
  },
}
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Passes Luhn, is in no published list of test numbers, and was never issued. */
const realLooking = '4539578763621486'

let folder: string
let keyStore: string
const passphrase = Buffer.from('the passphrase of both modes')
let vaults: Record<Mode, TestVault>
let egress: Record<Mode, Awaited<ReturnType<typeof startEgress>>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spm-'))
  keyStore = `file:${join(folder, 'keys')}`
  const sandbox = await startVault({ keyStore, passphrase })
  const live = await startVault({ mode: 'live', secrets: sandbox.secrets, keyStore, passphrase })
  vaults = { sandbox, live }
  const processors = [sandboxAdapter, acme]
  const begin = (vault: TestVault) => startEgress(vault.configs.egress, { processors, log: silent })
  egress = { sandbox: await begin(sandbox), live: await begin(live) }
})
afterAll(async () => {
  for (const mode of modes) await egress?.[mode].close()
  for (const mode of modes) await vaults?.[mode].close()
  rmSync(folder, { recursive: true, force: true })
})

/** The reason in keyd's own log: outside, all refusals look the same. */
async function lastReason(vault: TestVault): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: vault.databases.superUrl('keyd') })
  await client.connect()
  const { rows } = await client.query<{ entry: string }>('select entry from audit order by id desc limit 1')
  await client.end()
  return parseEntry(rows[0]?.entry ?? '')?.reason
}

const mandate = {
  uses: 1,
  amountMax: 5_000,
  currency: 'EUR',
  account: 'acct_a',
  notAfterMs: Date.now() + 3_600_000,
  maxOpens: 5,
}

/** A record as intake of this mode would have written it, sealed to the epoch that both deployments have. */
async function recordOf(mode: Mode) {
  const vault = vaults[mode]
  const { rows } = await vault.db.query<{ kek_id: Buffer; public_key: Buffer }>(
    "select kek_id, public_key from kek_epochs where purpose = 'card' and state = 'active'",
  )
  const [epoch] = rows
  if (epoch === undefined) throw new Error('no epoch')
  const token = makeId(mode === 'live' ? 'tok_live_' : 'tok_test_')
  const context: RecordContext = {
    version: recordVersion,
    suite: recordSuite,
    mode,
    tenant: vault.tenant.tenant,
    token,
    class: 'card',
    createdMs: Date.now(),
    mandate,
  }
  const kek = { kekId: epoch.kek_id, suite: 'x25519', publicKey: epoch.public_key } as const
  return { context, sealed: sealRecord(Buffer.from('a card'), context, kek) }
}

const grantFor = (context: RecordContext, mode: Mode, more: Partial<GrantClaims> = {}): Promise<string> => {
  const iat = Math.floor(Date.now() / 1000)
  const { secrets } = vaults.sandbox
  return signGrant(
    {
      iss: 'gateway',
      aud: 'keyd',
      jti: randomUUID(),
      iat,
      exp: iat + 60,
      mode,
      tenant: context.tenant,
      token: context.token,
      classes: ['card'],
      charge: makeId('chg_'),
      operation: 'sale',
      attempt: 1,
      amount_minor: 5_000,
      currency: 'EUR',
      account: mandate.account,
      egress: thumbprint(secrets.request.egress),
      ...more,
    },
    secrets.grant,
  )
}

async function open(
  at: Mode,
  grant: string,
  { context, sealed }: Awaited<ReturnType<typeof recordOf>>,
  said = context,
) {
  const record = {
    class: 'card',
    context: toWireContext(said),
    kek_id: Buffer.from(sealed.kekId).toString('base64url'),
    wrapped_dek: Buffer.from(sealed.wrappedDek).toString('base64url'),
  }
  return vaults[at].toKeyd('egress')('POST', '/open', { grant, records: [record], reply_key: makeReplyKey().publicKey })
}

describe.each(modes)('what is of mode %s', (mode) => {
  it("opens at its own keyd, and neither its grants nor its records open at the other's", async () => {
    const away = other(mode)
    const record = await recordOf(mode)
    expect(await open(mode, await grantFor(record.context, mode), record)).toMatchObject({ keys: { card: {} } }) // control
    const refused = async (grant: string, said = record.context): Promise<string | undefined> => {
      await expect(open(away, grant, record, said)).rejects.toMatchObject({ code: 'auth.forbidden' })
      return lastReason(vaults[away])
    }
    expect(await refused(await grantFor(record.context, mode))).toBe('wrong_mode')
    // A gateway of the other mode that signs for it; then one whose egress also calls the record one of its own.
    expect(await refused(await grantFor(record.context, away))).toBe('wrong_mode')
    expect(await refused(await grantFor(record.context, away), { ...record.context, mode: away })).toBe(
      'does_not_unwrap',
    )
    report.row({
      attack:
        "Grants, records, tickets and credentials of a sandbox at a live deployment's keyd, and the other way round",
      had: 'every key of both deployments, which share them by mistake',
      defended: 'refused for the mode; a record that is called one of the other mode does not unwrap',
      undefended: 'in their own mode they open',
    })
  })

  it("has tickets that its own keyd takes and the other's does not", async () => {
    const inner = Buffer.alloc(32, 1).toString('base64url')
    const ticket = await ticketFor(vaults.sandbox.secrets, vaults[mode].tenant.tenant, makeId('cap_'), mode)
    const ask = (at: Mode) => vaults[at].toKeyd('intake')('POST', '/fingerprint', { ticket, inner, cvc: false })
    expect(await ask(mode)).toMatchObject({ fingerprint: expect.any(String) }) // control
    await expect(ask(other(mode))).rejects.toMatchObject({ code: 'auth.forbidden' })
    expect(await lastReason(vaults[other(mode)])).toBe('wrong_mode')
  })

  it("has credentials that the other's keyd does not open", async () => {
    const { rows } = await vaults[mode].db.query('select * from credentials')
    const [row] = rows
    const ask = (at: Mode, said: Mode) => {
      const context: RecordContext = {
        version: row.version,
        suite: row.suite,
        mode: said,
        tenant: vaults[mode].tenant.tenant,
        token: row.account,
        class: 'credential',
        createdMs: Number(row.created_ms),
        mandate: null,
      }
      return vaults[at].toKeyd('egress')('POST', '/credential', {
        record: {
          context: toWireContext(context),
          kek_id: row.kek_id.toString('base64url'),
          wrapped_dek: row.wrapped_dek.toString('base64url'),
        },
        reply_key: makeReplyKey().publicKey,
      })
    }
    expect(await ask(mode, mode)).toMatchObject({ key: {} }) // control
    await expect(ask(other(mode), mode)).rejects.toMatchObject({ code: 'auth.forbidden' })
    expect(await lastReason(vaults[other(mode)])).toBe('wrong_mode')
    await expect(ask(other(mode), other(mode))).rejects.toMatchObject({ code: 'auth.forbidden' })
    expect(await lastReason(vaults[other(mode)])).toBe('does_not_unwrap')
  })

  it("has API keys that the other's gateway refuses, also where its database has them", async () => {
    const away = vaults[other(mode)]
    const admin = new pg.Client({ connectionString: away.databases.superUrl('gateway') })
    await admin.connect()
    const { rows } = await admin.query('select key_hash from api_keys')
    await admin.end()
    expect(rows).toHaveLength(1)
    const begin = async (at: Mode, name: string) =>
      startGateway(gatewayConfig(vaults[at], mkdtempSync(join(folder, name))), { log: silent, feedWaitMs: 100 })
    const [own, foreign] = [await begin(mode, 'own-'), await begin(other(mode), 'foreign-')]
    const list = { method: 'GET', path: '/v1/captures?conversation=a' }
    const key = vaults[mode].tenant
    const mine = new pg.Client({ connectionString: away.databases.superUrl('gateway') })
    await mine.connect()
    const hash = createHash('sha256').update(key.secret_key).digest()
    await mine.query('insert into api_keys (tenant, key_hash) values ($1, $2)', [away.tenant.tenant, hash])
    await mine.end()
    const at = (gateway: { port: number }) => `http://127.0.0.1:${gateway.port}`
    expect((await send(at(own), key, list)).status).toBe(200) // control
    expect((await send(at(foreign), key, list)).status).toBe(401)
    await Promise.all([own.close(), foreign.close()])
  })

  it('has a database on which no process of the other starts', async () => {
    const foreign = vaults[other(mode)]
    const { databases } = vaults[mode]
    const socket = (name: string): string => join(mkdtempSync(join(folder, 'd-')), `${name}.sock`)
    const { configs } = foreign
    const gateway = gatewayConfig(foreign, mkdtempSync(join(folder, 'g-')))
    const deps = { log: silent }
    const starts: [string, () => Promise<{ close(): Promise<void> }>][] = [
      ['gateway', () => startGateway({ ...gateway, database_url: databases.gateway.url('gateway') }, deps)],
      [
        'intake',
        () =>
          startIntake(
            { ...configs.intake, inner_socket: socket('i'), database_url: databases.vault.url('intake') },
            deps,
          ),
      ],
      [
        'egress',
        () =>
          startEgress(
            { ...configs.egress, inner_socket: socket('e'), database_url: databases.vault.url('egress') },
            { processors: [sandboxAdapter], ...deps },
          ),
      ],
      [
        'keeper',
        () =>
          startKeeper(
            { ...configs.keeper, inner_socket: socket('k'), database_url: databases.vault.url('keeper') },
            deps,
          ),
      ],
      [
        'keyd',
        async () =>
          startKeyd(
            { ...configs.keyd, inner_socket: socket('d'), database_url: databases.keyd.url('keyd') },
            { ...deps, store: await openFileStore(keyStore, { passphrase }) },
          ),
      ],
    ]
    for (const [name, start] of starts) {
      const error = await start().then(
        async (running) => {
          await running.close()
          return null
        },
        (refused: unknown) => refused,
      )
      expect(error, name).toBeInstanceOf(WrongMode)
      expect(String(error)).toContain(`the mode ${mode}, and this process was started for ${other(mode)}`)
    }
    report.row({
      attack: 'A process of one mode started on a database of the other',
      had: "the database's address and password",
      defended: 'the process ends with a sentence that says so; none of the five starts',
      undefended: 'on the database of its own mode it starts',
    })
  })

  it('has a home that does not become the other', async () => {
    const home = join(mkdtempSync(join(folder, 'h-')), 'home')
    await initHome(home, mode, null, passphrase)
    await expect(initHome(home, other(mode))).rejects.toThrow(`was made for the mode ${mode}, which is fixed`)
  })
})

describe('a token of the sandbox', () => {
  /**
   * A token in the live vault with a card that the sandbox took, its record sealed for `mode`: as whoever has both
   * databases and keyd's keys would copy it, tenant, capture and account made right, so that the mode alone is left to tell.
   */
  async function copied(mode: Mode): Promise<{ token: string; account: string }> {
    const { sandbox, live } = vaults
    const { token: minted } = await mintToken(sandbox)
    const row = (await everyRecord(sandbox.db)).find(({ id }) => id === minted)
    if (row === undefined) throw new Error('the sandbox has no record of it')
    const kekId = Buffer.from(row.kek_id, 'base64url')
    const store = await openFileStore(keyStore, { passphrase })
    const dek = await unwrap(store, kekId, contextOf(row), Buffer.from(row.wrapped_dek, 'base64url'))
    const card = openRecord(Buffer.from(row.body, 'base64url'), contextOf(row), dek)
    const epoch = await store.epoch(kekId)
    const account: string = (await live.db.query('select id from accounts')).rows[0].id
    if (epoch === null) throw new Error('no epoch')

    const token = mode === 'sandbox' ? minted : makeId('tok_live_')
    const { id: capture } = await live.createCapture()
    const of = { ...row, id: token, mode, tenant: live.tenant.tenant, account }
    const sealed = sealRecord(card, contextOf(of), { kekId, suite: epoch.suite, publicKey: epoch.publicKey })
    await live.db.query(
      `insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms)
       values ($1, $2, $3, $4, 'c', 'visa', '4242', 12, 2030, $5)`,
      [token, of.tenant, mode, capture, of.created_ms],
    )
    await live.db.query('insert into mandates values ($1, $2, $3, $4, $5, $6, $7)', [
      ...[token, of.uses, of.amount_max, of.currency, account, of.not_after_ms, of.max_opens],
    ])
    await live.db.query('insert into allowances (token, uses_left) values ($1, $2)', [token, of.uses])
    await live.db.query('insert into records values ($1, $2, $3, $4, $5, $6, $7)', [
      ...[token, 'card', of.version, of.suite, sealed.kekId, sealed.wrappedDek, sealed.body],
    ])
    return { token, account }
  }

  it('is not charged by a live egress, whose database it was copied into and whose gateway asks for it', async () => {
    const { live } = vaults
    const gateway = gatewayTo(live)
    const { tenant } = live.tenant
    const charge = async ({ token, account }: { token: string; account: string }, mode: Mode) => {
      const id = makeId('chg_')
      const context = { ...(await recordOf(mode)).context, token, tenant }
      const request = { token, amount_minor: 5_000, currency: 'EUR' }
      const idempotency = { key: digest(id), body: digest('{}') }
      const grant = await grantFor(context, mode, { charge: id, account })
      return gateway.call('POST', '/charges', { tenant, charge_id: id, idempotency, request, grant })
    }
    const foreign = await copied('sandbox')
    expect(foreign.token).toMatch(/^tok_test_/)
    expect(await gateway.call('GET', `/tokens/${foreign.token}?tenant=${tenant}`)).toMatchObject({ mode: 'sandbox' })
    // By a gateway that signs for the token's mode, and by one that signs for the deployment's.
    await expect(charge(foreign, 'sandbox')).rejects.toMatchObject({ code: 'auth.forbidden' })
    await expect(charge(foreign, 'live')).rejects.toMatchObject({ code: 'system.unavailable' })
    expect(await lastReason(live)).toBe('does_not_unwrap')
    expect(asked).toEqual([])
    // Control: the same card, copied in the same way and sealed for this mode, is opened and handed to the processor.
    const own = await copied('live')
    await expect(charge(own, 'live')).rejects.toMatchObject({ code: 'processor.unavailable' })
    expect(asked).toEqual([5_000])
    gateway.call.close()
    // And the database takes no row whose id says one mode and whose column another.
    const text = `insert into tokens (id, tenant, mode, capture_id, conversation, brand, last4, exp_month, exp_year, created_ms)
                  values ($1, $2, 'live', 'cap_x', 'c', 'visa', '4242', 12, 2030, 1)`
    await expect(live.db.query(text, [makeId('tok_test_'), tenant])).rejects.toMatchObject({
      constraint: 'tokens_id_says_mode',
    })
    report.row({
      attack: 'A token of a sandbox copied into a live vault with its card, and charged there',
      had: 'both databases, keyd’s keys, and a gateway that signs for either mode',
      defended:
        'refused by egress for the grant’s mode, by keyd because the record does not unwrap; no processor is asked',
      undefended: 'the same card, sealed for the live mode, is opened and handed to the processor',
    })
  })
})

describe('the card form', () => {
  const submit = async (vault: TestVault, origin: string, number: string) => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    const attached = await frame.attach(clientSecret, [origin])
    expect([attached.status, attached.body.mode]).toEqual([200, vault.mode])
    return frame.submit(attached.body, await frame.seal(attached.body, { number, cvc: '123' }))
  }

  it('of a live deployment refuses published test numbers and takes others, under tok_live_', async () => {
    for (const number of ['4242424242424242', '5555555555554444', '4000000000000002']) {
      const refused = await submit(vaults.live, liveShopOrigin, number)
      expect([number, refused.status, refused.body.code]).toEqual([number, 422, 'input.not_accepted'])
    }
    const taken = await submit(vaults.live, liveShopOrigin, realLooking) // control
    expect([taken.status, taken.body.token]).toEqual([200, expect.stringMatching(/^tok_live_[a-z]{26}$/)])
    report.row({
      attack: 'Paying a live deployment with a published test number',
      had: 'the card form',
      defended: 'refused as not accepted by intake, which judges what the form sealed',
      undefended: 'a sandbox takes it, under a token that says so',
    })
  })

  it('of a sandbox takes published test numbers alone, under tok_test_', async () => {
    const refused = await submit(vaults.sandbox, shopOrigin, realLooking)
    expect([refused.status, refused.body.code]).toEqual([422, 'input.not_accepted'])
    const taken = await submit(vaults.sandbox, shopOrigin, '4242424242424242') // control
    expect([taken.status, taken.body.token]).toEqual([200, expect.stringMatching(/^tok_test_[a-z]{26}$/)])
  })
})

describe('a live deployment', () => {
  it('has no test routes, at the gateway and at intake', async () => {
    const { id } = await vaults.live.createCapture()
    const body = { tenant: vaults.live.tenant.tenant }
    for (const name of ['complete', 'reject', 'expire'])
      await expect(vaults.live.asGateway('POST', `/test/captures/${id}/${name}`, body)).rejects.toMatchObject({
        code: 'request.not_found',
      })
    const gateway = await startGateway(gatewayConfig(vaults.live, mkdtempSync(join(folder, 't-'))), {
      log: silent,
      feedWaitMs: 100,
    })
    const url = `http://127.0.0.1:${gateway.port}`
    const asked = await send(url, vaults.live.tenant, {
      method: 'POST',
      path: `/v1/test/captures/${id}/complete`,
      body: {},
    })
    expect([asked.status, asked.body['code']]).toEqual([404, 'request.not_found'])
    const document = await send(url, null, { method: 'GET', path: '/openapi.json' })
    expect(document.text).not.toContain('/v1/test/')
    const own = await send(url, vaults.live.tenant, { method: 'GET', path: `/v1/captures/${id}` })
    expect(own.status).toBe(200) // control
    await gateway.close()
    // Control: a sandbox has them.
    expect(await mintToken(vaults.sandbox)).toMatchObject({ token: expect.stringMatching(/^tok_test_/) })
  })

  it('keeps no key of a sandbox: a tenant file in its home is refused, with what to do', async () => {
    const home = join(mkdtempSync(join(folder, 'h-')), 'home')
    const { tenant } = await initHome(home, 'live', null, passphrase)
    expect(tenant).toBeNull()
    writeFileSync(join(home, 'tenant.json'), JSON.stringify({ secret_key: 'sk_test_x' }), { mode: 0o600 })
    await expect(initHome(home, 'live', null, passphrase)).rejects.toThrow(
      'make its tenants with `sallyport tenant add`',
    )
  })
})
