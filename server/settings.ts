import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { parseKeyLine } from './audit/note.ts'
import type { Mode, Role } from './config.ts'
import { roles } from './config.ts'
import { type CardLimits, cardLimits } from './card-limits.ts'
import type { TlsFiles } from './tls.ts'

/**
 * The settings of a deployment, all of them by environment, each with the default that makes `npm start` work alone.
 * This file and config.ts are the only ones that read the environment; the processes themselves get a file.
 */
export interface Settings {
  /** Where all state is kept. */
  home: string
  /** The address servers listen on. */
  host: string
  /** How many gateways, intakes, egresses, keyds and keepers run here. */
  ofEach: number
  /** Folders with the doors of further intakes, egresses and keyds: another machine's, as something that forwards lays them here. */
  doors: Record<'intake' | 'egress' | 'keyd', string[]>
  ports: { demo: number; gateway: number; intake: number; processor: number; screen: number }
  /** Where keeper shows checkpoints and hashes of the audit logs; null is nowhere. */
  auditPort: number | null
  /** Key lines of the witnesses whose cosignatures keeper keeps. */
  auditWitnesses: string[]
  /** How browsers and agents reach them; behind a proxy these differ from host and port. */
  urls: { demo: string; gateway: string; capture: string; processor: string; screen: string }
  /** PEM files for HTTPS at the outer doors; null is plain HTTP, for a proxy in front or for one machine. */
  tls: { gateway: TlsFiles | null; intake: TlsFiles | null; screen: TlsFiles | null }
  /** CIDRs of the proxies whose X-Forwarded-For is believed. */
  trustProxy: string[]
  /** Where security.txt sends people: `mailto:…` or `https://…`; without it there is none. */
  securityContact: string | null
  /** Further origins that may embed the frame for the test tenant. */
  origins: string[]
  /** A Postgres of the operator's own instead of the embedded one: all five roles, or none. */
  databases: ExternalDatabases | null
  /** The key store as a URL; null is `file:` inside the home. */
  keys: string | null
  /** Where its passphrase or PIN is read: `file:/…` or `fd:N`; never the passphrase itself. */
  keysPassphrase: string | null
  anyPan: boolean
  /** True lets a test put 24 random bytes in the code's place; sandbox mode alone. */
  cvcCanary: boolean
  processorTimeoutMs: number
  /** Above it keyd opens no more cards for the rest of the minute. */
  opensPerMinuteMax: number
  /** How many cards may be tried. */
  cardLimits: CardLimits
  /** For a sandbox; live mode has them anyway. */
  cardBudgets: boolean
  /** The test tenant's name, as the card form shows it; the demo's without another. */
  business: string
  demo: boolean
  /** False makes the embedded Postgres not wait for the disk: for tests alone. */
  durable: boolean
  /** Each scrape collects all garbage first, so that the heap that it tells of is exact. */
  collectAtScrape: boolean
  /** The names of those that the environment has, whatever their value: live mode minds. */
  given: ReadonlySet<string>
  /** Names in the environment that look like ours and are none: a slip of the keyboard, which changes nothing. */
  unknown: readonly string[]
  /** What a supervised process sees of this environment. */
  environment: { PATH: string; NODE_ENV: string }
}

export type ExternalDatabases = Record<Role, string> & { owner: string | null; admin: string | null }

/** One row a setting: the README's table is checked against it. */
export const settingNames = [
  'SALLYPORT_HOME',
  'SALLYPORT_HOST',
  'SALLYPORT_OF_EACH',
  'SALLYPORT_<ROLE>_DOORS',
  'SALLYPORT_DEMO_PORT',
  'SALLYPORT_GATEWAY_PORT',
  'SALLYPORT_INTAKE_PORT',
  'SALLYPORT_PROCESSOR_PORT',
  'SALLYPORT_SCREEN_PORT',
  'SALLYPORT_AUDIT_PORT',
  'SALLYPORT_AUDIT_WITNESSES',
  'SALLYPORT_DEMO_URL',
  'SALLYPORT_GATEWAY_URL',
  'SALLYPORT_INTAKE_URL',
  'SALLYPORT_SCREEN_URL',
  'SALLYPORT_GATEWAY_TLS_CERT',
  'SALLYPORT_GATEWAY_TLS_KEY',
  'SALLYPORT_INTAKE_TLS_CERT',
  'SALLYPORT_INTAKE_TLS_KEY',
  'SALLYPORT_SCREEN_TLS_CERT',
  'SALLYPORT_SCREEN_TLS_KEY',
  'SALLYPORT_TRUST_PROXY',
  'SALLYPORT_SECURITY_CONTACT',
  'SALLYPORT_ORIGINS',
  'SALLYPORT_<ROLE>_DATABASE_URL',
  'SALLYPORT_KEYS',
  'SALLYPORT_KEYS_PASSPHRASE_FROM',
  'SALLYPORT_ANY_PAN',
  'SALLYPORT_CVC_CANARY',
  'SALLYPORT_PROCESSOR_TIMEOUT_MS',
  'SALLYPORT_OPENS_PER_MINUTE',
  'SALLYPORT_CARD_BUDGETS',
  'SALLYPORT_CARDS_PER_ADDRESS',
  'SALLYPORT_CARDS_PER_BIN',
  'SALLYPORT_CARDS_UNPROVEN',
  'SALLYPORT_BUSINESS',
  'SALLYPORT_DEMO',
  'SALLYPORT_DURABLE',
  'SALLYPORT_COLLECT_AT_SCRAPE',
] as const

/** `<ROLE>` stands for one word. `CONFIG` is what the supervisor tells a process, `CHROMIUM` is for the tests. */
const settingNamed = new RegExp(
  `^(${[...settingNames, 'SALLYPORT_CONFIG', 'SALLYPORT_CHROMIUM'].join('|').replaceAll('<ROLE>', '[A-Z]+')})$`,
)

type Environment = Record<string, string | undefined>

/** Throws an error whose message names the variable and the form it must have; never the value. */
export function readSettings(environment: Environment = process.env): Settings {
  const ports = {
    demo: port(environment, 'SALLYPORT_DEMO_PORT', 7400),
    gateway: port(environment, 'SALLYPORT_GATEWAY_PORT', 7401),
    intake: port(environment, 'SALLYPORT_INTAKE_PORT', 7402),
    processor: port(environment, 'SALLYPORT_PROCESSOR_PORT', 7403),
    screen: port(environment, 'SALLYPORT_SCREEN_PORT', 7404),
  }
  const auditPort =
    text(environment, 'SALLYPORT_AUDIT_PORT') === null ? null : port(environment, 'SALLYPORT_AUDIT_PORT', 0)
  const taken = [...Object.values(ports), ...(auditPort === null ? [] : [auditPort])]
  if (new Set(taken).size !== taken.length) throw new Error('two of the SALLYPORT_…_PORT settings name the same port')
  const tls = {
    gateway: tlsFiles(environment, 'GATEWAY'),
    intake: tlsFiles(environment, 'INTAKE'),
    screen: tlsFiles(environment, 'SCREEN'),
  }
  const scheme = (files: TlsFiles | null): string => (files === null ? 'http' : 'https')
  return {
    home: resolve(text(environment, 'SALLYPORT_HOME') ?? '.sallyport'),
    host: text(environment, 'SALLYPORT_HOST') ?? '127.0.0.1',
    ofEach: ofEach(environment),
    doors: {
      intake: doorFolders(environment, 'SALLYPORT_INTAKE_DOORS'),
      egress: doorFolders(environment, 'SALLYPORT_EGRESS_DOORS'),
      keyd: doorFolders(environment, 'SALLYPORT_KEYD_DOORS'),
    },
    ports,
    urls: {
      demo: origin(environment, 'SALLYPORT_DEMO_URL') ?? `http://shop.localhost:${ports.demo}`,
      gateway: origin(environment, 'SALLYPORT_GATEWAY_URL') ?? `${scheme(tls.gateway)}://127.0.0.1:${ports.gateway}`,
      capture:
        origin(environment, 'SALLYPORT_INTAKE_URL') ?? `${scheme(tls.intake)}://capture.localhost:${ports.intake}`,
      processor: `http://127.0.0.1:${ports.processor}`,
      screen: origin(environment, 'SALLYPORT_SCREEN_URL') ?? `${scheme(tls.screen)}://127.0.0.1:${ports.screen}`,
    },
    auditPort,
    auditWitnesses: witnesses(environment),
    tls,
    trustProxy: trustProxy(environment),
    securityContact: securityContact(environment),
    origins: origins(environment),
    databases: externalDatabases(environment),
    keys: text(environment, 'SALLYPORT_KEYS'),
    keysPassphrase: passphraseSource(environment),
    anyPan: flag(environment, 'SALLYPORT_ANY_PAN', false),
    cvcCanary: flag(environment, 'SALLYPORT_CVC_CANARY', false),
    processorTimeoutMs: milliseconds(environment, 'SALLYPORT_PROCESSOR_TIMEOUT_MS', 6_000),
    opensPerMinuteMax: count(environment, 'SALLYPORT_OPENS_PER_MINUTE', 600),
    cardLimits: {
      perAddress: count(environment, 'SALLYPORT_CARDS_PER_ADDRESS', cardLimits.perAddress),
      perBin: count(environment, 'SALLYPORT_CARDS_PER_BIN', cardLimits.perBin),
      unproven: count(environment, 'SALLYPORT_CARDS_UNPROVEN', cardLimits.unproven),
    },
    cardBudgets: flag(environment, 'SALLYPORT_CARD_BUDGETS', false),
    business: businessName(environment),
    demo: flag(environment, 'SALLYPORT_DEMO', true),
    durable: flag(environment, 'SALLYPORT_DURABLE', true),
    collectAtScrape: flag(environment, 'SALLYPORT_COLLECT_AT_SCRAPE', false),
    given: new Set(settingNames.filter((name) => text(environment, name) !== null)),
    unknown: Object.keys(environment).filter((name) => name.startsWith('SALLYPORT_') && !settingNamed.test(name)),
    environment: {
      PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      NODE_ENV: environment['NODE_ENV'] ?? 'production',
    },
  }
}

/** What `sallyport init` is asked for without an argument. */
export const defaultMode: Mode = 'sandbox'

const text = (environment: Environment, name: string): string | null => {
  const value = environment[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function port(environment: Environment, name: string, standard: number): number {
  const value = text(environment, name)
  if (value === null) return standard
  if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65_535) {
    throw new Error(`${name} must be a port number from 1 to 65535`)
  }
  return Number(value)
}

/** Somebody will put the passphrase itself here, so the value is not repeated. */
function passphraseSource(environment: Environment): string | null {
  const name = 'SALLYPORT_KEYS_PASSPHRASE_FROM'
  const value = text(environment, name)
  if (value !== null && !/^(file:\/[^\0]+|fd:\d{1,4})$/.test(value))
    throw new Error(
      `${name} must be file:/… (a file of mode 0600) or fd:… (an open file descriptor), not the passphrase itself`,
    )
  return value
}

function businessName(environment: Environment): string {
  const name = text(environment, 'SALLYPORT_BUSINESS') ?? 'Harbour Rooms'
  if (name.length > 80) throw new Error('SALLYPORT_BUSINESS must be at most 80 characters')
  return name
}

function milliseconds(environment: Environment, name: string, standard: number): number {
  const value = text(environment, name)
  if (value === null) return standard
  if (!/^\d{1,6}$/.test(value) || Number(value) < 100) throw new Error(`${name} must be milliseconds, 100 at least`)
  return Number(value)
}

function count(environment: Environment, name: string, standard: number): number {
  const value = text(environment, name)
  if (value === null) return standard
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${name} must be a whole number, 1 at least`)
  return Number(value)
}

function ofEach(environment: Environment): number {
  const value = text(environment, 'SALLYPORT_OF_EACH') ?? '1'
  if (!/^[1-9]$/.test(value)) throw new Error('SALLYPORT_OF_EACH must be a whole number from 1 to 9')
  return Number(value)
}

function doorFolders(environment: Environment, name: string): string[] {
  const list = text(environment, name)
  if (list === null) return []
  return list.split(',').map((part) => {
    // With `/keeper/door` behind it a Unix socket's path has 107 bytes at most.
    if (!/^\/[^\0]+$/.test(part.trim()) || Buffer.byteLength(part.trim()) > 92) {
      throw new Error(`${name} must be folders such as /run/far/keyd, absolute, at most 92 bytes, comma separated`)
    }
    return part.trim()
  })
}

function flag(environment: Environment, name: string, standard: boolean): boolean {
  const value = text(environment, name)
  if (value === null) return standard
  if (value !== '0' && value !== '1') throw new Error(`${name} must be 0 or 1`)
  return value === '1'
}

function parseOrigin(value: string): string | null {
  if (!URL.canParse(value)) return null
  const url = new URL(value)
  const web = url.protocol === 'http:' || url.protocol === 'https:'
  return web && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' ? url.origin : null
}

function origin(environment: Environment, name: string): string | null {
  const value = text(environment, name)
  if (value === null) return null
  const parsed = parseOrigin(value)
  if (parsed === null) throw new Error(`${name} must be an origin such as https://pay.example, without a path`)
  return parsed
}

function origins(environment: Environment): string[] {
  const list = text(environment, 'SALLYPORT_ORIGINS')
  if (list === null) return []
  return list.split(',').map((part) => {
    const parsed = parseOrigin(part.trim())
    if (parsed === null)
      throw new Error('SALLYPORT_ORIGINS must be origins such as https://shop.example, comma separated')
    return parsed
  })
}

/** Parsed where they are used, too; here so that a mistake is said at the start. */
function witnesses(environment: Environment): string[] {
  const list = text(environment, 'SALLYPORT_AUDIT_WITNESSES')
  if (list === null) return []
  return list.split(',').map((part) => {
    if (parseKeyLine(part)?.type !== 'cosignature')
      throw new Error(
        'SALLYPORT_AUDIT_WITNESSES must be keys of witnesses, one line each as `sallyport audit witness-key` prints them, comma separated',
      )
    return part.trim()
  })
}

function tlsFiles(environment: Environment, door: 'GATEWAY' | 'INTAKE' | 'SCREEN'): TlsFiles | null {
  const read = (part: 'CERT' | 'KEY'): string | null => {
    const name = `SALLYPORT_${door}_TLS_${part}`
    const path = text(environment, name)
    if (path !== null && !existsSync(path)) throw new Error(`${name} must be the path of a PEM file that is there`)
    return path === null ? null : resolve(path)
  }
  const cert = read('CERT')
  const key = read('KEY')
  if (cert === null && key === null) return null
  if (cert === null || key === null) {
    throw new Error(`SALLYPORT_${door}_TLS_CERT and SALLYPORT_${door}_TLS_KEY belong together; one of them is not set`)
  }
  return { cert, key }
}

/** Whoever is on this list says who the client is: so no names, and nothing that means everybody. */
function trustProxy(environment: Environment): string[] {
  const list = text(environment, 'SALLYPORT_TRUST_PROXY')
  if (list === null) return []
  return list.split(',').map((part) => {
    const [address = '', prefix, ...rest] = part.trim().split('/')
    const bits = isIP(address) === 6 ? 128 : 32
    const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits)
    if (isIP(address) === 0 || !fits || rest.length > 0) {
      throw new Error('SALLYPORT_TRUST_PROXY must be networks such as 10.0.0.0/8, comma separated, and not everybody')
    }
    return part.trim()
  })
}

function securityContact(environment: Environment): string | null {
  const value = text(environment, 'SALLYPORT_SECURITY_CONTACT')
  if (value !== null && !/^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s]+|tel:\+[\d-]+)$/.test(value)) {
    throw new Error('SALLYPORT_SECURITY_CONTACT must be a URI such as mailto:security@example.com')
  }
  return value
}

function externalDatabases(environment: Environment): ExternalDatabases | null {
  const read = (role: string): string | null => {
    const name = `SALLYPORT_${role.toUpperCase()}_DATABASE_URL`
    const value = text(environment, name)
    if (value !== null && !/^postgres(ql)?:\/\//.test(value)) throw new Error(`${name} must begin with postgres://`)
    return value
  }
  const given = Object.fromEntries(roles.map((role) => [role, read(role)]))
  const missing = roles.filter((role) => given[role] === null)
  if (missing.length === roles.length) return null
  if (missing.length > 0) {
    const names = missing.map((role) => `SALLYPORT_${role.toUpperCase()}_DATABASE_URL`).join(', ')
    throw new Error(`a Postgres of your own needs a URL for each of the five roles; not set: ${names}`)
  }
  // Sound: no role is missing.
  return { ...(given as Record<Role, string>), owner: read('owner'), admin: read('admin') }
}
