import { createHash } from 'node:crypto'
import type { RequestHandler, Response } from 'express'
import { type ErrorCode, errors, isErrorCode, SallyportError } from '../protocol/errors.ts'

/** The page behind a problem's `type`: the sentence, whether the same request may be sent again, and who must act. */
const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}' +
  'h1{font:600 1.25rem/1.3 ui-monospace,monospace;overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .75rem}' +
  'a{color:#0b57d0}'
const styleHash = createHash('sha256').update(style).digest('base64')

const whoActs = {
  customer: 'The customer, in the conversation.',
  integrator: 'Whoever writes the agent or the page.',
  operator: 'Whoever runs Sallyport.',
} as const
const codes = Object.keys(errors) as ErrorCode[] // sound: the keys are the union

const sentence: RequestHandler = (request, response) => {
  const { code } = request.params
  if (!isErrorCode(code)) throw new SallyportError('request.not_found')
  const { status, retryable, say, who } = errors[code]
  const rows = [
    ['HTTP status', String(status)],
    [
      'Send the same again?',
      retryable ? 'Yes, after Retry-After where there is one.' : 'No; something has to change first.',
    ],
    ['Who acts', whoActs[who]],
  ]
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')
  page(response, code, `<p>${escaped(say)}</p><dl>${list}</dl><p><a href="/errors">All errors</a></p>`)
}

const index: RequestHandler = (_request, response) => {
  const list = codes.map(
    (code) => `<dt><a href="/errors/${code}">${code}</a></dt><dd>${escaped(errors[code].say)}</dd>`,
  )
  page(response, 'Errors', `<dl>${list.join('')}</dl>`)
}

function page(response: Response, title: string, body: string): void {
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  )
  response.setHeader('Cache-Control', 'public, max-age=3600')
  response
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
        `<title>${title} · Sallyport</title><style>${style}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`,
    )
}

/** The table's own sentences, which may hold signs that HTML knows. */
const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** Both outer doors serve them, since both put their addresses into problems. */
export const errorPages = [
  { path: '/errors', operation: 'listErrors', summary: 'Every error code', type: 'text/html', handle: index },
  {
    path: '/errors/:code',
    operation: 'getError',
    summary: 'What an error code means',
    type: 'text/html',
    parameters: { code: '^[a-z]+\\.[a-z_]+$' },
    handle: sentence,
  },
]
