import { type Stack, startStack } from '../server/testing/stack.ts'

/** What the tests are told about the one deployment of the run; see stack.ts. */
export const stackVariable = 'SALLYPORT_E2E_STACK'

/** Starts one deployment for the whole run; the tests find it by the environment that workers inherit. */
export default async function setup(): Promise<() => Promise<void>> {
  const stack: Stack = await startStack({ env: { SALLYPORT_PROCESSOR_TIMEOUT_MS: '2000' } })
  const { home, urls, direct, tenant } = stack
  process.env[stackVariable] = JSON.stringify({ home, urls, direct, tenant })
  return () => stack.stop()
}
