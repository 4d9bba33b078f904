/**
 * Where the passphrase of a file store and the PIN of an HSM come from: a file or an open file descriptor, which a setting
 * names. Never an argument, which the list of processes shows, and never a variable, which every child inherits.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { isOurs } from '../process-users.ts'

export const passphraseBytesMax = 1_024

/** How long a descriptor may keep us waiting for its end. */
const waitMsMax = 10_000

export class PassphraseError extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'PassphraseError'
  }
}

/** `source` is `file:/absolute/path` or `fd:N`. One line without its end. The caller wipes it. Throws a PassphraseError that says what to do and repeats nothing of it. */
export function readPassphrase(source: string): Buffer {
  const bytes = source.startsWith('fd:') ? fromDescriptor(Number(source.slice(3))) : fromFile(source.slice(5))
  const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? 2 : 1) : 0
  const line = Buffer.from(bytes.subarray(0, bytes.length - end))
  bytes.fill(0)
  if (line.length === 0 || line.length > passphraseBytesMax || line.some((byte) => byte < 32 || byte === 127)) {
    line.fill(0)
    throw new PassphraseError(
      'the passphrase of the key store must be one line of text, 1024 bytes at most; what SALLYPORT_KEYS_PASSPHRASE_FROM names holds something else, or nothing',
    )
  }
  return line
}

function fromFile(path: string): Buffer {
  let file: number
  try {
    // A pipe without a writer would keep us waiting for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    throw new PassphraseError(
      `the passphrase of the key store cannot be read: ${path} is not there, or not ours to open`,
    )
  }
  try {
    // The open file, not its name: what a secret's mount links to may change between two looks.
    const stats = fstatSync(file)
    if (!stats.isFile()) throw new PassphraseError(`${path} must be a file; for a pipe use fd:…`)
    if (stats.uid !== 0 && !isOurs(stats.uid))
      throw new PassphraseError(`${path} belongs to another user (${stats.uid}); it must be ours, or root's`)
    if ((stats.mode & 0o077) !== 0)
      throw new PassphraseError(
        `${path} has the mode ${(stats.mode & 0o777).toString(8)}, and others may have read the passphrase in it; seal the key store with another one, in a file of mode 0600`,
      )
    return drain(file)
  } finally {
    closeSync(file)
  }
}

function fromDescriptor(fd: number): Buffer {
  try {
    if (fstatSync(fd).isCharacterDevice()) throw new PassphraseError(terminal)
    return drain(fd)
  } catch (error) {
    if (error instanceof PassphraseError) throw error
    throw new PassphraseError(
      `the passphrase of the key store cannot be read: the file descriptor ${fd} is not open, or not for reading`,
    )
  }
}

const terminal =
  'the passphrase of the key store is not typed: a terminal shows it. Pipe it in, or name a file of mode 0600 with SALLYPORT_KEYS_PASSPHRASE_FROM'

function drain(fd: number): Buffer {
  const bytes = Buffer.alloc(passphraseBytesMax + 3)
  const deadline = Date.now() + waitMsMax
  let length = 0
  while (length < bytes.length) {
    try {
      const read = readSync(fd, bytes, length, bytes.length - length, null)
      if (read === 0) break
      length += read
    } catch (error) {
      const again = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
      if (!again || Date.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
  const found = Buffer.from(bytes.subarray(0, length))
  bytes.fill(0)
  return found
}
