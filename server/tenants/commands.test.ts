/** `sallyport tenant` and `sallyport admin`, from the words that are typed to what the gateway and the audit log have. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAction } from '../admin/action.ts'
import { adminActions } from '../admin/admin-command.ts'
import { openAdmin } from '../admin/deployment.ts'
import { rotateKeys } from '../admin/keys.ts'
import { seedDeployment } from '../admin/seed.ts'
import { tenantActions } from '../admin/tenant-command.ts'
import { type AuditEntry, parseEntry } from '../audit/entries.ts'
import type { Mode } from '../config.ts'
import { makePool } from '../database/pool.ts'
import { makeKeys } from '../gateway/keys.ts'
import { makeFirstEpochs } from '../init/key-store.ts'
import { openFileStore } from '../keys/file.ts'
import type { Epoch } from '../keys/store.ts'
import { attackReport } from '../testing/attack-report.ts'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'

interface Deployment {
  databases: TestDatabases
  /** Types a command; with --json, what it printed. */
  type(...args: string[]): Promise<Record<string, unknown>>
  /** The same, for people. */
  say(...args: string[]): Promise<string>
  /** What the command is refused with. */
  refusal(...args: string[]): Promise<{ code: string; message: string }>
  audit(): Promise<AuditEntry[]>
  sql(database: 'vault' | 'gateway', text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

const credential = 'sp_secret_that_is_nowhere_else'
const report = attackReport('Tenants and modes: commands')

async function deployment(mode: Mode, epochs: readonly Epoch[]): Promise<Deployment> {
  const databases = await testDatabases(['vault', 'gateway'])
  const urls = { vaultUrl: databases.vault.url('admin'), gatewayUrl: databases.gateway.url('admin') }
  await seedDeployment({ mode, ...urls, tenant: null, origins: [], processor: null, epochs, operator: 'seeding' })
  const admin = await openAdmin({ mode, ...urls, operator: 'ada' })
  const pools = {
    vault: new pg.Pool({ connectionString: databases.superUrl('vault'), max: 1 }),
    gateway: new pg.Pool({ connectionString: databases.superUrl('gateway'), max: 1 }),
  }
  const commands = {
    tenant: tenantActions,
    admin: adminActions({
      epochs: async () => [...epochs, ...laterEpochs],
      secret: async () => Buffer.from(credential),
    }),
  }
  const run = async (args: string[]): Promise<{ code: number; text: string }> => {
    const [name = '', ...rest] = args
    let text = ''
    const outside = {
      // One connection for all that is typed here: what a command does is not to connect.
      connect: async () => ({ ...admin, close: async () => undefined }),
      print: (more: string): void => {
        text += more
      },
    }
    // Sound in a test: another name fails it.
    const code = await runAction(name, commands[name as 'tenant' | 'admin'], rest, outside)
    return { code, text }
  }
  return {
    databases,
    type: async (...args) => {
      const { code, text } = await run([...args, '--json'])
      expect([args, code, text]).toEqual([args, 0, text])
      return JSON.parse(text)
    },
    say: async (...args) => (await run(args)).text,
    refusal: async (...args) => {
      const { code, text } = await run([...args, '--json'])
      expect([args, code > 0]).toEqual([args, true])
      return JSON.parse(text).error
    },
    audit: async () => {
      const { rows } = await pools.vault.query<{ entry: string }>('select entry from audit order by id')
      return rows.map(({ entry }) => {
        const parsed = parseEntry(entry)
        if (parsed === null) throw new Error('an entry that is none')
        return parsed
      })
    },
    sql: async (database, text, values = []) => (await pools[database].query(text, values)).rows,
    close: async () => {
      await Promise.all([admin.close(), pools.vault.end(), pools.gateway.end()])
      await databases.drop()
    },
  }
}

let folder: string
let keyStore: string
/** Made in the key store after the deployments were, and not yet published. */
const laterEpochs: Epoch[] = []
let sandbox: Deployment
let live: Deployment
let gateway: pg.Pool
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spk-'))
  keyStore = `file:${join(folder, 'keys')}`
  const epochs = await makeFirstEpochs(keyStore)
  sandbox = await deployment('sandbox', epochs)
  live = await deployment('live', epochs)
  gateway = makePool(sandbox.databases.gateway.url('gateway'))
})
afterAll(async () => {
  await gateway?.end()
  await sandbox?.close()
  await live?.close()
  rmSync(folder, { recursive: true, force: true })
})

const accepts = (key: unknown): Promise<string | null> =>
  makeKeys(gateway, 'sandbox')
    .authenticate(`Bearer ${key}`)
    .then(
      ({ tenant }) => tenant,
      () => null,
    )

describe('a tenant', () => {
  it('is made with keys of the mode that the gateway takes at once, and is listed', async () => {
    const made = await sandbox.type('tenant', 'add', '--name', 'Harbour Rooms', '--origin', 'https://shop.example/')
    expect(made).toMatchObject({
      tenant: expect.stringMatching(/^ten_[a-z]{26}$/),
      publishable_key: expect.stringMatching(/^pk_test_[a-z]{26}$/),
      secret_key: expect.stringMatching(/^sk_test_[a-z]{26}$/),
    })
    expect(await accepts(made['secret_key'])).toBe(made['tenant'])
    const { tenants } = await sandbox.type('tenant', 'list')
    const row = {
      tenant: made['tenant'],
      name: 'Harbour Rooms',
      origins: 1,
      accounts: 0,
      keys: 1,
      bin: false,
      link_uses: 'one',
      retention_days: null,
      erasures_per_day: 100,
    }
    expect(tenants).toEqual([expect.objectContaining(row)])
    expect(await sandbox.say('tenant', 'list')).toContain('Harbour Rooms')
    const text = await live.type('tenant', 'add', '--name', 'Live')
    expect(text['secret_key']).toMatch(/^sk_live_[a-z]{26}$/)
  })

  it('has exactly the origins that were added, and they hold at once', async () => {
    const { tenant } = await sandbox.type('tenant', 'add', '--name', 'Origins')
    const id = String(tenant)
    expect(await sandbox.type('tenant', 'origins', 'add', id, 'https://Shop.example:443')).toEqual({
      origin: 'https://shop.example',
    })
    await sandbox.type('tenant', 'origins', 'add', id, 'http://localhost:3000')
    expect((await sandbox.refusal('tenant', 'origins', 'add', id, 'https://shop.example')).code).toBe('already')
    await sandbox.type('tenant', 'origins', 'remove', id, 'http://localhost:3000')
    expect(await sandbox.type('tenant', 'origins', 'list', id)).toEqual({
      origins: [{ origin: 'https://shop.example', by_settings: false }],
    })
    expect((await sandbox.refusal('tenant', 'origins', 'remove', id, 'https://other.example')).code).toBe('not_found')
  })
})

describe('a key', () => {
  const newTenant = async (): Promise<{ tenant: string; key: string }> => {
    const { tenant, secret_key: key } = await sandbox.type('tenant', 'add', '--name', 'Keys')
    return { tenant: String(tenant), key: String(key) }
  }

  it('is kept as a hash alone: no database has its letters, and the list has its last four', async () => {
    const { tenant, key } = await newTenant()
    const { keys } = (await sandbox.type('tenant', 'keys', 'list', tenant)) as { keys: Record<string, unknown>[] }
    expect(keys).toEqual([
      expect.objectContaining({ hint: `sk_test_…${key.slice(-4)}`, state: 'live', expires_at: null }),
    ])
    const everything = JSON.stringify([
      await sandbox.sql('gateway', 'select * from api_keys'),
      await sandbox.sql('gateway', 'select * from tenants'),
      await sandbox.sql('vault', 'select * from tenants'),
      await sandbox.sql('vault', 'select * from audit'),
    ])
    expect(everything).not.toContain(key.slice('sk_test_'.length))
    expect(everything).toContain(key.slice(-4)) // control: the search would see it
    expect(await sandbox.say('tenant', 'keys', 'list', tenant)).not.toContain(key)
  })

  it('that is rotated goes on for the overlap, a day if nothing is said, and not a moment longer', async () => {
    const { tenant, key } = await newTenant()
    const { secret_key: second } = await sandbox.type('tenant', 'keys', 'rotate', tenant)
    expect([await accepts(key), await accepts(second)]).toEqual([tenant, tenant])
    const list = async () =>
      ((await sandbox.type('tenant', 'keys', 'list', tenant))['keys'] as { state: string; expires_at: string }[]).map(
        ({ state, expires_at: end }) => [
          state,
          end === null ? null : Math.round((Date.parse(end) - Date.now()) / 3_600_000),
        ],
      )
    expect(await list()).toEqual([
      ['ending', 24],
      ['live', null],
    ])
    // The end comes: the database's clock decides, and here it is moved instead.
    await sandbox.sql(
      'gateway',
      "update api_keys set expires_at = clock_timestamp() - interval '1 ms' where expires_at is not null",
    )
    expect([await accepts(key), await accepts(second)]).toEqual([null, tenant])
    expect((await list())[0]?.[0]).toBe('ended')
    report.row({
      attack: 'Using a key after the overlap of its rotation',
      had: 'the old key',
      defended: 'refused as any unknown key, from that moment',
      undefended: 'within the overlap it is taken',
    })
  })

  it('that is rotated without an overlap ends at once, and a later overlap does not lengthen an earlier one', async () => {
    const { tenant, key } = await newTenant()
    const { secret_key: second } = await sandbox.type('tenant', 'keys', 'rotate', tenant, '--overlap', '0')
    expect([await accepts(key), await accepts(second)]).toEqual([null, tenant])
    await sandbox.type('tenant', 'keys', 'rotate', tenant, '--overlap', '7d')
    expect([await accepts(key), await accepts(second)]).toEqual([null, tenant])
  })

  it('rotated twice at once leaves one key without an end', async () => {
    const { tenant } = await newTenant()
    const { databases } = sandbox
    const urls = { vaultUrl: databases.vault.url('admin'), gatewayUrl: databases.gateway.url('admin') }
    const admins = await Promise.all([1, 2, 3].map(() => openAdmin({ mode: 'sandbox', ...urls, operator: 'ada' })))
    await Promise.all(admins.map((admin) => rotateKeys(admin, tenant)))
    await Promise.all(admins.map((admin) => admin.close()))
    const { keys } = (await sandbox.type('tenant', 'keys', 'list', tenant)) as { keys: { state: string }[] }
    expect(keys.filter(({ state }) => state === 'live')).toHaveLength(1)
  })

  it('that is revoked is refused at once, is never made live again, and another tenant cannot revoke it', async () => {
    const { tenant, key } = await newTenant()
    const other = await newTenant()
    const { keys } = (await sandbox.type('tenant', 'keys', 'list', tenant)) as { keys: { id: string }[] }
    const id = keys[0]?.id ?? ''
    expect((await sandbox.refusal('tenant', 'keys', 'revoke', other.tenant, id)).code).toBe('not_found')
    expect(await accepts(key)).toBe(tenant)
    await sandbox.type('tenant', 'keys', 'revoke', tenant, id)
    expect(await accepts(key)).toBeNull()
    expect((await sandbox.refusal('tenant', 'keys', 'revoke', tenant, id)).code).toBe('already')
  })
})

describe('what widens power', () => {
  it('is an account with a host and a sealed credential; the database never has the credential', async () => {
    const { tenant } = await sandbox.type('tenant', 'add', '--name', 'Accounts')
    const id = String(tenant)
    const add = (...more: string[]) =>
      sandbox.type('admin', 'account', 'add', id, '--processor', 'acme', '--host', 'https://api.acme.example', ...more)
    const { account: first } = await add()
    const { account: second } = await add('--default')
    await sandbox.type('admin', 'account', 'credential', String(first))
    await sandbox.type('admin', 'account', 'credential', String(first)) // again: it is replaced
    await sandbox.type('admin', 'account', 'host', String(second), 'https://eu.acme.example')
    expect((await sandbox.type('admin', 'account', 'list', id))['accounts']).toEqual([
      expect.objectContaining({ account: first, default: false, credential: true, host: 'https://api.acme.example' }),
      expect.objectContaining({ account: second, default: true, credential: false, host: 'https://eu.acme.example' }),
    ])
    await sandbox.type('admin', 'account', 'default', String(first))
    const rows = await sandbox.sql('vault', 'select *, encode(body, $1) as text from credentials', ['escape'])
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(credential)
    await sandbox.type('admin', 'bin', id, 'on')
    await sandbox.type('admin', 'link-uses', id, 'many')
    const { tenants } = (await sandbox.type('tenant', 'list')) as { tenants: { tenant: string }[] }
    expect(tenants.find((one) => one.tenant === id)).toMatchObject({ bin: true, link_uses: 'many' })
    expect(await sandbox.type('admin', 'epochs', 'publish')).toEqual({ published: [] })
    expect((await sandbox.type('admin', 'epochs', 'list'))['epochs']).toHaveLength(2)
  })

  type Made = Record<'tenant' | 'id' | 'account' | 'epoch', string>
  type Line = [action: string, result: string, object?: string]
  const page = 'https://audited.example'
  /** Every command that changes anything, in an order in which each can be typed; what the one before made is `made`. */
  const changes: [command: string, words: (made: Made) => string[], lines: (made: Made) => Line[]][] = [
    [
      'tenant add',
      () => ['--name', 'Audited'],
      () => [
        ['tenant.add', 'intent'], // the gateway's half
        ['tenant.add', 'done'],
        ['tenant.add', 'done'], // the vault's
      ],
    ],
    ['tenant origins add', ({ tenant }) => [tenant, page], () => [['origin.add', 'done', page]]],
    ['tenant origins remove', ({ tenant }) => [tenant, page], () => [['origin.remove', 'done', page]]],
    ['tenant keys add', ({ tenant }) => [tenant], () => ['intent', 'done'].map((result) => ['key.add', result])],
    ['tenant keys rotate', ({ tenant }) => [tenant], () => ['intent', 'done'].map((result) => ['key.rotate', result])],
    [
      'tenant keys revoke',
      ({ tenant, id }) => [tenant, id],
      ({ id }) => ['intent', 'done'].map((result) => ['key.revoke', result, id]),
    ],
    [
      'admin account add',
      ({ tenant }) => [tenant, '--processor', 'acme', '--host', 'https://api.acme.example'],
      ({ account }) => [['account.add', 'done', account]],
    ],
    [
      'admin account credential',
      ({ account }) => [account],
      ({ account }) => [['account.credential', 'done', account]],
    ],
    [
      'admin account host',
      ({ account }) => [account, 'https://eu.acme.example'],
      ({ account }) => [['account.host', 'done', account]],
    ],
    ['admin account default', ({ account }) => [account], ({ account }) => [['account.default', 'done', account]]],
    ['admin bin', ({ tenant }) => [tenant, 'on'], () => [['bin.on', 'done']]],
    ['admin bin', ({ tenant }) => [tenant, 'off'], () => [['bin.off', 'done']]],
    ['admin link-uses', ({ tenant }) => [tenant, 'many'], () => [['link_uses.many', 'done']]],
    ['admin link-uses', ({ tenant }) => [tenant, 'one'], () => [['link_uses.one', 'done']]],
    ['admin retention', ({ tenant }) => [tenant, '90'], () => [['retention.set', 'done', '90 days']]],
    ['admin retention', ({ tenant }) => [tenant, 'off'], () => [['retention.set', 'done', 'none']]],
    ['admin erasures', ({ tenant }) => [tenant, '500'], () => [['erasures.set', 'done', '500 a day']]],
    ['admin epochs publish', () => [], ({ epoch }) => [['epoch.publish', 'done', epoch]]],
  ]
  const linesOf = (entries: readonly AuditEntry[]): Line[] =>
    entries.map(({ action, result, object }) => [action, result, ...(object === undefined ? [] : [object])] as Line)

  it('stands in the audit log, each change of each command: who, what, whose; and no secret', async () => {
    const every = Object.entries({ tenant: tenantActions, admin: adminActions({} as never) }).flatMap(
      ([command, actions]) => actions.map(({ name }) => `${command} ${name}`),
    )
    // One that only shows has no line; another that is missing here is a change that nobody looks for in the log.
    expect([...new Set(changes.map(([command]) => command))].sort()).toEqual(
      every.filter((name) => !name.endsWith('list')).sort(),
    )
    const epoch = await (await openFileStore(keyStore)).create({ suite: 'x25519', purpose: 'card' })
    laterEpochs.push(epoch)
    const made: Made = { tenant: '', id: '', account: '', epoch: epoch.kekId.toString('hex') }
    const secrets = [credential]
    for (const [command, words, lines] of changes) {
      const before = (await sandbox.audit()).length
      const answer = await sandbox.type(...command.split(' '), ...words(made))
      Object.assign(made, answer)
      if ('secret_key' in answer) secrets.push(String(answer['secret_key']))
      const entries = (await sandbox.audit()).slice(before)
      expect(linesOf(entries), command).toEqual(lines(made))
      const whose = command === 'admin epochs publish' ? {} : { tenant: made.tenant }
      for (const entry of entries) expect(entry).toMatchObject({ actor: 'admin', operator: 'ada', ...whose })
    }
    expect(secrets).toHaveLength(4)
    const text = JSON.stringify(await sandbox.audit())
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(text, 'control: what is no secret is found').toContain(made.account)
  })

  it('has a line too where no command was typed: what the supervisor takes over from the settings at a start', async () => {
    const {
      tenant: id,
      publishable_key: publishableKey,
      ...made
    } = await sandbox.type('tenant', 'add', '--name', 'Old')
    const secretKey = String(made['secret_key'])
    const start = async (name: string, origins: string[]): Promise<AuditEntry[]> => {
      const before = (await sandbox.audit()).length
      const { vault, gateway: keys } = sandbox.databases
      const urls = { vaultUrl: vault.url('admin'), gatewayUrl: keys.url('admin') }
      const tenant = { id: String(id), name, publishableKey: String(publishableKey), secretKey }
      await seedDeployment({ mode: 'sandbox', ...urls, tenant, origins, processor: null, epochs: [], operator: 'bob' })
      return (await sandbox.audit()).slice(before)
    }
    const entries = [...(await start('New', [page])), ...(await start('New', []))]
    expect(linesOf(entries)).toEqual([
      ['tenant.change', 'done'],
      ['origin.add', 'done', page],
      ['origin.remove', 'done', page],
    ])
    for (const entry of entries) expect(entry).toMatchObject({ actor: 'admin', operator: 'bob', tenant: id })
    expect(await start('New', []), 'nothing changed').toEqual([])
  })

  it('that came to nothing has no line in the log, or one that says so', async () => {
    const { tenant } = await sandbox.type('tenant', 'add', '--name', 'Failing')
    const id = String(tenant)
    await sandbox.type('tenant', 'origins', 'add', id, page)
    const before = (await sandbox.audit()).length
    await sandbox.refusal('tenant', 'origins', 'add', id, page)
    // The keys lie in another database than the log, which has the intent by then.
    await sandbox.sql('gateway', 'revoke insert on api_keys from sallyport_admin')
    await expect(sandbox.type('tenant', 'keys', 'add', id)).rejects.toMatchObject({ code: '42501' })
    await sandbox.sql('gateway', 'grant insert on api_keys to sallyport_admin')
    const entries = (await sandbox.audit()).slice(before)
    expect(linesOf(entries)).toEqual(['intent', 'failed'].map((result) => ['key.add', result]))
  })

  it('is written with a line in the log or not at all', async () => {
    const { tenant } = await sandbox.type('tenant', 'add', '--name', 'Unlogged')
    await sandbox.sql('vault', 'revoke insert (entry) on audit from sallyport_admin')
    try {
      const add = () => sandbox.type('tenant', 'origins', 'add', String(tenant), 'https://unlogged.example')
      await expect(add()).rejects.toMatchObject({ code: '42501' })
    } finally {
      await sandbox.sql('vault', 'grant insert (entry) on audit to sallyport_admin')
    }
    expect(await sandbox.type('tenant', 'origins', 'list', String(tenant))).toEqual({ origins: [] })
  })
})

describe('a live deployment', () => {
  it('refuses http origins, and processors that are the sandbox, on this machine or reached by http', async () => {
    const { tenant } = await live.type('tenant', 'add', '--name', 'Strict')
    const id = String(tenant)
    const account = (processor: string, host: string) =>
      ['admin', 'account', 'add', id, '--processor', processor, '--host', host] as const
    const refused: readonly (readonly string[])[] = [
      ['tenant', 'origins', 'add', id, 'http://shop.example'],
      ['tenant', 'add', '--name', 'Other', '--origin', 'http://shop.example'],
      account('sandbox', 'https://api.acme.example'),
      account('acme', 'http://api.acme.example'),
      account('acme', 'https://127.0.0.1:7403'),
      account('acme', 'https://localhost'),
      account('acme', 'https://processor.localhost'),
    ]
    for (const args of refused) expect([args, (await live.refusal(...args)).code]).toEqual([args, 'not_in_live'])
    // Control: what differs in that alone is taken.
    await live.type('tenant', 'origins', 'add', id, 'https://shop.example')
    const { account: made } = await live.type(...account('acme', 'https://api.acme.example'))
    expect((await live.refusal('admin', 'account', 'host', String(made), 'http://api.acme.example')).code).toBe(
      'not_in_live',
    )
    const inSandbox = String((await sandbox.type('tenant', 'add', '--name', 'Loose'))['tenant'])
    await sandbox.type('tenant', 'origins', 'add', inSandbox, 'http://shop.example')
  })

  it("refuses the same to whoever writes its database by hand, as the admin's role or as any other", async () => {
    const { tenant } = await live.type('tenant', 'add', '--name', 'By hand')
    const statements: [string, unknown[]][] = [
      ['insert into origins (tenant, origin) values ($1, $2)', [tenant, 'http://shop.example']],
      [
        `insert into accounts (id, tenant, processor, base_url) values ($1, $2, 'sandbox', 'https://a.example')`,
        [`acct_${'a'.repeat(26)}`, tenant],
      ],
      [
        `insert into accounts (id, tenant, processor, base_url) values ($1, $2, 'acme', 'https://127.0.0.1:7403')`,
        [`acct_${'a'.repeat(26)}`, tenant],
      ],
      ['update tenants set publishable_key = $2 where id = $1', [tenant, `pk_test_${'a'.repeat(26)}`]],
      [`update deployment set mode = 'sandbox'`, []],
      ['delete from deployment', []],
    ]
    for (const [text, values] of statements)
      await expect(live.sql('vault', text, values), text).rejects.toMatchObject({ code: 'SPADM' })
    report.row({
      attack: "A live deployment's configuration pointed at a sandbox processor, an http host, an http page",
      had: "the database role of the administrator, or the database's owner",
      defended: 'each is refused, by the command and again by the database itself',
      undefended: 'a sandbox takes the same lines',
    })
  })
})

describe('what was typed', () => {
  it('wrongly is never repeated, in whatever place it stands', async () => {
    const { tenant } = await sandbox.type('tenant', 'add', '--name', 'Echo')
    const id = String(tenant)
    const places: ((text: string) => string[])[] = [
      (text) => ['tenant', 'add', '--name', `${text}\n`],
      (text) => ['tenant', 'add', '--name', 'Echo', '--origin', text],
      (text) => ['tenant', 'add', `--${text}`, 'x'],
      (text) => ['tenant', 'origins', 'list', text],
      (text) => ['tenant', 'origins', 'add', id, text],
      (text) => ['tenant', 'origins', 'remove', id, text],
      (text) => ['tenant', 'keys', 'revoke', id, text],
      (text) => ['tenant', 'keys', 'rotate', id, '--overlap', text],
      (text) => ['tenant', text],
      (text) => ['admin', 'account', 'host', text, 'https://a.example'],
      (text) => ['admin', 'account', 'credential', text],
      (text) => ['admin', 'account', 'add', id, '--processor', text, '--host', 'https://a.example'],
      (text) => ['admin', 'account', 'add', id, '--processor', 'acme', '--host', text],
      (text) => ['admin', 'bin', id, text],
      (text) => ['admin', 'link-uses', id, text],
      (text) => ['admin', 'retention', id, text],
      (text) => ['admin', 'erasures', id, text],
      (text) => ['tenant', 'list', text],
    ]
    const secrets = fc.stringMatching(/^[A-Z][A-Za-z0-9 <>"'$%;:/?-]{8,40}$/).map((text) => `Canary${text}`)
    await fc.assert(
      fc.asyncProperty(secrets, fc.nat(places.length - 1), async (text, place) => {
        const { message } = await sandbox.refusal(...(places[place]?.(text) ?? []))
        expect(message).not.toContain(text)
        expect(message).not.toContain('Canary')
        expect(message.length).toBeGreaterThan(20)
      }),
      { numRuns: 60 },
    )
    // Control: what was typed rightly is shown.
    expect(await sandbox.say('tenant', 'origins', 'add', id, 'https://canary.example')).toContain('canary.example')
  })

  it('as a key where its id belongs is answered with what to do about it', async () => {
    const { tenant, secret_key: key } = await sandbox.type('tenant', 'add', '--name', 'Mistake')
    const { message } = await sandbox.refusal('tenant', 'keys', 'revoke', String(tenant), String(key))
    expect(message).toContain('rotate it')
    expect(message).not.toContain(String(key))
  })

  it('to a database of the other mode is refused, in words', async () => {
    const { vault, gateway: keys } = sandbox.databases
    const urls = { vaultUrl: vault.url('admin'), gatewayUrl: keys.url('admin') }
    await expect(openAdmin({ mode: 'live', ...urls, operator: 'ada' })).rejects.toMatchObject({
      code: 'other_mode',
      message: expect.stringContaining('another mode than live'),
    })
  })
})
