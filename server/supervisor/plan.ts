/**
 * Which processes there are, what each is told, and in which order they begin and end. The only place that sees all
 * secrets at once: each process gets a file (0600) with its own and no others.
 */
import { join } from 'node:path'
import type { Peer, Role, RoleConfigs } from '../config.ts'
import { doorSocket, ownSocket } from '../database/run-folder.ts'
import type { Home } from '../init/init.ts'
import { writePrivate } from '../private-files.ts'
import { publicPart } from '../init/secrets.ts'
import { type ProcessName, processNames } from '../process-users.ts'
import { root } from '../root.ts'
import type { Settings } from '../settings.ts'
import type { ProcessSpec } from './child.ts'
import { lentFd } from './held-port.ts'
import { assertReadable, callersOf, configFile, filesOf, handOver, layDoors, specOf, whyOneUser } from './walls.ts'

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
  /** Null where each process has a user of its own; else why not, in a sentence. */
  oneUser?: string | null
  beginSteps: readonly (readonly ProcessSpec[])[]
  endSteps: readonly (readonly string[])[]
}

export function makePlan(home: Home, settings: Settings, urls: RoleUrls): Plan {
  if (settings.cvcCanary && home.deployment.mode !== 'sandbox') {
    throw new Error('SALLYPORT_CVC_CANARY is for tests in sandbox mode; take it away')
  }
  const configs = { ...roleConfigs(home, settings, urls), ...outsideConfigs(home, settings) }
  for (const name of processNames) writePrivate(configFile(home, name), configs[name])
  const oneUser = whyOneUser(home)
  layDoors(home, oneUser === null)
  if (oneUser === null) {
    handOver(home)
    for (const name of ['gateway', 'intake'] as const) {
      for (const path of Object.values(settings.tls[name] ?? {})) assertReadable(path, name)
    }
  }
  const spec = (name: ProcessName): ProcessSpec => {
    const made = specOf(home, name, settings.environment, oneUser === null)
    const own = { ...made, files: withTls(filesOf(home, name), settings, name) }
    if (name === 'keyd' && home.passphrase !== null) return { ...own, secret: home.passphrase }
    return name === 'gateway' || name === 'intake' ? { ...own, listen: configs[name].listen } : own
  }
  const sandbox = home.deployment.mode === 'sandbox'
  return {
    oneUser,
    beginSteps: [
      [spec('keyd'), ...(sandbox ? [spec('processor')] : [])],
      [spec('keeper'), spec('intake'), spec('egress')],
      [spec('gateway')],
      settings.demo && sandbox ? [spec('demo')] : [],
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
  const peer = (callee: Role, caller: Role): Peer => ({
    socket: doorSocket(home.folder, callee, caller),
    audience: callee,
  })
  const common = (role: Role) => ({
    mode: home.deployment.mode,
    database_url: urls[role],
    inner_socket: ownSocket(home.folder, role),
    inner_doors: callersOf[role].map((caller) => ({ caller, socket: doorSocket(home.folder, role, caller) })),
    request_key: secrets.request[role],
  })
  const caller = (role: Role) => publicPart(secrets.request[role])
  return {
    gateway: {
      role: 'gateway',
      ...common('gateway'),
      listen: { host: settings.host, port: settings.ports.gateway, fd: lentFd },
      public_url: settings.urls.gateway,
      ...outerSettings(settings, 'gateway'),
      capture_origin: settings.urls.capture,
      intake: peer('intake', 'gateway'),
      egress: peer('egress', 'gateway'),
      widget_dir: join(root, 'dist', 'widget'),
      grant_key: secrets.grant,
      ticket_key: secrets.ticket,
      derive_key: secrets.derive,
    },
    intake: {
      role: 'intake',
      ...common('intake'),
      listen: { host: settings.host, port: settings.ports.intake, fd: lentFd },
      public_url: settings.urls.capture,
      ...outerSettings(settings, 'intake'),
      frame_dir: join(root, 'dist', 'frame'),
      link_dir: join(root, 'dist', 'link'),
      keyd: peer('keyd', 'intake'),
      callers: { gateway: caller('gateway') },
      fingerprint_key: secrets.fingerprint,
      hour_key_secret: secrets.hour_key,
      any_pan: settings.anyPan,
      ...((settings.cardBudgets || home.deployment.mode === 'live') && { card_limits: settings.cardLimits }),
      ...(settings.cvcCanary && { cvc_canary: true }),
    },
    egress: {
      role: 'egress',
      ...common('egress'),
      keyd: peer('keyd', 'egress'),
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
      ...(home.passphrase === null ? {} : { key_passphrase_fd: lentFd }),
      opens_per_minute_max: settings.opensPerMinuteMax,
      callers: { egress: caller('egress'), intake: caller('intake'), keeper: caller('keeper') },
      grant_public: publicPart(secrets.grant),
      ticket_public: publicPart(secrets.ticket),
    },
    keeper: {
      role: 'keeper',
      ...common('keeper'),
      keyd: peer('keyd', 'keeper'),
      checkpoint_key: secrets.checkpoint,
      checkpoint_dir: join(home.folder, 'checkpoints'),
      ...(settings.auditPort === null ? {} : { listen: { host: settings.host, port: settings.auditPort } }),
      witnesses: settings.auditWitnesses,
    },
  }
}

const outerSettings = ({ tls, trustProxy, securityContact }: Settings, door: 'gateway' | 'intake') => ({
  ...(tls[door] === null ? {} : { tls: tls[door] }),
  trust_proxy: trustProxy,
  ...(securityContact === null ? {} : { security_contact: securityContact }),
})

/** A certificate is renewed in its place, so the process reads it there and not from its configuration. */
function withTls(files: ReturnType<typeof filesOf>, { tls }: Settings, name: ProcessName): ReturnType<typeof filesOf> {
  const own = name === 'gateway' || name === 'intake' ? tls[name] : null
  return own === null ? files : { ...files, read: [...files.read, own.cert, own.key] }
}

const outsideConfigs = (home: Home, settings: Settings): { processor: ProcessorConfig; demo: DemoConfig } => ({
  processor: {
    host: settings.host,
    port: settings.ports.processor,
    state_file: join(home.folder, 'processor', 'state.json'),
    secret: home.secrets.sandbox_processor,
  },
  demo: {
    host: settings.host,
    port: settings.ports.demo,
    public_url: settings.urls.demo,
    gateway_url: settings.urls.gateway,
    secret_key: home.tenant?.secret_key ?? '',
    publishable_key: home.tenant?.publishable_key ?? '',
    webhook_secret: home.tenant?.webhook_secret ?? '',
    capture_origin: settings.urls.capture,
    widget_url: `${settings.urls.gateway}/widget/sallyport.js`,
  },
})
