/**
 * Ids are a prefix and 26 lower-case letters (122 bits): they neither look like a card nor trip a search for one.
 * Tokens carry the mode, so that nobody mistakes a test token for a live one.
 */
export const idPrefixes = ['cap_', 'tok_test_', 'tok_live_', 'chg_', 'evt_', 'ten_', 'acct_', 'req_'] as const
export type IdPrefix = (typeof idPrefixes)[number]

const letters = 'abcdefghijklmnopqrstuvwxyz'
export const idBodyLength = 26

/** The pattern of an id with this prefix, for schemas. */
export const idPattern = (prefix: string): RegExp => new RegExp(`^${prefix}[a-z]{${idBodyLength}}$`)
export const tokenPattern = /^tok_(test|live)_[a-z]{26}$/

/**
 * Letters from bytes without bias: bytes of 234 and above are skipped (234 = 9 × 26).
 * @param bytes at least 64 random or derived bytes; throws when too few remain.
 */
export function lettersFrom(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) {
    if (byte >= 234) continue
    out += letters[byte % 26]
    if (out.length === idBodyLength) return out
  }
  throw new RangeError('too few bytes for an id')
}

export function makeId(prefix: IdPrefix): string {
  return prefix + lettersFrom(globalThis.crypto.getRandomValues(new Uint8Array(64)))
}
