import { spawn } from 'node:child_process'

/** Signals that whoever started us sends to end everything; they are passed on. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

let signalled = false
/** Whether such a signal has come: what runs ends, and nothing new is begun. */
export const wasSignalled = () => signalled

/** For steps between programs: a signal there would else end us at once, and with an exit code of its own. */
export function catchSignals() {
  for (const signal of signals) process.on(signal, () => (signalled = true))
}

/** Passes signals on to a child by `send` until it is gone; gives what stops that. */
function passOn(send) {
  const listeners = signals.map((signal) => {
    const listener = () => {
      signalled = true
      send(signal)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const off of listeners) off()
  }
}

/** Standard input, output and errors, and the descriptor that holds the key store's passphrase, where that is another one. */
function inherited() {
  const fd = Number(/^fd:(\d{1,4})$/.exec(process.env.SALLYPORT_KEYS_PASSPHRASE_FROM ?? '')?.[1] ?? 0)
  return fd < 3 ? 'inherit' : Array.from({ length: fd + 1 }, (_, n) => (n < 3 || n === fd ? n : 'ignore'))
}

/**
 * Runs a program in the foreground: our terminal, our signals. Fulfils with its exit code; a signal that ended it counts
 * as 1.
 */
export function runForeground(command, args, options = {}) {
  if (signalled) return Promise.resolve(1)
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: inherited(), ...options })
    const stop = passOn((signal) => child.kill(signal))
    const done = (settle, value) => {
      stop()
      settle(value)
    }
    child.once('error', (error) => done(reject, error))
    child.once('exit', (code) => done(resolve, code ?? 1))
  })
}

/** Process groups of programs that run quietly; none outlives us. */
const groups = new Set()
process.on('exit', () => {
  for (const group of groups) endGroup(group, 'SIGKILL')
})

function endGroup(group, signal) {
  try {
    process.kill(group, signal)
  } catch {
    // It is gone already.
  }
}

/**
 * Runs a program and keeps what it prints. In a group of its own where there are groups: a compiler that starts another
 * passes no signal on.
 */
export function runQuietly(command, args, options = {}) {
  if (signalled) return Promise.resolve({ code: 1, output: '' })
  return new Promise((resolve, reject) => {
    const detached = process.platform !== 'win32'
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached, ...options })
    const group = detached ? -child.pid : child.pid
    if (child.pid !== undefined) groups.add(group)
    const stop = passOn((signal) => endGroup(group, signal))
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    const done = (settle, value) => {
      stop()
      groups.delete(group)
      settle(value)
    }
    child.once('error', (error) => done(reject, error))
    child.once('exit', (code) => done(resolve, { code: code ?? 1, output }))
  })
}

/** In the foreground, or beside other work: then `output` has what it printed, and the terminal nothing. */
export const runEither = async (quietly, command, args, options) =>
  quietly ? runQuietly(command, args, options) : { code: await runForeground(command, args, options), output: '' }

/** Like `runForeground`, without core files for it and all that it starts: a core of keyd would be its keys on the disk. */
export const runWithoutCore = (command, args, options) =>
  runForeground('/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', command, ...args], options)
