import { spawn } from 'node:child_process'

/** Signals that whoever started us sends to end everything; they are passed on. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a program in the foreground: our terminal, our signals. Fulfils with its exit code; a signal that ended it counts
 * as 1.
 */
export function runForeground(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    const forward = signals.map((signal) => {
      const listener = () => child.kill(signal)
      process.on(signal, listener)
      return () => process.off(signal, listener)
    })
    const done = (settle, value) => {
      for (const off of forward) off()
      settle(value)
    }
    child.once('error', (error) => done(reject, error))
    child.once('exit', (code) => done(resolve, code ?? 1))
  })
}

/** Runs a program and keeps what it prints. */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('exit', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** The same, without core files for it and all that it starts: a core of keyd would be its keys on the disk. */
export const runWithoutCore = (command, args, options) =>
  runForeground('/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', command, ...args], options)
