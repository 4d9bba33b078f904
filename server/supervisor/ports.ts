import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Port {
  port: number
  /** The setting that names it. */
  setting: string
}

/** Throws a sentence that names the setting when a port is not free, after some patience. */
export async function untilFree(host: string, ports: readonly Port[], patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (const { port, setting } of ports) {
    for (;;) {
      const code = await tryListen(host, port)
      if (code === null) break
      if (code !== 'EADDRINUSE')
        throw new Error(`cannot listen on ${host}:${port} (${code}); set ${setting}, or SALLYPORT_HOST`)
      if (Date.now() > deadline) {
        throw new Error(`port ${port} is taken by another program; end it, or set ${setting} to a free port`)
      }
      await delay(100)
    }
  }
}

function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}
