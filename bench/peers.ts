import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The peers' packages, at the versions and hashes of bench/peers/package-lock.json. Installed on demand, since nobody
 * else needs their 170 MB; none of their scripts runs.
 */
export async function peersFolder(): Promise<string> {
  const folder = join(import.meta.dirname, 'peers')
  const stamp = join(folder, 'node_modules', '.sallyport-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder
  console.log('Installing the peers to compare with (once, a minute or two)')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  writeFileSync(stamp, wanted)
  return folder
}
