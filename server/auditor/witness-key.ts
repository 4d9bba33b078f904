/** The key file of a witness: its name and its private key, for its own machine. */
import { generateKeyPairSync } from 'node:crypto'
import { UsageError } from '../command.ts'
import type { Jwk } from '../config.ts'
import { createPrivateJson, readPrivateJson } from '../private-files.ts'

export interface WitnessKey {
  name: string
  key: Jwk
}

/** Never over one that is there: its checkpoints would be another witness's. */
export function makeWitnessKey(name: string, path: string): WitnessKey {
  if (!/^[^\s+]{1,200}$/u.test(name))
    throw new UsageError('a witness is named like a URL without its scheme: witness.example/one')
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const made: WitnessKey = { name, key: { kty: 'OKP', crv: 'Ed25519', x, d } }
  if (!createPrivateJson(path, made)) throw new UsageError('there is such a file already; a witness keeps its key')
  return made
}

export function readWitnessKey(path: string): WitnessKey {
  const read = readPrivateJson(path)
  if (typeof read === 'object' && read !== null && 'name' in read && 'key' in read && typeof read.name === 'string') {
    // Sound: makeWitnessKey alone writes this file; a key that is none is refused by node:crypto.
    return { name: read.name, key: read.key as Jwk }
  }
  throw new UsageError('this is no key of a witness; `sallyport audit witness-key` makes one')
}
