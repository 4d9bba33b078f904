import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Argon2idParameters, newSealing } from '../sealing.ts'

export const cheap: Argon2idParameters = { memory_kib: 8_192, passes: 1, lanes: 1 }

/** Puts a seal into a new store's folder that costs little to open, for tests that open it often; what is made there is sealed by it. */
export function layCheapSeal(folder: string, passphrase: Uint8Array): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { file } = newSealing(passphrase, cheap)
  writeFileSync(join(folder, 'seal.json'), JSON.stringify(file), { mode: 0o600 })
}
