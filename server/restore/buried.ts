/**
 * The second place for tombstones: keeper adds each token that it had buried to a file beside its trees, apart from the
 * databases, so that what was erased stays erased where all of them are lost. Ids of tokens alone, which say nothing.
 */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { tokenPattern } from '../../protocol/ids.ts'

export interface BuriedToken {
  token: string
  tenant: string
}

const file = (folder: string): string => join(folder, 'tombstones')

/** Durable when it returns. The same token may stand there twice. */
export function rememberBuried(folder: string, { token, tenant }: BuriedToken): void {
  const { O_APPEND, O_CREAT, O_SYNC, O_WRONLY } = constants
  const out = openSync(file(folder), O_APPEND | O_CREAT | O_SYNC | O_WRONLY, 0o600)
  try {
    writeSync(out, `${token} ${tenant}\n`)
  } finally {
    closeSync(out)
  }
}

/** None where there is no file. A line that a crash cut off is passed over: its token is buried again. */
export function readBuried(folder: string): BuriedToken[] {
  let text: string
  try {
    text = readFileSync(file(folder), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  const found = new Map<string, BuriedToken>()
  for (const line of text.split('\n')) {
    const [token = '', tenant = ''] = line.split(' ')
    if (tokenPattern.test(token) && /^ten_[a-z]{26}$/.test(tenant)) found.set(token, { token, tenant })
  }
  return [...found.values()]
}
