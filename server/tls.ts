/**
 * The server of an outer door: plain HTTP behind a proxy that terminates TLS, or HTTPS with a certificate of one's own.
 * Whoever terminates TLS for the capture origin sees sealed bytes and the page itself, and is in the CDE.
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { outerServerOptions } from './http-limits.ts'
import type { Log } from './log.ts'

/** Paths of PEM files: the chain, leaf first, and its private key. */
export interface TlsFiles {
  cert: string
  key: string
}

/** Throws where the files cannot be read or do not belong together. SIGHUP reads them again, for new connections. */
export function outerServer(
  listener: RequestListener,
  tls: TlsFiles | undefined,
  log: Log,
  options: ServerOptions = outerServerOptions,
): Server {
  if (tls === undefined) return knowingCallers(createServer(options, listener))
  const read = () => ({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) })
  // RFC 9325 §3.1.1: nothing below 1.2. Ciphers are those of the pinned Node, which has no weak ones left.
  const server = createSecureServer({ ...options, ...read(), minVersion: 'TLSv1.2' }, listener)
  const reload = (): void => {
    try {
      setContext(server, read())
      log.info({ event: 'tls.reloaded' })
    } catch (error) {
      // The old certificate goes on: a bad file must not end the door.
      log.error({ event: 'tls.reload_failed', error })
    }
  }
  process.on('SIGHUP', reload)
  server.once('close', () => process.off('SIGHUP', reload))
  return server
}

/**
 * Whence a connection comes is asked of the kernel as it begins, and kept by its socket: once it was reset nobody can say, and
 * whoever writes a request and resets would have no address to be counted under. A TLS socket asks anew, and has none then:
 * these have one budget together (`card-budgets.ts`).
 */
function knowingCallers(server: Server): Server {
  return server.on('connection', (socket: Socket) => void socket.remoteAddress)
}

const setContext = (server: SecureServer, files: { cert: Buffer; key: Buffer }): void =>
  server.setSecureContext({ ...files, minVersion: 'TLSv1.2' })
