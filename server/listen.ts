import type { Server } from 'node:http'
import type { Listen } from './config.ts'

/** Serves at the port that the supervisor holds, or, where nobody holds one, at a port of its own. */
export function listenOn(server: Server, { host, port, fd }: Listen): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const done = (): void => {
      server.off('error', reject)
      resolve()
    }
    if (fd === undefined) server.listen(port, host, done)
    else server.listen({ fd }, done)
  })
}
