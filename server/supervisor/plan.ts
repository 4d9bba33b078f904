/**
 * Which processes there are, what each is told, and in which order they begin and end. The only place that sees all
 * secrets at once: each process gets a file (0600) with its own and no others.
 */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Listen, type Peer, type Role, type RoleConfigs, roles } from '../config.ts'
import { doorSocket, ownSocket } from '../database/run-folder.ts'
import type { Home } from '../init/init.ts'
import { writePrivate } from '../private-files.ts'
import { publicPart } from '../init/secrets.ts'
import { type InstanceName, instancesOf, type ProcessName, processOf } from '../process-users.ts'
import { root } from '../root.ts'
import type { Settings } from '../settings.ts'
import { collectFlag, type ProcessSpec } from './child.ts'
import { lentFd, sharedPort } from './held-port.ts'
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
  const instances = (role: Role): InstanceName[] => instancesOf(role, settings.ofEach)
  const configs = new Map<InstanceName, object>(
    Object.entries(outsideConfigs(home, settings)) as [ProcessName, object][],
  )
  for (let index = 0; index < settings.ofEach; index += 1) {
    const own = roleConfigs(home, settings, urls, index)
    for (const role of roles) configs.set(instances(role)[index] ?? role, own[role])
  }
  for (const [name, config] of configs) writePrivate(configFile(home, name), config)
  const oneUser = whyOneUser(home)
  layDoors(home, oneUser === null, settings.ofEach)
  if (oneUser === null) {
    handOver(home, [...configs.keys()])
    for (const name of ['gateway', 'intake'] as const) {
      for (const path of Object.values(settings.tls[name] ?? {})) assertReadable(path, name)
    }
  }
  const listens = { gateway: outerListen(settings, 'gateway'), intake: outerListen(settings, 'intake') }
  const holds = { gateway: sharedPort(listens.gateway), intake: sharedPort(listens.intake) }
  const spec = (instance: InstanceName): ProcessSpec => {
    const name = processOf(instance)
    const made = specOf(home, instance, settings.environment, oneUser === null)
    const nodeFlags = settings.collectAtScrape ? [collectFlag] : []
    const own = { ...made, files: withTls(filesOf(home, instance), settings, name), nodeFlags }
    if (name === 'keyd' && home.passphrase !== null) return { ...own, secret: home.passphrase }
    return name === 'gateway' || name === 'intake' ? { ...own, listen: listens[name], hold: holds[name] } : own
  }
  const each = (...of: Role[]): ProcessSpec[] => of.flatMap(instances).map(spec)
  const sandbox = home.deployment.mode === 'sandbox'
  return {
    oneUser,
    beginSteps: [
      [...each('keyd'), ...(sandbox ? [spec('processor')] : [])],
      each('keeper', 'intake', 'egress'),
      each('gateway'),
      settings.demo && sandbox ? [spec('demo')] : [],
    ],
    // The doors that face outwards first, so that what is under way behind them can finish.
    endSteps: [
      ['demo', ...instances('gateway'), ...instances('intake')],
      [...instances('egress'), ...instances('keeper'), ...instances('keyd'), 'processor'],
    ],
  }
}

/** Of the twins with this index: the same secrets, and a door of its own for each. */
function roleConfigs(home: Home, settings: Settings, urls: RoleUrls, index: number): RoleConfigs {
  const { secrets } = home
  const nameOf = (role: Role): InstanceName => instancesOf(role, settings.ofEach)[index] ?? role
  const peer = (callee: 'intake' | 'egress' | 'keyd', caller: Role): Peer => {
    const here = instancesOf(callee, settings.ofEach).map((one) => doorSocket(home.folder, one, caller))
    const [socket = '', ...others] = [...here.slice(index), ...here.slice(0, index)]
    const far = settings.doors[callee].map((folder) => join(folder, caller, 'door'))
    return { socket, ...(others.length + far.length > 0 && { others: [...others, ...far] }), audience: callee }
  }
  const common = (role: Role) => ({
    mode: home.deployment.mode,
    database_url: urls[role],
    inner_socket: ownSocket(home.folder, nameOf(role)),
    inner_doors: callersOf[role].map((caller) => ({ caller, socket: doorSocket(home.folder, nameOf(role), caller) })),
    request_key: secrets.request[role],
  })
  const caller = (role: Role) => publicPart(secrets.request[role])
  return {
    gateway: {
      role: 'gateway',
      ...common('gateway'),
      listen: outerListen(settings, 'gateway'),
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
      listen: outerListen(settings, 'intake'),
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
      instance: instanceId(home, index),
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
      // Its twins sign into the same folder, which this one shows whoever signs.
      ...(settings.auditPort === null || index > 0
        ? {}
        : { listen: { host: settings.host, port: settings.auditPort } }),
      witnesses: settings.auditWitnesses,
    },
  }
}

/** Tells an egress from its twins, here and on other machines: where it runs, and as which. */
const instanceId = (home: Home, index: number): string =>
  createHash('sha256').update(`${hostname()}\0${home.folder}\0${index}`).digest('hex').slice(0, 16)

const outerListen = (settings: Settings, door: 'gateway' | 'intake'): Listen => ({
  host: settings.host,
  port: settings.ports[door],
  fd: lentFd,
})

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
