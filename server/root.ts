import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The project's folder, from a source or from a built file: the next one upwards that is a package. */
export const root: string = ((from: string): string => {
  let folder = from
  while (!isThere(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
})(import.meta.dirname)

/** A process behind its walls may not ask for what it may not see: between the built files and the project's own folder. */
function isThere(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}

/** What was built of a program (`npm start` and `npm test` build before anything else), or its source. */
export function builtOr(name: string, source: string): string {
  const built = join(root, 'dist', 'processes', `${name}.js`)
  return existsSync(built) ? built : join(root, source)
}
