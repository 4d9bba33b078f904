/** The schema's files as they lie in `server/database/<database>/`, in the order in which they run: that of their names as text. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../root.ts'

export const databases = ['gateway', 'vault', 'keyd'] as const
export type Database = (typeof databases)[number]

const here = join(root, 'server', 'database')

export interface MigrationFile {
  name: string
  sql: string
  sha256: string
}

/**
 * A file that takes away what the processes of the version before still need is named so. It runs last of all, when none of
 * them is left; the others run while they serve.
 */
export const isNarrowing = (name: string): boolean => name.endsWith('.narrow.sql')

export async function migrationNames(database: Database, folder = here): Promise<string[]> {
  const names = await readdir(join(folder, database)).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => name.endsWith('.sql')).sort()
}

export async function migrationFiles(database: Database, folder = here): Promise<MigrationFile[]> {
  const names = await migrationNames(database, folder)
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, database, name), 'utf8')
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
