/**
 * One line of an audit log: who did what to whom, when, and how it ended. Canonical JSON, so that the bytes that are
 * hashed can be made again from the members. Tokens stand in it by a keyed pseudonym, card data never.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical.ts'

export const auditResults = ['intent', 'done', 'refused', 'failed'] as const
export type AuditResult = (typeof auditResults)[number]

export interface AuditEntry {
  v: 1
  /** The log's id. */
  log: string
  /** RFC 3339, UTC. */
  time: string
  /** A role, or `admin`. */
  actor: string
  /** For example `open`, `fingerprint`, `mint`, `erase`. */
  action: string
  result: AuditResult
  reason?: string
  /** Keyed pseudonym of the token. */
  subject?: string
  /** The grant's or the ticket's jti. */
  grant?: string
  capture?: string
  charge?: string
  request_id?: string
  /** Of an admin's change: whose it is, which origin, account or key it is about, and who typed it. Of a leak: whose API key told it. */
  tenant?: string
  object?: string
  operator?: string
  /** How many further ones of the same kind this entry stands for. */
  count?: number
  /** Of card data that was found in a conversation: what kind, by which rule of which ruleset, and where. Never what it was. */
  conversation?: string
  surface?: string
  kind?: string
  brand?: string
  rule?: string
  ruleset?: string
  /** `turn:start-end`, one a turn. */
  place?: string
}

/** What the writer of an entry says; log, version and time are added. */
export type AuditFact = Omit<AuditEntry, 'v' | 'log' | 'time'>

const members = [
  'v',
  'log',
  'time',
  'actor',
  'action',
  'result',
  'reason',
  'subject',
  'grant',
  'capture',
  'charge',
  'request_id',
  'tenant',
  'object',
  'operator',
  'count',
  'conversation',
  'surface',
  'kind',
  'brand',
  'rule',
  'ruleset',
  'place',
] as const

/** Members outside the list are dropped, so that an entry cannot carry what nobody decided to keep. */
export function entryText(log: string, timeMs: number, fact: AuditFact): string {
  const entry: AuditEntry = { ...fact, v: 1, log, time: new Date(timeMs).toISOString() }
  const kept: Record<string, string | number> = {}
  for (const name of members) {
    const value = entry[name]
    if (value !== undefined) kept[name] = value
  }
  return canonicalJson(kept)
}

/** Null for what is not an entry in its canonical spelling. */
export function parseEntry(text: string): AuditEntry | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const entry: Partial<Record<(typeof members)[number], unknown>> = value
    if (entry.v !== 1 || typeof entry.log !== 'string' || typeof entry.time !== 'string') return null
    if (typeof entry.actor !== 'string' || typeof entry.action !== 'string') return null
    if (!auditResults.some((result) => result === entry.result)) return null
    // Sound: the required members were checked, and entryText drops and orders the rest.
    const parsed = entry as AuditEntry
    return entryText(parsed.log, Date.parse(parsed.time), parsed) === text ? parsed : null
  } catch {
    return null
  }
}

/** RFC 6962 §2.1, the leaf of a Merkle tree: a tree can take the log over without touching an entry. */
export const leafHash = (entry: string | Uint8Array): Buffer =>
  createHash('sha256')
    .update(new Uint8Array([0]))
    .update(entry)
    .digest()
