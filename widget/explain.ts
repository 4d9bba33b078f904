import { errors } from '../protocol/errors.ts'
import type { ThemeNotes } from '../protocol/look/tokens.ts'
import type { Frame } from './frame.ts'

/**
 * A browser tells no page why a frame stayed away, so whoever builds the page is given every cause and the facts to
 * compare. With a test key alone: a live page prints nothing.
 */
export function explainBlocked({ address }: Frame): void {
  explain(address, `${errors['channel.blocked'].say} This page: ${location.origin}. The form: ${address}`)
}

export function explainTheme({ address }: Frame, notes: ThemeNotes): void {
  for (const [token, verdict] of Object.entries(notes)) explain(address, `--sallyport-${token} is ${verdict}.`)
}

function explain(address: string, text: string): void {
  if (address.includes('/f/pk_test_')) console.error(`Sallyport: ${text}`)
}
