/** Where programs are. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SetupError } from './say.mjs'

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return path !== ''
  } catch {
    return false
  }
}

/** The program that a variable names, null without one; a path to nothing is a mistake to be told of. */
export function namedBy(variable) {
  const path = process.env[variable]
  if (!path) return null
  if (isProgram(path)) return path
  throw new SetupError(`${variable} names ${path}, which is not a program; correct it or leave it out.`)
}

/** The first of these names that is a program on the path; null without one. */
export function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram) ?? null
}
