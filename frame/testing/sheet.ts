import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

/** What frame.css and the sheets that it imports say, as the build runs them together. */
export const frameSheet: string = read('frame.css').replaceAll(/@import "(.+)";/g, (_, path: string) => read(path))
