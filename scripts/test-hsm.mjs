/**
 * `npm run test:hsm`: the key store of an HSM on SoftHSM2, and a deployment with it. Compiles the binding in hsm/ when its
 * lock file has changed, and as root on Debian installs SoftHSM2 where it is missing; without either it fails and says so.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { aptInstall, mayInstall } from './apt.mjs'
import { pinnedNode } from './install.mjs'
import { root } from './root.mjs'
import { runForeground } from './run.mjs'
import { giveUp, SetupError, say } from './say.mjs'
import { setUp } from './setup.mjs'

const library = process.env.SALLYPORT_SOFTHSM ?? '/usr/lib/softhsm/libsofthsm2.so'
const tool = process.env.SALLYPORT_SOFTHSM_UTIL ?? '/usr/bin/softhsm2-util'
const there = () => existsSync(library) && existsSync(tool)

try {
  await setUp()
  if (!there() && mayInstall()) {
    say('Installing the Debian package softhsm2')
    await aptInstall(['softhsm2'])
  }
  if (!there())
    throw new SetupError(
      'SoftHSM2 is missing, and no test was run. Install it, and set SALLYPORT_SOFTHSM (its libsofthsm2.so) and SALLYPORT_SOFTHSM_UTIL if they lie elsewhere.',
    )
  await compileBinding()
  const env = { ...process.env, SALLYPORT_HSM_TESTS: '1', SALLYPORT_SOFTHSM: library, SALLYPORT_SOFTHSM_UTIL: tool }
  const files = ['server/keys/pkcs11.test.ts', 'server/keys/hsm-deployment.test.ts']
  const args = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...files]
  process.exitCode = await runForeground(pinnedNode, args, { cwd: root, env })
} catch (error) {
  giveUp(error)
}

async function compileBinding() {
  const folder = join(root, 'hsm')
  const stamp = join(folder, 'node_modules', '.sallyport-installed')
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  say('Compiling the PKCS#11 binding in hsm/ (it needs a C++ compiler)')
  // For the Node that runs it.
  const env = { ...process.env, PATH: `${dirname(pinnedNode)}:${process.env.PATH}` }
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  if ((await runForeground('npm', args, { cwd: folder, env })) !== 0)
    throw new SetupError('The PKCS#11 binding was not compiled (the words of npm are above), and no test was run.')
  writeFileSync(stamp, lock)
}
