import { errors } from '../protocol/errors.ts'
import type { Frame } from './frame.ts'

/**
 * A browser tells no page why a frame stayed away, so whoever builds the page is given every cause and the facts to
 * compare. With a test key alone: a live page prints nothing.
 */
export function explainBlocked({ address }: Frame): void {
  if (!address.includes('/f/pk_test_')) return
  console.error(`Sallyport: ${errors['channel.blocked'].say} This page: ${location.origin}. The form: ${address}`)
}
