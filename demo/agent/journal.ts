import type { SallyportEvent } from '../../agent/index.ts'
import type { EntryBody, Received } from '../talk.ts'
import { priceOf } from './catalogue.ts'

/**
 * Everything that reaches the agent from Sallyport is written down here, at the door: the events as the stream gives
 * them, and each answer as it came over HTTP. What is power over an open form is replaced, a client secret and a link: the
 * agent's program hands it to the customer's page and shows it to nobody else.
 */
export type WriteDown = (entry: EntryBody) => void

export function recordingFetch(write: WriteDown): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.headers.get('content-type')?.includes('json')) {
      // Sound as far as this needs it: our gateway answers JSON objects; anything else is shown as it is.
      const body = (await response
        .clone()
        .json()
        .catch(() => null)) as Record<string, unknown> | null
      const { pathname } = new URL(String(input))
      write(
        received(
          'answer',
          `${init?.method ?? 'GET'} ${pathname.replace(/[a-z]{20,}/, (id) => `${id.slice(0, 4)}…`)}`,
          body,
          response.status,
        ),
      )
    }
    return response
  }
}

export const receivedEvent = (event: SallyportEvent): Received => ({
  kind: 'received',
  what: 'event',
  name: event.type,
  sentence: sentenceOf(event),
  facts: factsOf(event.data),
  json: event,
})

function received(what: 'answer', name: string, body: Record<string, unknown> | null, status: number): Received {
  const json = body && Object.fromEntries(Object.entries(body).map(([name, value]) => [name, shown(name, value)]))
  const ok = status < 300
  return {
    kind: 'received',
    what,
    name,
    sentence: ok ? answerSentence(name, body) : `The gateway refused: ${status}.`,
    facts: factsOf(json ?? {}).filter(([name]) => telling.has(name)),
    json,
  }
}

const shown = (name: string, value: unknown): unknown =>
  value !== null && /^(client_secret|url|qr)$/.test(name) ? '(for the customer’s page)' : value

function answerSentence(name: string, body: Record<string, unknown> | null): string {
  const state = typeof body?.['state'] === 'string' ? body['state'].replaceAll('_', ' ') : 'known'
  if (name === 'POST /v1/captures') return 'A form was made for this conversation.'
  if (name.endsWith('/link')) return 'The same form by link, for one tap within ten minutes.'
  if (name.includes('/charges')) return `The charge is ${state}.`
  if (name.includes('/captures')) return `The form is ${state}.`
  return 'The gateway answered.'
}

function sentenceOf(event: SallyportEvent): string {
  switch (event.type) {
    case 'capture.created':
      return 'A form was asked for. Nobody has opened it yet.'
    case 'capture.channel.attached':
      return 'The customer’s browser opened the form.'
    case 'capture.channel.detached':
      return 'The form was left.'
    case 'capture.shield.raised':
      return 'It stands on an origin of its own; the page cannot look inside.'
    case 'capture.shield.failed':
      return event.data.code === 'shield.covered'
        ? 'Something lay over the form when it was sent, so nothing was taken.'
        : 'The form’s isolation could not be shown, so nothing is taken.'
    case 'capture.offered':
      return event.data.delivery === 'link'
        ? 'The form is offered by link.'
        : 'The form stands in front of the customer.'
    case 'capture.field.started':
      return `The customer is at the ${words(event.data.field)}.`
    case 'capture.field.progress':
      return `The ${words(event.data.field)}: ${levels[event.data.level] ?? event.data.level}.`
    case 'capture.field.completed':
      return `The ${words(event.data.field)} is complete.`
    case 'capture.field.rejected':
      return `The ${words(event.data.field)} needs another look: ${words(event.data.code)}.`
    case 'capture.suspended':
      return `The form waits: ${words(event.data.reason)}.`
    case 'capture.resumed':
      return 'The form goes on.'
    case 'capture.processing':
      return 'The card was sealed in the browser and is on its way to the vault.'
    case 'capture.completed':
      return 'The vault keeps the card. The agent gets a reference to it.'
    case 'capture.failed':
      return 'The form ended without a card.'
    case 'capture.canceled':
      return `The form was closed by the ${event.data.by}.`
    case 'capture.expired':
      return 'The form’s time is over.'
    case 'charge.created':
      return 'A charge was begun.'
    case 'charge.captured':
      return 'The bank said yes: the amount is charged.'
    case 'charge.declined':
      return 'The bank said no. Nothing was charged.'
    case 'charge.unknown':
      return 'The bank has not answered. Nobody knows yet.'
    case 'charge.refunded':
      return 'Money went back to the card.'
    case 'charge.failed':
      return 'The charge failed. Nothing was charged.'
    default:
      return words(event.type)
  }
}

const levels: Partial<Record<string, string>> = { none: 'empty', some: 'begun', most: 'nearly there', full: 'full' }
const words = (name: string): string =>
  ({ number: 'card number', cvc: 'security code', expiry: 'expiry date', name: 'name', postal_code: 'postal code' })[
    name
  ] ?? name.replace(/[._]/g, ' ')

/** An answer repeats much of what the events said: the card shows what is new, the JSON all. */
const telling = new Set([
  'id',
  'state',
  'client secret',
  'url',
  'phrase',
  'amount',
  'token',
  'brand',
  'last four',
  'code',
  'amount refunded',
])

/** The values, flat, for the card; what only orders the log is left to the JSON. */
const quiet = new Set([
  'epoch',
  'expires_at',
  'created_at',
  'updated_at',
  'not_after',
  'conversation',
  'sequence',
  'max_opens',
  'account',
  'processor',
  'say',
  'channel',
  'operation',
  'capture_id',
  'words',
])
function factsOf(data: object, of = ''): [string, string][] {
  const facts: [string, string][] = []
  const entries = Object.entries(data)
  const money = entries.find(([name]) => name === 'amount_minor')?.[1]
  const currency = entries.find(([name]) => name === 'currency')?.[1]
  for (const [name, value] of entries) {
    if (quiet.has(name)) continue
    if (name === 'amount_minor' && typeof money === 'number' && typeof currency === 'string')
      facts.push(['amount', priceOf({ amount_minor: money, currency })])
    else if (name === 'currency' && money !== undefined) continue
    else if (name.startsWith('amount_') && name !== 'amount_minor' && typeof value === 'number')
      facts.push([words(name.replace(/_minor$/, '')), (value / 100).toFixed(2)])
    else if (Array.isArray(value)) facts.push([words(name), value.map(String).join(', ')])
    else if (typeof value === 'object' && value !== null) facts.push(...factsOf(value, name))
    else if (value !== null)
      facts.push([
        name === 'last4' ? 'last four' : name === 'id' && of !== '' ? of : name.replaceAll('_', ' '),
        String(value),
      ])
  }
  return facts
}
