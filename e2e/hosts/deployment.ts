/** One deployment for the pages of examples/, and beside it their shop, as a customer runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePorts } from '../../server/testing/free-ports.ts'
import { startStack } from '../../server/testing/stack.ts'

/** Tests find by it what they need to know. */
export const hostsVariable = 'SALLYPORT_E2E_HOSTS'
export interface Hosts {
  /** Where the pages are. */
  shop: string
  capture: string
  gateway: string
  secretKey: string
}

export default async function setup(): Promise<() => Promise<void>> {
  const [port = 0] = await freePorts(1)
  const shop = `http://chat.localhost:${port}`
  const stack = await startStack({ env: { SALLYPORT_ORIGINS: shop, SALLYPORT_DEMO: '0' } })
  const { urls, tenant } = stack
  const server = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'examples', 'shop', 'main.ts')], {
    env: {
      SHOP_PORT: String(port),
      SHOP_GATEWAY: urls.gateway,
      SHOP_CAPTURE_ORIGIN: urls.capture,
      SHOP_PUBLISHABLE_KEY: tenant.publishable_key,
      SHOP_SECRET_KEY: tenant.secret_key,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await isServing(server)
  const hosts: Hosts = { shop, capture: urls.capture, gateway: urls.gateway, secretKey: tenant.secret_key }
  process.env[hostsVariable] = JSON.stringify(hosts)
  return async () => {
    server.kill()
    await stack.stop()
  }
}

async function isServing(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit').then(() => Promise.reject(new Error('the shop of the examples did not start')))
  ended.catch(() => {})
  if (server.stdout === null) throw new Error('the shop prints to nobody')
  await Promise.race([once(server.stdout, 'data'), ended])
}
