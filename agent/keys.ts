import { lettersFrom } from '../protocol/ids.ts'

/**
 * Idempotency keys. A model that repeats a call tends to make a new key, and the customer pays twice; so keys come
 * from what is paid, never from an argument that a model sees: the same token and reference give the same key in
 * every process and after every restart. Letters alone, so that no key looks like a card.
 */
export async function keyFrom(...parts: string[]): Promise<string> {
  const named = parts.map((part) => `${part.length}:${part}`).join('') // length-prefixed: no two lists read the same
  return `sp_${lettersFrom(new Uint8Array(await crypto.subtle.digest('SHA-512', new TextEncoder().encode(named))))}`
}

/** For calls whose repetition by the caller is meant: stable over this client's own retries only. */
export const freshKey = (): string => `sp_${lettersFrom(crypto.getRandomValues(new Uint8Array(64)))}`
