/** Programs that a driver starts: what one says when it is up, and its end. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A browser that is started for the first time, on a machine that is busy, takes its time. */
export const startMsMax = 120_000
const endMsMax = 10_000

export class Program {
  readonly #name: string
  readonly #child: ChildProcess

  constructor(path: string, args: readonly string[], options: SpawnOptions) {
    this.#name = path.split('/').at(-1) ?? path
    this.#child = spawn(path, args, options)
    // Of a program that cannot be started this is all that comes.
    this.#child.once('error', () => {})
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid === undefined || exitCode !== null || signalCode !== null
  }

  /** What the first group of the pattern found, in what it says on this one of its outputs. Rejects when it ends before. */
  async says(output: number, pattern: RegExp): Promise<string> {
    let said = ''
    const stream = this.#child.stdio[output] as Readable // sound: whoever asks has made a pipe of it
    const found = new Promise<string>((resolve) => {
      stream.on('data', (chunk) => {
        said += chunk
        const [, part] = pattern.exec(said) ?? []
        if (part !== undefined) resolve(part)
      })
    })
    const late = AbortSignal.timeout(startMsMax)
    const ended = once(this.#child, 'close', { signal: late })
      .then(
        () => 'ended',
        () => (late.aborted ? `was not up in ${startMsMax} ms` : 'did not start'),
      )
      .then((how) => Promise.reject(new Error(`${this.#name} ${how}; it said: ${said}`)))
    // Heard by nobody once it was found: its end will come.
    ended.catch(() => {})
    return Promise.race([found, ended])
  }

  async end(): Promise<void> {
    if (this.hasEnded) return
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), endMsMax)
    await once(this.#child, 'exit')
    clearTimeout(late)
  }
}
