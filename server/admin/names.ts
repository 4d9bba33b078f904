/** What an administrator may type, checked before anything is asked of a database. Nothing typed is ever repeated. */
import type { Mode } from '../config.ts'
import { idPattern } from '../../protocol/ids.ts'
import { AdminError } from './deployment.ts'

const malformed = (sentence: string): AdminError => new AdminError('malformed', sentence)

export function tenantId(text: string): string {
  if (idPattern('ten_').test(text)) return text
  throw malformed('a tenant is named by its id, ten_ and 26 letters; `sallyport tenant list` shows them')
}

export function accountId(text: string): string {
  if (idPattern('acct_').test(text)) return text
  throw malformed('an account is named by its id, acct_ and 26 letters; `sallyport admin account list` shows them')
}

export function keyId(text: string): string {
  if (idPattern('key_').test(text)) return text
  throw malformed(
    'a key is named by its id, key_ and 26 letters, never by the key itself; `sallyport tenant keys list` shows them. ' +
      'If you typed a secret key just now, your shell has kept it: rotate it',
  )
}

/** Shown to customers in the card form. */
export function businessName(text: string): string {
  if (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,80}$/u.test(text) && text.trim() === text) return text
  throw malformed('a name has 1 to 80 characters on one line, without spaces at its ends')
}

function originOf(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const bare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return bare && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null
}

/** Of a page that may embed the form. Live: https alone. */
export function pageOrigin(text: string, mode: Mode): string {
  const url = originOf(text)
  if (url === null || !/^https?:\/\/[a-z0-9.-]+(:[0-9]+)?$/.test(url.origin))
    throw malformed('an origin is scheme, host and port, such as https://shop.example, without a path or a pattern')
  if (mode === 'live' && url.protocol !== 'https:')
    throw new AdminError(
      'not_in_live',
      'a live deployment takes https origins alone: what is typed into a page that came by http can be read on the way; serve the page by https and add that origin',
    )
  return url.origin
}

/** Where a processor's requests go. Live: https, and not this machine. */
export function processorUrl(text: string, mode: Mode): string {
  const url = originOf(text)
  if (url === null || !/^https?:\/\/[a-zA-Z0-9.:-]+$/.test(url.origin))
    throw malformed(
      "a processor's address is scheme, host and port, such as https://api.processor.example, without a path",
    )
  if (mode === 'live' && (url.protocol !== 'https:' || isLoopback(url.hostname)))
    throw new AdminError(
      'not_in_live',
      'a live deployment reaches processors by https, and not on this machine; give the address from your processor’s documents',
    )
  return url.origin
}

/** The name of an adapter in egress. */
export function processorName(text: string, mode: Mode): string {
  if (!/^[a-z][a-z0-9_]{1,31}$/.test(text))
    throw malformed('a processor is named by its adapter: lower-case letters, digits and underscores')
  if (mode === 'live' && text === 'sandbox')
    throw new AdminError(
      'not_in_live',
      'a live deployment does not charge at the sandbox processor; name the adapter of your own',
    )
  return text
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  /^127\./.test(host) ||
  host === '0.0.0.0' ||
  host.startsWith('[::')

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
export const overlapDefaultMs = 86_400_000
/** Longer than a month is no overlap but a second key. */
const overlapMsMax = 30 * 86_400_000

/** `0`, `30m`, `24h`, `7d`. */
export function overlapMs(text: string): number {
  if (text === '0') return 0
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (units[unit] ?? Number.NaN)
  if (count === '' || Number.isNaN(ms) || ms > overlapMsMax)
    throw malformed('an overlap is 0, or a number with s, m, h or d, such as 30m or 24h, and 30 days at most')
  return ms
}

/** @param sentence what it has to be, for the person. */
export function wholeNumber(text: string, min: number, max: number, sentence: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw malformed(sentence)
}
