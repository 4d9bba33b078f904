/** One line and one count for each request of an outer door: the route's pattern, never its path. */
import { isIPv4, isIPv6 } from 'node:net'
import type { Express, RequestHandler } from 'express'
import type { Log } from './log.ts'
import type { CountRequest } from './metrics/requests.ts'
import { requestIdOf } from './problem.ts'

export function accessLog(log: Log, count: CountRequest): RequestHandler {
  return (request, response, next) => {
    const began = performance.now()
    response.once('close', () => {
      const path: unknown = request.route?.path
      const route = typeof path === 'string' ? path : null
      const tenant: unknown = response.locals['caller']?.tenant
      const code: unknown = response.locals['code']
      const ms = Math.round(performance.now() - began)
      const { method } = request
      const status = response.statusCode
      count({ route: `${method} ${route}`, status, code: typeof code === 'string' ? code : 'ok', ms })
      log.info({
        event: 'request.answered',
        request_id: requestIdOf(response),
        method,
        route,
        status,
        ms,
        client: networkOf(request.ip),
        ...(typeof tenant === 'string' ? { tenant } : {}),
      })
    })
    next()
  }
}

/**
 * Enough to tell one attacker's network from another's, and not a person's address: the first 24 bits of an IPv4
 * address, the first 48 of an IPv6 one. Whose address it is, the setting for trusted proxies decides.
 */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIPv4(plain)) return plain.split('.').slice(0, 3).join('.')
  if (!isIPv6(plain)) return undefined
  const [head = ''] = plain.split('::')
  return head.split(':').slice(0, 3).join(':')
}

/** `GET /f/:key`, for the metrics' list of routes. */
export function routesOf(app: Express): string[] {
  return app.router.stack.flatMap(({ route }) => {
    if (route === undefined) return []
    const { methods } = route as unknown as { methods: Record<string, boolean> } // express's types leave it out
    return Object.keys(methods).map((method) => `${method.toUpperCase()} ${route.path}`)
  })
}
