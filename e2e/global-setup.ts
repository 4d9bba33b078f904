import { freePorts } from '../server/testing/free-ports.ts'
import { type Stack, startStack } from '../server/testing/stack.ts'

/** What the tests are told about the one deployment of the run; see stack.ts. */
export const stackVariable = 'SALLYPORT_E2E_STACK'

/** One port for each of Playwright's workers (playwright.config.ts), for pages of a test's own on allowed origins. */
const workersMax = 6

/** Specs that bring their own doors: a run of these alone needs no deployment. */
const standAlone = /^(e2e\/)?(capture|typed-cards|composer)/

/** Starts one deployment for the whole run; the tests find it by the environment that workers inherit. */
export default async function setup(): Promise<() => Promise<void>> {
  const named = process.argv.filter((word) => word.startsWith('e2e/'))
  if (named.length > 0 && named.every((word) => standAlone.test(word))) return () => Promise.resolve()
  const hostPorts = await freePorts(workersMax)
  // A shop, and a portal that shows the shop's chat in a frame of its own.
  const origins = hostPorts.flatMap((port) => [`http://shop.localhost:${port}`, `http://portal.localhost:${port}`])
  const stack: Stack = await startStack({
    env: { SALLYPORT_PROCESSOR_TIMEOUT_MS: '2000', SALLYPORT_ORIGINS: origins.join(',') },
  })
  const { home, urls, direct, tenant } = stack
  process.env[stackVariable] = JSON.stringify({ home, urls, direct, tenant, hostPorts })
  return () => stack.stop()
}
