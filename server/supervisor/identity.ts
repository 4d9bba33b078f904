import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process id is used again after a while; together with the moment the process began it names one process. */
export interface Identity {
  pid: number
  began: string
}

/** Null when there is no such process, or only its zombie (which signal 0 takes for alive). */
export function identify(pid: number): Identity | null {
  if (!Number.isInteger(pid) || pid <= 1) return null
  const began = process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  return began === null ? null : { pid, began }
}

export const isAlive = (identity: Identity): boolean => identify(identity.pid)?.began === identity.began

function fromProc(pid: number): string | null {
  try {
    // The name, in brackets, may hold anything; after it come the state (field 3) and the start (field 22).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

function fromPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
