import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import express, { type ErrorRequestHandler } from 'express'
import { api } from './api.ts'
import type { DemoConfig } from './config.ts'
import { Conversations } from './conversations.ts'
import { pageHeaders, servePage } from './page.ts'

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
  app.use('/api', api(conversations, config.public_url.startsWith('https:')))
  app.get('/', servePage(config, pageDir))
  app.use(express.static(pageDir, { index: false, maxAge: '1h', immutable: true }))
  app.use((_req, res) => {
    res.status(404).type('text').send('There is nothing here. The shop is at /')
  })
  const failed: ErrorRequestHandler = (error, _req, res, next) => {
    if (res.headersSent) return next(error)
    const status = typeof error?.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : 500
    res.status(status).json({ code: status === 500 ? 'internal' : 'malformed' })
  }
  app.use(failed)

  const server = app.listen(config.port, config.host ?? '127.0.0.1')
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
