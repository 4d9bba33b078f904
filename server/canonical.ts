import { createHash } from 'node:crypto'

/**
 * One spelling for a JSON value, after RFC 8785: members sorted by UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. Two bodies are the same request if their canonical forms are equal, so `1.0` equals `1` and
 * the order of members does not matter, while `null` differs from an absent member.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }

/** Deeper than any of our shapes; what is deeper did not pass a shape. */
const depthMax = 32

/**
 * A member that is `undefined` is absent, as in JSON.stringify. Throws a TypeError for what JSON cannot say (NaN,
 * infinities, lone surrogates, functions), without the value.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0)
}

function write(value: Json | undefined, depth: number): string {
  if (depth > depthMax) throw new TypeError('too deep for canonical JSON')
  if (value === null) return 'null'
  switch (typeof value) {
    case 'boolean':
      return String(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a number that JSON does not have')
      return JSON.stringify(value)
    case 'string':
      // RFC 8785 §3.2.2.2: a lone surrogate has no UTF-8 and so no digest that another implementation would give.
      if (/\p{Surrogate}/u.test(value)) throw new TypeError('a string that is not well-formed')
      return JSON.stringify(value)
    case 'object':
      return isList(value) ? writeList(value, depth) : writeMembers(value, depth)
    default:
      throw new TypeError('a value that JSON does not have')
  }
}

/** Array.isArray does not narrow a readonly array. */
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const writeList = (list: readonly Json[], depth: number): string =>
  `[${list.map((item) => write(item, depth + 1)).join(',')}]`

function writeMembers(members: { readonly [name: string]: Json | undefined }, depth: number): string {
  const written: string[] = []
  // The default order of sort() is that of UTF-16 code units, which is the one RFC 8785 §3.2.3 asks for.
  for (const name of Object.keys(members).sort()) {
    const value = members[name]
    if (value === undefined) continue
    written.push(`${write(name, depth)}:${write(value, depth + 1)}`)
  }
  return `{${written.join(',')}}`
}

/** SHA-256 of the canonical form, base64url: what a body is remembered by. */
export const canonicalDigest = (value: Json): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('base64url')
