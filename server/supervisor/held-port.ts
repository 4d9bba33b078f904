/**
 * The port of an outer door, bound by the supervisor and lent to the process that serves it. While that process is
 * started again the port stays open: the kernel takes connections and keeps what they send until the next one serves
 * them, so that a restart refuses and resets nobody. It also lets a user without rights serve a port below 1024.
 */
import { lookup } from 'node:dns/promises'
import net, { isIP } from 'node:net'
import type { Listen } from '../config.ts'

export interface HeldPort {
  /** Of this process; a child gets it under `lentFd`. */
  readonly fd: number
  close(): void
}

/** Behind standard input, output, errors and the channel to the supervisor. */
export const lentFd = 4

/**
 * Node listens wherever it binds, but for this function, which its cluster module is made of: it binds alone. It is not
 * documented, and there in the Node that the project is pinned to; where it is missing a process binds for itself.
 */
interface Binds {
  _createServerHandle?: (address: string, port: number, family: 4 | 6) => HeldPort | number
}

/** One port for twins, held until the last of them lets go of it; the kernel gives each connection to one of them. */
export function sharedPort(listen: Listen): () => Promise<HeldPort | null> {
  let held: Promise<HeldPort | null> | null = null
  let takers = 0
  return async () => {
    takers += 1
    held ??= holdPort(listen)
    const port = await held
    if (port === null) return null
    return {
      fd: port.fd,
      close: () => {
        takers -= 1
        if (takers > 0) return
        port.close()
        held = null
      },
    }
  }
}

/** Rejects with a sentence where the port cannot be had; null where this Node cannot hold one. */
export async function holdPort({ host, port }: Listen): Promise<HeldPort | null> {
  const bind = (net as Binds)._createServerHandle
  if (bind === undefined) return null
  const address = isIP(host) === 0 ? (await lookup(host)).address : host
  const held = bind(address, port, isIP(address) === 6 ? 6 : 4)
  if (typeof held === 'number') throw new Error(`port ${port} of ${host} cannot be had`)
  return held
}
