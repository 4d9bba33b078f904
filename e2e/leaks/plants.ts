/** What is planted: the decoy in every spelling, as bytes or, where a place holds text alone, as text. */
import { deflateSync, gzipSync } from 'node:zlib'
import { secretOf } from '../../server/testing/link.ts'
import type { Canary } from './canary.ts'
import { type SecretName, type SpellingName, type Spellings, spellingNames, spellingsOf } from './spellings.ts'

export interface Plant {
  secret: SecretName
  spelling: SpellingName
  bytes: Buffer
  /** Whether a string of HTML, JSON or a log line carries it unchanged. */
  isText: boolean
}

const isAscii = (bytes: Buffer): boolean => bytes.every((byte) => byte >= 32 && byte < 127)

/** Every byte string of every spelling, and what is compressed in three ways. */
export function plantsOf(decoy: Canary): Plant[] {
  const fixed = Object.entries(spellingsOf(decoy)).flatMap(([secret, spellings]: [string, Spellings]) =>
    spellingNames.flatMap((spelling) =>
      (spellings[spelling] ?? []).map((bytes) => ({
        secret: secret as Plant['secret'], // sound: the record's own keys
        spelling,
        bytes,
        // A backslash is doubled on its way through JSON; a number's bytes are letters by chance, quotes and spaces among them.
        isText: isAscii(bytes) && spelling !== 'escaped' && spelling !== 'number',
      })),
    ),
  )
  const compressed = (['pan', 'cvc', 'link'] as const).flatMap((secret) => {
    const text = `a line before ${secret === 'link' ? secretOf({ url: decoy.link }) : decoy[secret]} and behind it`
    const gzip = gzipSync(text)
    return [gzip, deflateSync(text), Buffer.from(gzip.toString('base64'))].map((bytes) => ({
      secret,
      spelling: 'gzip' as const,
      bytes,
      isText: isAscii(bytes),
    }))
  })
  return [...fixed, ...compressed]
}

/** One of each secret and spelling: for places that hold little. */
export function oneOfEach(plants: readonly Plant[]): Plant[] {
  const kept = new Map<string, Plant>()
  for (const plant of plants) {
    const key = `${plant.secret} ${plant.spelling}`
    if (!kept.has(key)) kept.set(key, plant)
  }
  return [...kept.values()]
}

export const textsOf = (plants: readonly Plant[]): string[] =>
  plants.filter(({ isText }) => isText).map(({ bytes }) => bytes.toString('latin1'))

export const bytesOf = (plants: readonly Plant[]): Buffer =>
  Buffer.concat(plants.flatMap(({ bytes }) => [Buffer.from('\n| '), bytes, Buffer.from(' |')]))

export const namesOf = (plants: readonly Plant[]): string[] =>
  [...new Set(plants.map(({ secret, spelling }) => `${secret} ${spelling}`))].sort()
