/** What code in a process can touch on the machine: files, programs, other processes, sockets, ports. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'

export type Reach =
  | { kind: 'read' | 'open' | 'list' | 'write' | 'run'; path: string }
  | { kind: 'thread' }
  | { kind: 'signal'; pid: number }
  | { kind: 'connect'; path: string }
  /** A request at a TCP port of this machine or at a socket; whatever is no 2xx is refused, as `HTTP 401`. */
  | { kind: 'ask'; at: { port: number } | { socketPath: string }; path: string; bearer?: string }

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
        const socket = connect(target.path)
        socket.once('connect', () => {
          socket.destroy()
          resolve()
        })
        socket.once('error', reject)
      })
      return
    case 'ask': {
      const { at, path, bearer } = target
      const status = await new Promise<number>((resolve, reject) => {
        const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
        const asked = request({ ...at, path, headers, agent: false }, (answer) => {
          answer.resume()
          resolve(answer.statusCode ?? 0)
        })
        asked.once('error', reject)
        asked.end()
      })
      if (status < 200 || status > 299) throw Object.assign(new Error(), { code: `HTTP ${status}` })
    }
  }
}
