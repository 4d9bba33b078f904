/**
 * The embedded Postgres: a real server from a package, spawned directly. It listens on a Unix socket alone, asks every
 * role for a SCRAM password, and keeps its data where the home is.
 *
 * What must hold:
 * 1. A killed parent leaves the server running; the next start stops it first, cleanly where it can be.
 * 2. As root it runs as another user, who may enter its own folders and nothing else of the home; its socket is then
 *    open to the users of the processes, each of which has a password.
 * 3. A crash at any moment of the first start leaves nothing half made that the next start would trust.
 * 4. Failed statements do not put their values into the log.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type Binaries, findBinaries } from './binaries.ts'
import { openForPassing } from '../private-files.ts'
import { runFolder } from './run-folder.ts'
import { canReach, databaseUser, type SystemUser } from './system-user.ts'

export const superuser = 'sallyport_super'

export interface EmbeddedOptions {
  /** The deployment's home, already there and ours alone. */
  home: string
  /** Names the folder outside the home where the database's user cannot reach into it. */
  deployment: string
  superPassword: string
  /** False in tests alone: the server does not wait for the disk. */
  durable: boolean
  /** True where the server is to outlive this process, and `stopLeftover` ends it. */
  outlive?: boolean
  /** Another data folder of this home, which is there: a restore's. Its server has a socket that nobody else knows. */
  beside?: string
  /** How long a server that was left behind may take to stop cleanly before it is stopped at once. */
  cleanStopSeconds?: number
  /** Ends a start that is under way; it rejects, and leaves nothing half made. */
  signal?: AbortSignal
  say(line: string): void
}

export interface EmbeddedPostgres {
  /** A URL for this user; the socket's folder is in it. */
  url(user: string, password: string, database: string): string
  /** Fulfils with a sentence when the server ends by itself or by `stop`. */
  ended: Promise<string>
  stop(): Promise<void>
}

interface Place {
  folder: string
  data: string
  socket: string
  log: string
  user: SystemUser | null
  binaries: Binaries
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = findPlace(options)
  await stopLeftover(place, options)
  if (!existsSync(place.data)) {
    if (options.beside !== undefined || existsSync(join(place.folder, restoredData)))
      throw new Error(
        'a restore was cut short as it put the new database into its place; run `sallyport restore` once more with the same backup',
      )
    await createCluster(place, options)
  }
  const child = launch(place, options)
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
    child.once('error', () => resolve('could not be started'))
  })
  const url = urlsAt(place.socket)
  try {
    await untilReady(url(superuser, options.superPassword, 'postgres'), ended, place.log, options.signal)
  } catch (error) {
    if (options.signal?.aborted) await stopChild(child, ended)
    throw error
  }
  if (options.outlive === true) child.unref()
  return { url, ended, stop: () => stopChild(child, ended) }
}

const urlsAt =
  (socket: string) =>
  (user: string, password: string, database: string): string =>
    `postgres://${user}:${password}@localhost:5432/${database}?host=${encodeURIComponent(socket)}`

/** The way to the server of this home, whether one runs there or not. */
export const embeddedUrls = (options: Pick<EmbeddedOptions, 'home' | 'deployment' | 'say'>) =>
  urlsAt(findPlace(options).socket)

/** What a restore puts into the place of `data`, and until then beside it. */
export const restoredData = 'data.restored'

/** Where data folders of this home lie, and whose they have to be. */
export function dataFolders(options: Pick<EmbeddedOptions, 'home' | 'deployment' | 'say'>): {
  folder: string
  user: SystemUser | null
} {
  const { folder, user } = findPlace(options)
  return { folder, user }
}

/** Where data and log are, or will be. */
export const embeddedFolder = (options: Pick<EmbeddedOptions, 'home' | 'deployment' | 'say'>): string =>
  findPlace(options).folder

/** Stops the server of this home that a killed process left behind, if there is one. */
export async function stopEmbedded(options: Pick<EmbeddedOptions, 'home' | 'deployment' | 'say'>): Promise<void> {
  await stopLeftover(findPlace(options), options)
}

/**
 * Where data, socket and log are. As root the database's user must get through to them: the home is opened for passing
 * through, not for listing; below a folder that is closed to it (a home under /root) the data
 * go to /var/lib/sallyport instead.
 */
function findPlace(options: Pick<EmbeddedOptions, 'home' | 'deployment' | 'say' | 'beside'>): Place {
  const user = databaseUser()
  let folder = join(options.home, 'postgres')
  const run = runFolder(options.home)
  if (user !== null) {
    if (canReach(dirname(options.home), user)) {
      openForPassing(options.home)
    } else {
      folder = join('/var/lib/sallyport', options.deployment)
      if (!existsSync(folder))
        options.say(`The user ${user.name} cannot enter ${options.home}, so the database is kept in ${folder}`)
      mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
    }
    if (canReach(dirname(run), user)) openForPassing(run)
  }
  const named = options.beside === undefined ? 'postgres' : 'beside'
  const socket = user !== null && !canReach(run, user) ? join(folder, `run-${named}`) : join(run, named)
  const log = join(folder, 'log')
  for (const path of [folder, log, socket]) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (user !== null) chownSync(path, user.uid, user.gid)
  }
  if (user !== null) chmodSync(socket, 0o711)
  return {
    folder,
    data: join(folder, options.beside ?? 'data'),
    socket,
    log,
    user,
    binaries: findBinaries(user, folder, options.say),
  }
}

/** What the server and its tools see of our environment: nothing but a language and a clock. */
const environment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }

const asUser = (place: Place): { cwd: string; env: Record<string, string>; uid?: number; gid?: number } => ({
  cwd: place.folder,
  env: environment,
  ...(place.user === null ? {} : { uid: place.user.uid, gid: place.user.gid }),
})

async function createCluster(place: Place, options: EmbeddedOptions): Promise<void> {
  const half = join(place.folder, 'data.new')
  const passwordFile = join(place.folder, 'password.new')
  rmSync(half, { recursive: true, force: true })
  rmSync(passwordFile, { force: true })
  try {
    writeFileSync(passwordFile, `${options.superPassword}\n`, { mode: 0o600, flag: 'wx' })
    if (place.user !== null) chownSync(passwordFile, place.user.uid, place.user.gid)
    const args = [
      ...['-D', half, '-U', superuser, '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-locale', '--no-instructions'],
      ...(options.durable ? [] : ['--no-sync']),
    ]
    const { failed, words } = await runToEnd(place.binaries.initdb, args, asUser(place), options.signal)
    if (options.signal?.aborted) {
      rmSync(half, { recursive: true, force: true })
      throw new Error('the embedded Postgres was stopped while it was made')
    }
    if (failed) {
      const why = (words || 'no output').trim().split('\n').slice(-2).join(' ')
      throw new Error(`the embedded Postgres could not create its data folder: ${why}`)
    }
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(half, place.data)
}

/** Not `spawnSync`: whoever wants to stop meanwhile must be heard. `signal` kills it. */
function runToEnd(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  signal?: AbortSignal,
): Promise<{ failed: boolean; words: string }> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  if (signal?.aborted) kill()
  let words = ''
  child.stderr?.on('data', (chunk) => (words += chunk))
  return new Promise<{ failed: boolean; words: string }>((resolve) => {
    child.once('error', (error) => resolve({ failed: true, words: error.message }))
    child.once('close', (code) => resolve({ failed: code !== 0, words }))
  }).finally(() => signal?.removeEventListener('abort', kill))
}

function launch(place: Place, options: EmbeddedOptions): ChildProcess {
  const settings: Record<string, string> = {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: place.socket,
    unix_socket_permissions: place.user === null ? '0700' : '0777',
    max_connections: '200',
    shared_buffers: '64MB',
    timezone: 'UTC',
    idle_in_transaction_session_timeout: '60s',
    log_min_messages: 'warning',
    // Requirement 4: neither the statement nor the row it failed on.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(join(place.log, 'postgres.log'), 'a', 0o600)
  try {
    return spawn(place.binaries.postgres, ['-D', place.data, ...flags], {
      ...asUser(place),
      // A group of its own: Ctrl-C in the terminal reaches the supervisor, which stops the server in its turn.
      detached: true,
      stdio: ['ignore', log, log],
    })
  } finally {
    closeSync(log)
  }
}

async function untilReady(
  url: string,
  ended: Promise<string>,
  log: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let end: string | null = null
  void ended.then((how) => {
    end = how
  })
  const deadline = Date.now() + 60_000
  for (;;) {
    if (signal?.aborted) throw new Error('the embedded Postgres was stopped while it started')
    if (end !== null) throw new Error(`the embedded Postgres ended while it started (${end}); its log is in ${log}`)
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (cause) {
      await client.end().catch(() => undefined)
      if (isPasswordFailure(cause))
        throw new Error('the embedded Postgres does not take its own password; was the home mixed with another?')
      if (Date.now() > deadline)
        throw new Error(`the embedded Postgres was not ready in a minute; its log is in ${log}`, { cause })
    }
    await delay(25)
  }
}

const isPasswordFailure = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '28P01' || error.code === '28000')

async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGINT') // fast: running transactions are rolled back
  const how = await Promise.race([ended, delay(2_000).then(() => null)])
  if (how !== null) return
  child.kill('SIGQUIT') // immediate: the next start recovers from the log
  await Promise.race([ended, delay(1_000)])
}

/**
 * The pid in `postmaster.pid` may be a live server, a dead one, or by now somebody else's. A session that hangs, or a disk that
 * is slow to take a checkpoint, holds up a clean stop; without one, the next start recovers from the log.
 */
async function stopLeftover(
  place: Place,
  { cleanStopSeconds = 15, say }: Pick<EmbeddedOptions, 'cleanStopSeconds' | 'say'>,
): Promise<void> {
  const file = join(place.data, 'postmaster.pid')
  const stop = (mode: 'fast' | 'immediate', seconds: number): ReturnType<typeof runToEnd> =>
    runToEnd(place.binaries.pgCtl, ['stop', '-D', place.data, '-m', mode, '-w', '-t', `${seconds}`], asUser(place))
  if (existsSync(file)) {
    if (isServer(pidIn(file))) {
      const { failed } = await stop('fast', cleanStopSeconds)
      if (failed) {
        say('the Postgres of an earlier start does not stop cleanly; it is stopped at once, and recovers from its log')
        await stop('immediate', 20)
      }
      await untilGone(file)
    }
    rmSync(file, { force: true })
  }
  for (const name of readdirSync(place.socket)) rmSync(join(place.socket, name), { force: true })
}

const pidIn = (file: string): number => Number(readFileSync(file, 'utf8').split('\n')[0])

async function untilGone(file: string): Promise<void> {
  const deadline = Date.now() + 5_000
  while (existsSync(file)) {
    const pid = pidIn(file)
    if (!isServer(pid)) return
    if (Date.now() > deadline)
      throw new Error(`the Postgres of an earlier start does not stop; end process ${pid}, and start again`)
    await delay(50)
  }
}

/** A live process that is a Postgres, and not a zombie (which signal 0 takes for alive) or a reused number. */
function isServer(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.includes('(postgres)') && !/\) Z /.test(stat)
  } catch {
    return true // no /proc here: pg_ctl decides
  }
}
