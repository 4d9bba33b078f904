/** `/.well-known/security.txt` (RFC 9116) of both outer doors: where to say that something is broken. */
import type { RequestHandler } from 'express'
import { SallyportError } from '../protocol/errors.ts'

export const securityTxtPath = '/.well-known/security.txt'

/** Read again at every request, so that it never expires while the process runs, and a copy of it soon does. */
const validDays = 90

export function securityTxt(options: {
  contact: string | undefined
  publicUrl: string
  now: () => number
}): string | null {
  const { contact, publicUrl, now } = options
  // Contact is the one member that must be there (§2.5.3); without one there is no such file.
  if (contact === undefined) return null
  const day = 86_400_000
  const expires = new Date((Math.floor(now() / day) + validDays) * day).toISOString().replace('.000', '')
  const lines = [
    `Contact: ${contact}`,
    `Expires: ${expires}`,
    'Preferred-Languages: en',
    `Canonical: ${publicUrl}${securityTxtPath}`,
  ]
  return `${lines.join('\n')}\n`
}

export const serveSecurityTxt =
  (options: Parameters<typeof securityTxt>[0]): RequestHandler =>
  (_request, response) => {
    const text = securityTxt(options)
    if (text === null) throw new SallyportError('request.not_found')
    response.setHeader('Cache-Control', 'public, max-age=3600')
    response.type('text/plain; charset=utf-8').send(text)
  }
