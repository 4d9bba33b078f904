import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import express, { type ErrorRequestHandler } from 'express'
import { httpLimits, limitServer, outerServerOptions } from '../../server/http-limits.ts'
import { jsonBody } from '../../server/json-body.ts'
import { api } from './api.ts'
import type { DemoConfig } from './config.ts'
import { Conversations } from './conversations.ts'
import { pageHeaders, servePage, WidgetTag } from './page.ts'
import { codeOf, problem, refuse } from './refuse.ts'
import { themingForms } from './theming-forms.ts'

const pages = { '/': 'index.html', '/theming': 'theming.html' }

/** The shop: its page, its chat and its agent, in one process that knows Sallyport by two public keys and one secret one. */
export async function startDemo(config: DemoConfig): Promise<{ close(): Promise<void> }> {
  const pageDir = config.page_dir ?? fileURLToPath(new URL('../../dist/demo/', import.meta.url))
  const conversations = new Conversations({
    gatewayUrl: config.gateway_url,
    secretKey: config.secret_key,
    pause: (ms) => wait(ms),
  })

  const app = express()
  app.disable('x-powered-by')
  app.use(pageHeaders(config))
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' })
  })
  // The card form may stand on the shop's own origin alone: whoever comes by another name of this machine is led there.
  const { host, origin } = new URL(config.public_url)
  app.get(Object.keys(pages), (req, res, next) => {
    if (req.headers.host === host || !req.accepts('html')) return next()
    res.redirect(307, `${origin}${req.path}`)
  })
  app.post(
    '/api/theming-form',
    jsonBody(httpLimits.demoBodyBytesMax),
    themingForms({ gatewayUrl: config.gateway_url, secretKey: config.secret_key }),
  )
  app.use('/api', api(conversations, config.public_url.startsWith('https:')))
  const widget = new WidgetTag(config)
  for (const [path, file] of Object.entries(pages)) app.get(path, servePage(config, join(pageDir, file), widget))
  app.use(express.static(pageDir, { index: false, redirect: false, maxAge: '1h', immutable: true }))
  app.use((_req, res) => refuse(res, 'not_found'))
  const failed: ErrorRequestHandler = (error, _req, res, next) => {
    if (res.headersSent) return next(error)
    refuse(res, codeOf(error))
  }
  app.use(failed)

  const server = createServer(outerServerOptions, app)
  limitServer(server, { body: (error, requestId) => problem(codeOf(error), requestId) })
  server.listen(config.port, config.host ?? '127.0.0.1')
  await once(server, 'listening')
  return {
    async close() {
      conversations.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections() // the event streams never end by themselves
      await closed
    },
  }
}
