/** SoftHSM2 for tests: a folder of its own with tokens of its own, by its own tool. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../root.ts'

const module = process.env['SALLYPORT_SOFTHSM'] ?? '/usr/lib/softhsm/libsofthsm2.so'
const tool = process.env['SALLYPORT_SOFTHSM_UTIL'] ?? '/usr/bin/softhsm2-util'

export const hasBinding = existsSync(join(root, 'hsm', 'node_modules', 'pkcs11js'))

/** Whether the tests on it are left out, and the words that say so; where SALLYPORT_HSM_TESTS=1 asks for them they fail instead. */
export function softHsmAbsent(): { skipped: boolean; why: string } {
  const absent = [
    ...(existsSync(module) && existsSync(tool) ? [] : ['SoftHSM2']),
    ...(hasBinding ? [] : ['hsm/node_modules/pkcs11js']),
  ]
  const skipped = absent.length > 0 && process.env['SALLYPORT_HSM_TESTS'] !== '1'
  return { skipped, why: skipped ? ` (skipped: no ${absent.join(', no ')}; \`npm run test:hsm\` installs both)` : '' }
}

export interface SoftHsm {
  pin: string
  /** The URL of a new, empty token. A process sees those that were made before it loaded the module. */
  newToken(label: string): string
}

export function softHsm(folder: string): SoftHsm {
  const pin = '926408'
  const conf = join(folder, 'softhsm2.conf')
  mkdirSync(join(folder, 'tokens'), { recursive: true })
  writeFileSync(
    conf,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  return {
    pin,
    newToken: (label) => {
      const args = [
        '--module',
        module,
        '--init-token',
        '--free',
        '--label',
        label,
        '--pin',
        pin,
        '--so-pin',
        '12345678',
      ]
      const made = spawnSync(tool, args, { env: { SOFTHSM2_CONF: conf }, encoding: 'utf8' })
      if (made.status !== 0) throw new Error(`no token was made: ${made.stderr}`)
      return `pkcs11:token=${label}?module-path=${module}&x-env-SOFTHSM2_CONF=${conf}`
    },
  }
}
