/**
 * fill: the card goes into the slots of a request, as bytes. It comes from `open.ts`, leaves in the buffer that
 * `send.ts` writes to the processor and zeroes. Digits never become part of a string, and nothing here parses JSON.
 */
import type { Card } from '../../crypto/card-bytes.ts'
import type { Secret } from '../../crypto/secret.ts'
import type { BodyValue, Processor, Slot, SlotName, Template } from '../processors/processor.ts'

/** What slots may be filled with. Without a card (capture, void, refund, get) only the credential is there. */
export interface Fillings {
  credential: Secret
  card?: Card
}

export interface Filled {
  method: string
  /** Path and query. */
  path: string
  headers: Record<string, string>
  /** Zeroed by the caller once it is sent. */
  body: Buffer | undefined
}

type Piece = string | ((fillings: Fillings) => Buffer)

const isSlot = (value: BodyValue | Slot): value is Slot => typeof value === 'object' && 'slot' in value

/** Only plain paths of the adapter's own words and ids: no dots, no escapes, nothing that leads to another host. */
const pathPattern = /^(\/[A-Za-z0-9_-]{1,128}){1,8}$/

/** Throws a TypeError, which names the place alone, for a template that its adapter may not send. */
export function fill(template: Template, processor: Processor, fillings: Fillings): Filled {
  if (!pathPattern.test(template.path)) throw new TypeError('the path of a template is not a plain path')
  const query = new URLSearchParams(template.query).toString()
  const body = template.body === undefined ? undefined : fillBody(template, allowedSlots(template, processor), fillings)
  return {
    method: template.method,
    path: query === '' ? template.path : `${template.path}?${query}`,
    headers: fillHeaders(template, fillings, body),
    body,
  }
}

function fillHeaders(template: Template, { credential }: Fillings, body: Buffer | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(template.headers)) {
    const parts = typeof value === 'string' ? [value] : value
    headers[name] = parts
      .map((part) => {
        if (typeof part === 'string') return part
        if (part.slot !== 'credential') throw new TypeError('a header takes no slot but the credential')
        // node:http takes headers as strings: this copy of the credential is left to the garbage collector.
        return credential.use((bytes) => Buffer.from(bytes).toString('latin1'))
      })
      .join('')
  }
  headers['accept'] = 'application/json'
  headers['accept-encoding'] = 'identity'
  if (body !== undefined) {
    headers['content-type'] = template.encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
    headers['content-length'] = String(body.length)
  }
  return headers
}

/** `POST /v1/payments/:id` fits a path whose segment there is anything. */
function allowedSlots(template: Template, processor: Processor): Readonly<Record<string, SlotName>> {
  const wanted = template.path.split('/')
  for (const [route, slots] of Object.entries(processor.slots)) {
    const [method, path = ''] = route.split(' ')
    const segments = path.split('/')
    const fits = segments.length === wanted.length && segments.every((part, i) => part === ':id' || part === wanted[i])
    if (method === template.method && fits) return slots
  }
  return {}
}

function fillBody(template: Template, allowed: Readonly<Record<string, SlotName>>, fillings: Fillings): Buffer {
  const take = (slot: Slot, pointer: string): ((fillings: Fillings) => Buffer) | null => {
    if (!Object.hasOwn(allowed, pointer) || allowed[pointer] !== slot.slot) {
      throw new TypeError(`there may be no such slot at ${pointer}`)
    }
    return filler(slot.slot, template.encoding, fillings)
  }
  const body = template.body ?? {}
  const pieces = template.encoding === 'json' ? jsonPieces(body, '', take) : formPieces(body, '', '', take)
  const buffers = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece(fillings)))
  // Not Buffer.concat: its result comes out of a pool that other requests read from.
  const out = Buffer.alloc(buffers.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of buffers) {
    out.set(part, at)
    at += part.length
    part.fill(0)
  }
  return out
}

type Take = (slot: Slot, pointer: string) => ((fillings: Fillings) => Buffer) | null

/** RFC 6901 §3. */
const pointerTo = (at: string, member: string): string => `${at}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`

function jsonPieces(value: BodyValue, at: string, take: Take): Piece[] {
  if (typeof value !== 'object') return [JSON.stringify(value)]
  if (isSlot(value)) {
    const piece = take(value, at)
    return piece === null ? [] : [piece]
  }
  const pieces: Piece[] = []
  for (const [member, inner] of Object.entries(value)) {
    const innerPieces = jsonPieces(inner, pointerTo(at, member), take)
    if (innerPieces.length === 0) continue
    pieces.push(`${pieces.length === 0 ? '' : ','}${JSON.stringify(member)}:`, ...innerPieces)
  }
  return ['{', ...pieces, '}']
}

/** `a[b][c]=value`, as Stripe and others write nested members. */
function formPieces(value: BodyValue, name: string, at: string, take: Take): Piece[] {
  if (typeof value !== 'object') return [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`]
  if (isSlot(value)) {
    const piece = take(value, at)
    return piece === null ? [] : [`${encodeURIComponent(name)}=`, piece]
  }
  const pieces: Piece[] = []
  for (const [member, inner] of Object.entries(value)) {
    const innerPieces = formPieces(inner, name === '' ? member : `${name}[${member}]`, pointerTo(at, member), take)
    if (innerPieces.length > 0) pieces.push(...(pieces.length === 0 ? [] : ['&']), ...innerPieces)
  }
  return pieces
}

/** Null where there is nothing to put in. Digits need no escape in either encoding. */
function filler(slot: SlotName, encoding: Template['encoding'], fillings: Fillings): ((f: Fillings) => Buffer) | null {
  const { card } = fillings
  const json = encoding === 'json'
  const quoted = (digits: Uint8Array): Buffer => {
    const out = Buffer.alloc(digits.length + (json ? 2 : 0), '"')
    out.set(digits, json ? 1 : 0)
    return out
  }
  if (slot === 'credential') throw new TypeError('the credential goes into headers alone')
  if (card === undefined) throw new TypeError('there is no card in this operation')
  const { number, cvc, name, network, expMonth, expYear } = card
  const words = (text: string): Buffer => Buffer.from(json ? JSON.stringify(text) : encodeURIComponent(text))
  switch (slot) {
    case 'pan':
      return () => number.use(quoted)
    case 'cvc':
      return cvc === undefined ? null : () => cvc.use(quoted)
    case 'exp_month':
      return () => Buffer.from(String(expMonth))
    case 'exp_year':
      return () => Buffer.from(String(expYear))
    case 'name':
      return name === undefined ? null : () => words(name)
    case 'network':
      return network === undefined ? null : () => words(network)
  }
}
