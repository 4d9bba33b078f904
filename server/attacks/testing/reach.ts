/** What code in a process can touch on the machine: files, programs, other processes, sockets, databases. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import pg from 'pg'

export type Reach =
  | { kind: 'read' | 'open' | 'list' | 'write' | 'run'; path: string }
  | { kind: 'thread' }
  | { kind: 'signal'; pid: number }
  | { kind: 'connect'; path: string }
  | { kind: 'connect'; port: number }
  | { kind: 'sql'; url: string }

/** `got`, or the code of the refusal. */
export const reachAll = (_config: unknown, targets: readonly Reach[]): Promise<string[]> =>
  Promise.all(targets.map(reach))

async function reach(target: Reach): Promise<string> {
  try {
    await touch(target)
    return 'got'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'refused'
  }
}

async function touch(target: Reach): Promise<void> {
  switch (target.kind) {
    case 'read':
      readFileSync(target.path)
      return
    case 'open':
      // Memory: whoever may open it may read it, at addresses that `maps` names.
      closeSync(openSync(target.path, 'r'))
      return
    case 'list':
      readdirSync(target.path)
      return
    case 'write':
      // Appends nothing: to be let through is enough.
      writeFileSync(target.path, '', { flag: 'a' })
      return
    case 'run':
      execFileSync(target.path)
      return
    case 'thread':
      await new Worker('', { eval: true }).terminate()
      return
    case 'signal':
      // Does nothing to a process that runs.
      process.kill(target.pid, 'SIGCONT')
      return
    case 'connect':
      await new Promise<void>((resolve, reject) => {
        const socket = 'path' in target ? connect(target.path) : connect(target.port, '127.0.0.1')
        socket.once('connect', () => {
          socket.destroy()
          resolve()
        })
        socket.once('error', reject)
      })
      return
    case 'sql': {
      const client = new pg.Client({ connectionString: target.url, connectionTimeoutMillis: 5_000 })
      try {
        await client.connect()
        await client.query('select 1')
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }
}
