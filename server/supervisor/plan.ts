/**
 * Which processes there are, what each is told, and in which order they begin and end. The only place that sees all
 * secrets at once: each process gets a file (0600) with its own and no others.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Peer, Role, RoleConfigs } from '../config.ts'
import { roles } from '../config.ts'
import { runFolder } from '../database/run-folder.ts'
import type { Home } from '../init/init.ts'
import { writePrivate } from '../private-files.ts'
import { publicPart } from '../init/secrets.ts'
import type { Settings } from '../settings.ts'
import type { ProcessSpec } from './child.ts'

/** The project's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export type RoleUrls = Record<Role, string>

/** What the sandbox processor is told: it stands outside, like a real one. */
export interface ProcessorConfig {
  host: string
  port: number
  state_file: string
  /** The API key that egress sends. */
  secret: string
}

/** What the demo is told: what any customer would have. */
export interface DemoConfig {
  host: string
  port: number
  public_url: string
  gateway_url: string
  secret_key: string
  publishable_key: string
  webhook_secret: string
  capture_origin: string
  widget_url: string
}

/** Processes that begin together, after those of the step before are ready; they end in the order of `endSteps`. */
export interface Plan {
  beginSteps: readonly (readonly ProcessSpec[])[]
  endSteps: readonly (readonly string[])[]
}

export function makePlan(home: Home, settings: Settings, urls: RoleUrls): Plan {
  if (settings.cvcCanary && home.deployment.mode !== 'sandbox') {
    throw new Error('SALLYPORT_CVC_CANARY is for tests in sandbox mode; take it away')
  }
  const configs = roleConfigs(home, settings, urls)
  for (const role of roles) write(home, role, configs[role])
  const role = (name: Role): ProcessSpec => ({
    ...spec(home, settings, name, join('server', name, 'main.ts')),
    files: filesOf(home, name),
  })
  write(home, 'processor', processorConfig(home, settings))
  const processor = spec(home, settings, 'processor', 'server/processors/sandbox/server/main.ts')
  write(home, 'demo', demoConfig(home, settings))
  const demo = spec(home, settings, 'demo', 'demo/server/main.ts')
  const sandbox = home.deployment.mode === 'sandbox'
  return {
    beginSteps: [
      [role('keyd'), ...(sandbox ? [processor] : [])],
      [role('keeper'), role('intake'), role('egress')],
      [role('gateway')],
      settings.demo && sandbox ? [demo] : [],
    ],
    // The doors that face outwards first, so that what is under way behind them can finish.
    endSteps: [
      ['demo', 'gateway', 'intake'],
      ['egress', 'keeper', 'keyd', 'processor'],
    ],
  }
}

function roleConfigs(home: Home, settings: Settings, urls: RoleUrls): RoleConfigs {
  const { secrets } = home
  const run = runFolder(home.folder)
  const socket = (role: Role): string => {
    mkdirSync(join(run, role), { recursive: true, mode: 0o700 })
    return join(run, role, 'door.sock')
  }
  const peer = (role: Role): Peer => ({ socket: socket(role), audience: role })
  const common = (role: Role) => ({
    mode: home.deployment.mode,
    database_url: urls[role],
    inner_socket: socket(role),
    request_key: secrets.request[role],
  })
  const caller = (role: Role) => publicPart(secrets.request[role])
  return {
    gateway: {
      role: 'gateway',
      ...common('gateway'),
      listen: { host: settings.host, port: settings.ports.gateway },
      public_url: settings.urls.gateway,
      capture_origin: settings.urls.capture,
      intake: peer('intake'),
      egress: peer('egress'),
      widget_dir: join(root, 'dist', 'widget'),
      grant_key: secrets.grant,
      ticket_key: secrets.ticket,
      derive_key: secrets.derive,
    },
    intake: {
      role: 'intake',
      ...common('intake'),
      listen: { host: settings.host, port: settings.ports.intake },
      public_url: settings.urls.capture,
      frame_dir: join(root, 'dist', 'frame'),
      keyd: peer('keyd'),
      callers: { gateway: caller('gateway') },
      fingerprint_key: secrets.fingerprint,
      hour_key_secret: secrets.hour_key,
      any_pan: settings.anyPan,
      ...(settings.cvcCanary && { cvc_canary: true }),
    },
    egress: {
      role: 'egress',
      ...common('egress'),
      keyd: peer('keyd'),
      callers: { gateway: caller('gateway') },
      grant_public: publicPart(secrets.grant),
      processor_key_secret: secrets.processor_key,
      processor_timeout_ms: settings.processorTimeoutMs,
      dangerously_allow_http: home.deployment.mode === 'sandbox',
    },
    keyd: {
      role: 'keyd',
      ...common('keyd'),
      key_store: home.keyStore,
      callers: { egress: caller('egress'), intake: caller('intake'), keeper: caller('keeper') },
      grant_public: publicPart(secrets.grant),
      ticket_public: publicPart(secrets.ticket),
    },
    keeper: {
      role: 'keeper',
      ...common('keeper'),
      keyd: peer('keyd'),
      checkpoint_key: secrets.checkpoint,
      checkpoint_dir: join(home.folder, 'checkpoints'),
    },
  }
}

const processorConfig = (home: Home, settings: Settings): ProcessorConfig => ({
  host: settings.host,
  port: settings.ports.processor,
  state_file: join(home.folder, 'processor', 'state.json'),
  secret: home.secrets.sandbox_processor,
})

const demoConfig = (home: Home, settings: Settings): DemoConfig => ({
  host: settings.host,
  port: settings.ports.demo,
  public_url: settings.urls.demo,
  gateway_url: settings.urls.gateway,
  secret_key: home.tenant?.secret_key ?? '',
  publishable_key: home.tenant?.publishable_key ?? '',
  webhook_secret: home.tenant?.webhook_secret ?? '',
  capture_origin: settings.urls.capture,
  widget_url: `${settings.urls.gateway}/widget/sallyport.js`,
})

/** The code of the house: no secret, and the same for all. */
const code = ['server', 'protocol', 'crypto', 'detect', 'node_modules', 'package.json'].map((name) => join(root, name))

/** What each role has on the disk beside its configuration and its own inner door; to call a peer's needs no file. */
function filesOf(home: Home, role: Role): NonNullable<ProcessSpec['files']> {
  const own: Record<Role, { read: readonly string[]; write: readonly string[] }> = {
    gateway: { read: [join(root, 'dist', 'widget')], write: [] },
    intake: { read: [join(root, 'dist', 'frame')], write: [] },
    egress: { read: [], write: [] },
    keeper: { read: [], write: [join(home.folder, 'checkpoints')] },
    keyd: { read: [], write: keyFolder(home.keyStore) },
  }
  return { read: [...code, ...own[role].read], write: [...own[role].write, join(runFolder(home.folder), role)] }
}

/** A store elsewhere (an HSM, a KMS) has no folder. */
const keyFolder = (store: string): string[] => (store.startsWith('file:') ? [fileURLToPath(store)] : [])

const configFile = (home: Home, name: string): string => join(home.folder, 'config', `${name}.json`)

function write(home: Home, name: string, config: object): void {
  writePrivate(configFile(home, name), config)
}

function spec(home: Home, settings: Settings, name: string, entry: string): ProcessSpec {
  const config = configFile(home, name)
  if (!existsSync(config)) throw new Error(`${config} was not written`)
  return {
    name,
    entry: join(root, entry),
    environment: settings.environment,
    config,
    files: null,
    log: join(home.folder, 'logs', `${name}.log`),
  }
}
