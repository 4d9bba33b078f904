/**
 * `sallyport screen`: one process, started where the chat is, on this machine or on one without a deployment. Its home
 * needs no more than a folder for its configuration and its log. It is walled as the roles are: Node's permission model
 * with the code and its own configuration, no program, and for root a user of its own.
 */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isLoopback } from '../../protocol/loopback.ts'
import type { ScreenConfig } from '../config.ts'
import { giveToRead, openForPassing, privateFolder, writePrivate } from '../private-files.ts'
import { screenEntry } from '../process-entries.ts'
import { screenUser, whyNoUsers } from '../process-users.ts'
import { builtOr, root } from '../root.ts'
import type { Settings } from '../settings.ts'
import { type ProcessSpec, supervise } from './child.ts'
import { lentFd } from './held-port.ts'
import { identify } from './identity.ts'
import { assertFileReadable, code } from './walls.ts'

type ScreenSettings = Pick<Settings, 'home' | 'host' | 'ports' | 'urls' | 'tls' | 'trustProxy' | 'environment'>

export const screenConfigFile = (home: string): string => join(home, 'config', 'screen.json')
/** Which process it is, for the doctor. */
export const screenPidFile = (home: string): string => join(home, 'screen.pid')

/** Nothing in it opens anything: an address to listen on, and one to tell findings to. */
export const screenConfig = ({ host, ports, urls, tls, trustProxy }: ScreenSettings): ScreenConfig => ({
  role: 'screen',
  listen: { host, port: ports.screen, fd: lentFd },
  public_url: urls.screen,
  gateway_url: urls.gateway,
  ...(tls.screen === null ? {} : { tls: tls.screen }),
  trust_proxy: trustProxy,
})

/** Null where it can have a user of its own; else why not. */
export const whyNoScreenUser = (home: string, self = process.getuid?.()): string | null =>
  whyNoUsers([dirname(home), process.execPath, join(root, screenEntry.screen), join(root, 'node_modules')], self)

/** Lays its folders and its configuration, and says how it is to be started. */
export function screenSpec(settings: ScreenSettings): ProcessSpec {
  const { home, tls, urls, environment } = settings
  const gateway = new URL(urls.gateway)
  if (gateway.protocol !== 'https:' && !isLoopback(gateway.hostname))
    throw new Error('SALLYPORT_GATEWAY_URL must be https: callers’ secret keys go there')
  const config = screenConfigFile(home)
  for (const folder of [home, join(home, 'config'), join(home, 'logs')]) privateFolder(folder)
  const content = screenConfig(settings)
  writePrivate(config, content)
  const files = tls.screen === null ? [] : [tls.screen.cert, tls.screen.key]
  const hasUser = whyNoScreenUser(home) === null
  if (hasUser) {
    openForPassing(home)
    openForPassing(join(home, 'config'))
    giveToRead(config, screenUser)
    for (const path of files) assertFileReadable(path, 'screen', screenUser)
  }
  return {
    name: 'screen',
    entry: builtOr('screen', screenEntry.screen),
    environment,
    config,
    files: { read: [...code, ...files], write: [] },
    ...(hasUser ? { user: screenUser } : {}),
    listen: content.listen,
    log: join(home, 'logs', 'screen.log'),
  }
}

export interface RunningScreenProcess {
  readonly pid: number | null
  stop(): Promise<void>
}

/** Fulfils when it serves. It is started again when it dies. */
export async function superviseScreen(
  settings: ScreenSettings,
  say: (line: string) => void,
): Promise<RunningScreenProcess> {
  const pidFile = screenPidFile(settings.home)
  const supervised = supervise(screenSpec(settings), say, () => {
    const identity = supervised.pid === null ? null : identify(supervised.pid)
    if (identity !== null) writePrivate(pidFile, identity)
  })
  const stop = async (): Promise<void> => {
    await supervised.stop(graceMs)
    rmSync(pidFile, { force: true })
  }
  try {
    await supervised.start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get pid() {
      return supervised.pid
    },
    stop,
  }
}

/** Answers that are under way, and findings that are on their way to the gateway. */
const graceMs = 4_000
