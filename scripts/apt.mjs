/** Packages of Debian, where we may install them. */
import { existsSync, readFileSync } from 'node:fs'
import { runEither } from './run.mjs'

const isDebian = () =>
  existsSync('/etc/os-release') && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))

export const mayInstall = () => process.getuid?.() === 0 && isDebian()

/** Whether apt-get installed them; what it says is shown, but for one that is done beside other work. */
export async function aptInstall(packages, { quietly = false } = {}) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = async (args) => (await runEither(quietly, 'apt-get', args, { env })).code
  if ((await run(['update', '-qq'])) !== 0) return false
  return (await run(['install', '-y', '-qq', '--no-install-recommends', ...packages])) === 0
}
