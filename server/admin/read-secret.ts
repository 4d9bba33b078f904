/** A secret for a command: out of a file, or piped in. Never an argument: the list of processes shows those to everyone. */
import { readFileSync } from 'node:fs'
import { AdminError } from './deployment.ts'

/** No processor's key is longer than a few hundred bytes. */
const secretBytesMax = 4_096

export function readSecret(file: string | undefined): Buffer {
  if (file === undefined && process.stdin.isTTY)
    throw new AdminError(
      'malformed',
      'pipe the credential in (`… < file`), or name a file with --file; it is not typed',
    )
  let read: Buffer
  try {
    read = readFileSync(file ?? 0)
  } catch {
    throw new AdminError('malformed', 'the file with the credential cannot be read')
  }
  // An editor's last line break is not part of a secret.
  const end = read.at(-1) === 10 ? (read.at(-2) === 13 ? 2 : 1) : 0
  const secret = Buffer.from(read.subarray(0, read.length - end))
  read.fill(0)
  if (secret.length === 0 || secret.length > secretBytesMax || secret.some((byte) => byte < 32 || byte === 127))
    throw new AdminError('malformed', 'a credential is one line of text, 4096 bytes at most; this is something else')
  return secret
}
