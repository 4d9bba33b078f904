/**
 * The bodies of keyd's routes, parsed by hand: keyd has as few dependencies as can be. Throws a Refusal
 * (`malformed_request`) for anything but the documented shape; unknown members are refused too.
 */
import type { AuditFact } from '../audit/entries.ts'
import {
  type CheckpointCall,
  type CredentialCall,
  type CvcKeyCall,
  type CvcKeyRef,
  type CvcSettleCall,
  type FingerprintCall,
  type OpenCall,
  type RewrapCall,
  type TombstoneCall,
  type UsedUpCall,
  fingerprintsMax,
} from '../records/keyd-calls.ts'
import { idPattern } from '../../protocol/ids.ts'
import { type Mandate, recordClasses, type RecordClass, type RecordContext } from '../records/format.ts'
import { httpLimits } from '../http-limits.ts'
import { unpackWrapped } from '../records/rewrap-batch.ts'
import { Refusal } from './refusal.ts'

type Members = Record<string, unknown>
const malformed = (): Refusal => new Refusal('malformed_request')

function members(value: unknown, names: readonly string[]): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed()
  for (const name of Object.keys(value)) if (!names.includes(name)) throw malformed()
  return { ...value }
}
function text(value: unknown, max = 128, min = 1): string {
  if (typeof value !== 'string' || value.length < min || value.length > max) throw malformed()
  return value
}
function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw malformed()
  return Number(value)
}
function bytes(value: unknown, min: number, max = min): Buffer {
  const encoded = text(value, 4096)
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) throw malformed()
  const decoded = Buffer.from(encoded, 'base64url')
  if (decoded.length < min || decoded.length > max) throw malformed()
  return decoded
}

export interface ParsedRecord {
  class: RecordClass
  context: RecordContext
  kekId: Buffer
  wrappedDek: Buffer
  cvcKey: CvcKeyRef | null
}

export interface ParsedOpen {
  grant: string
  records: readonly ParsedRecord[]
  replyKey: string
}

const wireMembers =
  <T>() =>
  <N extends keyof T & string>(...names: readonly N[]): readonly N[] =>
    names

const openMembers = wireMembers<OpenCall>()('grant', 'records', 'reply_key')
export function parseOpen(body: unknown): ParsedOpen {
  const call = members(body, openMembers)
  const records = call['records']
  if (!Array.isArray(records) || records.length < 1 || records.length > 2) throw malformed()
  return { grant: text(call['grant'], 4096), records: records.map(parseRecord), replyKey: replyKey(call['reply_key']) }
}

const credentialMembers = wireMembers<CredentialCall>()('record', 'reply_key')
export function parseCredential(body: unknown): { record: ParsedRecord; replyKey: string } {
  const call = members(body, credentialMembers)
  return { record: parseRecord(call['record']), replyKey: replyKey(call['reply_key']) }
}

const replyKey = (value: unknown): string => bytes(value, 32).toString('base64url')

function parseRecord(value: unknown): ParsedRecord {
  const record = members(value, ['class', 'context', 'kek_id', 'wrapped_dek', 'cvc_key'])
  const context = parseContext(record['context'])
  const { cvc_key: key } = record
  return {
    class: recordClass(record['class'] ?? context.class),
    context,
    kekId: bytes(record['kek_id'], 8),
    wrappedDek: bytes(record['wrapped_dek'], 48, 256),
    cvcKey: key === undefined ? null : parseCvcKey(key),
  }
}

const recordClass = (value: unknown): RecordClass => {
  const known = recordClasses.find((name) => name === value)
  if (known === undefined) throw malformed()
  return known
}

function parseCvcKey(value: unknown): CvcKeyRef {
  const key = members(value, ['id', 'instance'])
  return { id: text(key['id'], 32), instance: text(key['instance'], 64) }
}

function parseContext(value: unknown): RecordContext {
  const context = members(value, ['version', 'suite', 'mode', 'tenant', 'token', 'class', 'created_ms', 'mandate'])
  const { mode, mandate } = context
  if (mode !== 'sandbox' && mode !== 'live') throw malformed()
  return {
    version: whole(context['version']),
    suite: whole(context['suite']),
    mode,
    tenant: text(context['tenant']),
    token: text(context['token']),
    class: recordClass(context['class']),
    createdMs: whole(context['created_ms']),
    mandate: mandate === null ? null : parseMandate(mandate),
  }
}

function parseMandate(value: unknown): Mandate {
  const mandate = members(value, ['uses', 'amount_max', 'currency', 'account', 'not_after_ms', 'max_opens'])
  return {
    uses: whole(mandate['uses']),
    amountMax: whole(mandate['amount_max']),
    currency: text(mandate['currency'], 3, 0),
    account: text(mandate['account'], 128, 0),
    notAfterMs: whole(mandate['not_after_ms']),
    maxOpens: Math.min(whole(mandate['max_opens']), 2_147_483_646),
  }
}

const fingerprintMembers = wireMembers<FingerprintCall>()('ticket', 'inner', 'cvc')
export function parseFingerprint(body: unknown): { ticket: string; inner: Buffer; cvc: boolean } {
  const call = members(body, fingerprintMembers)
  const { cvc } = call
  if (typeof cvc !== 'boolean') throw malformed()
  return { ticket: text(call['ticket'], 4096), inner: bytes(call['inner'], 32), cvc }
}

/** At most as many as `fingerprintsMax`, each with the id of its own request; what is asked is parsed one by one. */
export function parseFingerprints(body: unknown): { request_id: string; [member: string]: unknown }[] {
  const { calls } = members(body, ['calls'])
  if (!Array.isArray(calls) || calls.length < 1 || calls.length > fingerprintsMax) throw malformed()
  return calls.map((value: unknown) => {
    if (typeof value !== 'object' || value === null || !('request_id' in value)) throw malformed()
    const { request_id: id } = value
    if (typeof id !== 'string' || !idPattern('req_').test(id)) throw malformed()
    return { ...value, request_id: id }
  })
}

const cvcKeyMembers = wireMembers<CvcKeyCall>()('ticket')
export const parseCvcKeyCall = (body: unknown): CvcKeyCall => ({
  ticket: text(members(body, cvcKeyMembers)['ticket'], 4096),
})

const settleMembers = wireMembers<CvcSettleCall>()('cvc_key', 'charge')
export function parseCvcSettle(body: unknown): CvcSettleCall {
  const call = members(body, settleMembers)
  return { cvc_key: parseCvcKey(call['cvc_key']), charge: text(call['charge']) }
}

const tombstoneMembers = wireMembers<TombstoneCall>()('token', 'tenant')
export function parseTombstone(body: unknown): TombstoneCall {
  const call = members(body, tombstoneMembers)
  return { token: text(call['token']), tenant: text(call['tenant']) }
}

const rewrapMembers = wireMembers<RewrapCall>()('from', 'to', 'records')
export function parseRewrap(body: unknown): {
  from: Buffer
  to: Buffer
  records: { context: Buffer; wrappedDek: Buffer }[]
} {
  const call = members(body, rewrapMembers)
  const records = unpackWrapped(text(call['records'], httpLimits.rewrapBodyBytesMax))
  if (records === null) throw malformed()
  return { from: bytes(call['from'], 8), to: bytes(call['to'], 8), records }
}

const usedUpMembers = wireMembers<UsedUpCall>()('token')
export const parseUsedUp = (body: unknown): UsedUpCall => ({ token: text(members(body, usedUpMembers)['token']) })

const checkpointMembers = wireMembers<CheckpointCall>()('size', 'checkpoint')
export function parseCheckpoint(body: unknown): CheckpointCall {
  const call = members(body, checkpointMembers)
  return { size: whole(call['size']), checkpoint: text(call['checkpoint'], 1000) }
}

/** A page has 500 entries at most: below a megabyte. */
const auditPageMax = 500
export function parseAuditQuery(query: URLSearchParams): { after: number; limit: number } {
  const number = (name: string, standard: number): number => {
    const value = query.get(name) ?? String(standard)
    if (!/^\d{1,15}$/.test(value)) throw new Refusal('malformed_request')
    return Number(value)
  }
  return { after: number('after', 0), limit: Math.min(auditPageMax, Math.max(1, number('limit', auditPageMax))) }
}

/** What an entry may say of a request that was refused before anything in it was believed. */
export type Known = Pick<AuditFact, 'subject' | 'grant' | 'capture' | 'charge'>
