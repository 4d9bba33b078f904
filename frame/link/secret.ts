/**
 * The link's secret, out of the address. First thing in the document, and synchronous: what comes later (a screenshot, a
 * press on "back", a link that is copied) finds an address that says nothing. The browser itself keeps what it was sent
 * to, in its history and in this document's navigation entry, which no page can change: there the tap makes it useless.
 */
import { linkSecretPattern } from '../../protocol/link.ts'
import { base64url } from '../seal.ts'

export interface Place {
  location: { hash: string; pathname: string }
  history: { replaceState(data: null, unused: string, url: string): void }
}

/** Null where there is none: the page was loaded again, or the link was cut. */
export function takeSecret({ location, history }: Place): string | null {
  const text = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
  return linkSecretPattern.test(text) ? text : null
}

/** The session that will hold the form, made here; its hash claims the link, so that a lost answer can be asked for again. */
export async function makeSession(
  from: Pick<Crypto, 'getRandomValues' | 'subtle'>,
): Promise<{ secret: string; claim: string }> {
  const secret = `ss_${base64url(from.getRandomValues(new Uint8Array(32)))}`
  const hash = await from.subtle.digest('SHA-256', new TextEncoder().encode(secret))
  return { secret, claim: base64url(new Uint8Array(hash)) }
}
