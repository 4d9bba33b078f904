/**
 * keyd, keeper and intake in this process, on fresh databases and a key store of their own, for integration tests. Egress
 * and gateway are played by the test: it has their keys.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { addAccount, setCredential } from '../admin/accounts.ts'
import { type Admin, openAdmin } from '../admin/deployment.ts'
import { seedDeployment } from '../admin/seed.ts'
import type { EgressConfig, IntakeConfig, Jwk, KeeperConfig, KeydConfig, Mode, Peer, Role } from '../config.ts'
import { innerClient, type InnerCall } from '../doors/inner-client.ts'
import { signTicket } from '../grants/sign.ts'
import { makeFirstEpochs } from '../init/key-store.ts'
import { makeSecrets, makeTenant, publicPart, type Secrets, type TenantFile } from '../init/secrets.ts'
import type { CardLimits } from '../card-limits.ts'
import type { CardDoor } from '../intake/card-door.ts'
import type { PresenceTimes } from '../intake/presence.ts'
import { startIntake } from '../intake/start.ts'
import { startKeeper } from '../keeper/start.ts'
import { startKeyd } from '../keyd/start.ts'
import { openFileStore } from '../keys/file.ts'
import { layCheapSeal } from '../keys/testing/cheap-seal.ts'
import type { Log } from '../log.ts'
import { makeId } from '../../protocol/ids.ts'
import type { CreateCaptureRequest } from '../../protocol/agent-http.ts'
import type { Spoken } from '../../protocol/capture-http.ts'
import { freePorts } from './free-ports.ts'
import { testDatabases, type TestDatabases } from './postgres.ts'
import { signsForKeyd } from './signs-for-keyd.ts'
import { type KnownFiles, layEarlier } from './version-before.ts'

export const shopOrigin = 'http://shop.localhost:7400'
/** The page of the tenant of a live vault. */
export const liveShopOrigin = 'https://shop.example'
export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
}

export interface TestVault {
  databases: TestDatabases
  /** One connection to the vault's database as the superuser, to look at or change what no role may; closed with the vault. */
  db: pg.Pool
  mode: Mode
  secrets: Secrets
  tenant: TenantFile
  intakeUrl: string
  configs: { intake: IntakeConfig; keyd: KeydConfig; keeper: KeeperConfig; egress: EgressConfig }
  /** Calls of the gateway to intake's inner door. */
  asGateway: InnerCall
  /** Calls to keyd, signed as the role that one names. */
  toKeyd(as: 'egress' | 'intake' | 'keeper'): InnerCall
  /** As an administrator's commands work; closed with the vault. */
  admin(): Promise<Admin>
  createCapture(request?: Partial<CreateCaptureRequest>): Promise<{ id: string; clientSecret: string }>
  restart(role: 'keyd' | 'intake'): Promise<void>
  close(): Promise<void>
}

export interface VaultOptions {
  log?: Log
  processorUrl?: string
  /** A live vault has an account at a processor that is not there, and no test routes. */
  mode?: Mode
  /** Those of another vault: what crosses over is then refused for its mode alone, not for a foreign key. */
  secrets?: Secrets
  keyStore?: string
  /** Of the key store; a live vault has one anyway. */
  passphrase?: Buffer
  /** How soon a frame that has gone is missed; as in a deployment without it. */
  presence?: PresenceTimes
  /** False where the test does itself what time asks: no events get a place, nothing ends and nothing is rewrapped. */
  keeper?: boolean
  /** keyd's limit over all tokens; its own without it. */
  opensPerMinute?: number
  /** Where keeper shows checkpoints and hashes; nowhere without it. */
  auditPort?: number
  /** How many cards may be tried; as many as the test likes without it. */
  cardLimits?: CardLimits
  /** Put before intake's door for cards, for controls. */
  cards?: (door: CardDoor) => CardDoor
  /** Takes every card number, not the published test numbers alone. */
  anyPan?: boolean
  /** Believes X-Forwarded-For, so that a test has as many addresses as it wants. */
  behindProxy?: boolean
  /** The schema of an earlier version, and processes that know no other. */
  earlier?: KnownFiles
}

export async function startVault(options: VaultOptions = {}): Promise<TestVault> {
  const log = options.log ?? silent
  const mode = options.mode ?? 'sandbox'
  const folder = mkdtempSync(join(tmpdir(), 'sp-'))
  const databases = await testDatabases()
  if (options.earlier !== undefined) await layEarlier(databases, options.earlier)
  const secrets = options.secrets ?? makeSecrets()
  const tenant = makeTenant(mode)
  const keyStore = options.keyStore ?? `file:${join(folder, 'keys')}`
  const passphrase = options.passphrase ?? (mode === 'live' ? Buffer.from('the passphrase of a test') : null)
  if (passphrase !== null && !existsSync(fileURLToPath(keyStore))) layCheapSeal(fileURLToPath(keyStore), passphrase)
  const live = mode === 'live'
  const epochs = await makeFirstEpochs(keyStore, { passphrase, live })
  const { earlier } = options
  const keydDeps = async () => ({
    log,
    store: await openFileStore(keyStore, { passphrase, live }),
    ...(earlier && { schema: earlier.keyd }),
  })
  const known = earlier && { schema: earlier.vault }
  await seedDeployment({
    mode,
    vaultUrl: databases.vault.url('admin'),
    gatewayUrl: databases.gateway.url('admin'),
    tenant: {
      id: tenant.tenant,
      name: 'Harbour Rooms',
      publishableKey: tenant.publishable_key,
      secretKey: tenant.secret_key,
    },
    origins: [mode === 'live' ? liveShopOrigin : shopOrigin],
    epochs,
    processor:
      mode === 'live'
        ? null
        : { baseUrl: options.processorUrl ?? 'http://127.0.0.1:9', secret: secrets.sandbox_processor },
  })
  const admins: Admin[] = []
  const admin = async (): Promise<Admin> => {
    const urls = { vaultUrl: databases.vault.url('admin'), gatewayUrl: databases.gateway.url('admin') }
    const one = await openAdmin({ mode, operator: 'test', ...urls })
    admins.push(one)
    return one
  }
  if (mode === 'live') {
    const one = await admin()
    const host = 'https://api.processor.example'
    const account = await addAccount(one, { tenant: tenant.tenant, processor: 'acme', host })
    await setCredential(one, account, Buffer.from(secrets.sandbox_processor))
  }
  const configs = await makeConfigs(folder, keyStore, databases, secrets, mode)
  if (options.auditPort !== undefined) configs.keeper.listen = { host: '127.0.0.1', port: options.auditPort }
  if (options.behindProxy === true) configs.intake.trust_proxy = ['127.0.0.0/8']
  if (options.cardLimits !== undefined) configs.intake.card_limits = options.cardLimits
  if (options.anyPan !== undefined) configs.intake.any_pan = options.anyPan
  if (options.opensPerMinute !== undefined) configs.keyd.opens_per_minute_max = options.opensPerMinute
  let keyd = await startKeyd(configs.keyd, await keydDeps())
  const { presence, cards } = options
  const intakeDeps = { log, ...known, ...(presence && { presence }), ...(cards && { cards }) }
  let intake = await startIntake(configs.intake, intakeDeps)
  const keeper = options.keeper === false ? null : await startKeeper(configs.keeper, { log, ...known })
  const keydDb = keeper === null ? new pg.Pool({ connectionString: databases.superUrl('keyd'), max: 1 }) : null
  const signs = keydDb === null ? null : signsForKeyd(keydDb)
  const db = new pg.Pool({ connectionString: databases.superUrl('vault'), max: 1, idleTimeoutMillis: 0 })
  const client = (role: Role, issuer: Role, key: Jwk): InnerCall =>
    innerClient({ peer: { socket: join(folder, role, 'door.sock'), audience: role }, issuer, key })
  const asGateway = client('intake', 'gateway', secrets.request.gateway)
  const clients = [asGateway]

  return {
    databases,
    db,
    mode,
    admin,
    secrets,
    tenant,
    configs,
    asGateway,
    intakeUrl: configs.intake.public_url,
    toKeyd: (as) => {
      const made = client('keyd', as, secrets.request[as])
      clients.push(made)
      return made
    },
    createCapture: async (request = {}) => {
      const id = makeId('cap_')
      const clientSecret = `cs_${randomBytes(32).toString('base64url')}`
      await asGateway('POST', '/captures', {
        tenant: tenant.tenant,
        capture_id: id,
        client_secret_hash: createHash('sha256').update(clientSecret).digest('base64url'),
        ticket: await ticketFor(secrets, tenant.tenant, id, mode),
        request: {
          conversation: 'talk-1',
          purpose: 'pay',
          amount: { amount_minor: 8000, currency: 'EUR' },
          ...request,
        },
      })
      return { id, clientSecret }
    },
    restart: async (role) => {
      if (role === 'keyd') {
        await keyd.close()
        keyd = await startKeyd(configs.keyd, await keydDeps())
      } else {
        await intake.close()
        intake = await startIntake(configs.intake, intakeDeps)
      }
    },
    close: async () => {
      for (const one of clients) one.close()
      for (const one of admins) await one.close()
      await Promise.all([intake.close(), keeper?.close()])
      await keyd.close()
      signs?.close()
      await keydDb?.end()
      await db.end()
      await databases.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function ticketFor(secrets: Secrets, tenant: string, capture: string, mode: Mode = 'sandbox'): Promise<string> {
  const iat = Math.floor(Date.now() / 1000)
  return signTicket(
    {
      iss: 'gateway',
      aud: 'keyd',
      jti: randomBytes(16).toString('hex'),
      iat,
      exp: iat + 3_900,
      mode,
      tenant,
      capture,
    },
    secrets.ticket,
  )
}

async function makeConfigs(
  folder: string,
  keyStore: string,
  databases: TestDatabases,
  secrets: Secrets,
  mode: Mode,
): Promise<TestVault['configs']> {
  const [port = 0] = await freePorts(1)
  /** As the build leaves it: a page and the words of each language. */
  const page = (name: string): string => {
    const dir = join(folder, name)
    mkdirSync(join(dir, 'assets'), { recursive: true })
    mkdirSync(join(dir, 'words'))
    for (const [lang, file] of Object.entries({ en: 'index.html', de: 'index.de.html', ar: 'index.ar.html' })) {
      writeFileSync(join(dir, file), `<!doctype html><html lang="${lang}"><title>${name}</title>`)
      const said = ['cancel', ...['title', 'phrase', 'open', 'scan', 'next'].map((part) => `link_chat_${part}`)]
      const words = Object.fromEntries(said.map((word) => [word, `${word}, in ${lang}`]))
      const spoken: Spoken = { lang, dir: lang === 'ar' ? 'rtl' : 'ltr', words }
      writeFileSync(join(dir, 'words', `${lang}.json`), JSON.stringify(spoken))
    }
    return dir
  }
  const peer = (role: Role): Peer => ({ socket: join(folder, role, 'door.sock'), audience: role })
  const caller = (role: Role): Jwk => publicPart(secrets.request[role])
  const common = (role: Role) => ({
    mode,
    inner_socket: peer(role).socket,
    request_key: secrets.request[role],
  })
  return {
    keyd: {
      role: 'keyd',
      ...common('keyd'),
      database_url: databases.keyd.url('keyd'),
      key_store: keyStore,
      callers: { egress: caller('egress'), intake: caller('intake'), keeper: caller('keeper') },
      grant_public: publicPart(secrets.grant),
      ticket_public: publicPart(secrets.ticket),
    },
    intake: {
      role: 'intake',
      ...common('intake'),
      database_url: databases.vault.url('intake'),
      listen: { host: '127.0.0.1', port },
      public_url: `http://127.0.0.1:${port}`,
      frame_dir: page('frame'),
      link_dir: page('link'),
      keyd: peer('keyd'),
      callers: { gateway: caller('gateway') },
      fingerprint_key: secrets.fingerprint,
      hour_key_secret: secrets.hour_key,
      any_pan: false,
    },
    keeper: {
      role: 'keeper',
      ...common('keeper'),
      database_url: databases.vault.url('keeper'),
      keyd: peer('keyd'),
      checkpoint_key: secrets.checkpoint,
      checkpoint_dir: join(folder, 'checkpoints'),
    },
    egress: {
      role: 'egress',
      ...common('egress'),
      database_url: databases.vault.url('egress'),
      keyd: peer('keyd'),
      callers: { gateway: caller('gateway') },
      grant_public: publicPart(secrets.grant),
      processor_key_secret: secrets.processor_key,
      processor_timeout_ms: 2_000,
      dangerously_allow_http: mode === 'sandbox',
    },
  }
}
