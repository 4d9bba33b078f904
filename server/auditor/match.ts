/**
 * Compares three parties that cannot write for each other: keyd's log says which grants it opened for, the vault's log
 * which grants egress sent a charge with, the processor which payments it has. A key that was released beside the road
 * shows as an opening that nobody sent with, or as a payment that nobody opened for.
 */
import type { PlacedEntry } from './read-entries.ts'

/** One payment, as the processor tells it. */
export interface ProcessorPayment {
  /** The processor's own id. */
  id: string
  /** What Sallyport sent as its reference: the charge's id. */
  reference: string
  status: string
}

export const matchKinds = [
  'opening_without_charge',
  'charge_without_opening',
  'opened_twice',
  'charge_without_payment',
  'payment_without_charge',
  'payment_without_opening',
  'paid_twice',
] as const
export type MatchKind = (typeof matchKinds)[number]

export interface MatchFinding {
  kind: MatchKind
  charge: string
  grant?: string
  payment?: string
  /** Where it stands: in keyd's log or the vault's, from 0. */
  log?: 'keyd' | 'vault'
  index?: number
}

export interface MatchReport {
  openings: number
  charges: number
  payments: number | null
  /** Openings with which nothing was sent, by egress's own word: many of them are a question to whoever holds egress. */
  unsent: number
  /** Openings too young to have been sent, or not, by the end of the logs. */
  young: number
  findings: MatchFinding[]
}

export interface MatchInput {
  keyd: readonly PlacedEntry[]
  vault: readonly PlacedEntry[]
  /** Null: the two logs alone are compared. */
  payments: readonly ProcessorPayment[] | null
  /** What is younger than this before the newest entry may still be under way. */
  youngMs?: number
}

const sends = ['charge.sale', 'charge.authorize']
/** With these outcomes the processor has a payment; what it calls the money's way since then is its matter. */
const settledWith = ['authorized', 'captured', 'partially_captured', 'action_required', 'pending']
/** No money moved. */
const nothingTook = ['declined', 'failed', 'canceled', 'voided', 'requires_action', 'requires_payment_method', 'error']

interface Opening {
  grant: string
  charge: string
  index: number
  timeMs: number
}

export function matchLogs({ keyd, vault, payments, youngMs = 60_000 }: MatchInput): MatchReport {
  const findings: MatchFinding[] = []
  const openings = openingsIn(keyd)
  const sent = vault.filter(({ entry }) => entry.result === 'intent' && sends.includes(entry.action))
  const unsent = vault.filter(({ entry }) => entry.action === 'charge.unsent')
  const newestMs = Math.max(...[keyd.at(-1), vault.at(-1)].map((one) => Date.parse(one?.entry.time ?? '') || 0))

  const seen = new Set<string>()
  for (const { grant, charge, index } of openings) {
    if (seen.has(grant)) findings.push({ kind: 'opened_twice', charge, grant, log: 'keyd', index })
    seen.add(grant)
  }

  // By grant; entries from before the vault's log named grants are paired by charge, one with one.
  const answered = new Set([...sent, ...unsent].flatMap(({ entry }) => entry.grant ?? []))
  const spare = countBy(sent.filter(({ entry }) => entry.grant === undefined).map(({ entry }) => entry.charge ?? ''))
  const without = new Set(unsent.flatMap(({ entry }) => entry.grant ?? []))
  let young = 0
  for (const { grant, charge, index, timeMs } of openings) {
    if (answered.has(grant)) continue
    const left = spare.get(charge) ?? 0
    if (left > 0) spare.set(charge, left - 1)
    else if (timeMs > newestMs - youngMs) young += 1
    else findings.push({ kind: 'opening_without_charge', charge, grant, log: 'keyd', index })
  }
  const openedCharges = new Set(openings.map(({ charge }) => charge))
  for (const { entry, index } of sent) {
    const { grant, charge = '' } = entry
    const opened = grant === undefined ? openedCharges.has(charge) : seen.has(grant)
    const named = grant === undefined ? {} : { grant }
    if (!opened) findings.push({ kind: 'charge_without_opening', charge, ...named, log: 'vault', index })
  }

  if (payments !== null) findings.push(...besideProcessor(payments, openedCharges, sent, vault))
  return {
    openings: openings.length,
    charges: new Set(sent.map(({ entry }) => entry.charge)).size,
    payments: payments?.length ?? null,
    unsent: openings.filter(({ grant }) => without.has(grant)).length,
    young,
    findings,
  }
}

/** Intents, but for those whose result says that no key left keyd. */
function openingsIn(keyd: readonly PlacedEntry[]): Opening[] {
  const failed = new Set(
    keyd.flatMap(({ entry }) => (entry.action === 'open' && entry.result === 'failed' ? (entry.grant ?? []) : [])),
  )
  return keyd.flatMap(({ entry, index }) => {
    const { action, result, grant = '', charge = '', time } = entry
    if (action !== 'open' || result !== 'intent' || failed.has(grant)) return []
    return [{ grant, charge, index, timeMs: Date.parse(time) }]
  })
}

function besideProcessor(
  payments: readonly ProcessorPayment[],
  opened: ReadonlySet<string>,
  sent: readonly PlacedEntry[],
  vault: readonly PlacedEntry[],
): MatchFinding[] {
  const findings: MatchFinding[] = []
  const charged = new Set(sent.map(({ entry }) => entry.charge))
  const took = new Set<string>()
  for (const { id, reference: charge, status } of payments) {
    const about = { charge, payment: id }
    if (!charged.has(charge)) findings.push({ kind: 'payment_without_charge', ...about })
    if (!opened.has(charge)) findings.push({ kind: 'payment_without_opening', ...about })
    if (nothingTook.includes(status)) continue
    if (took.has(charge)) findings.push({ kind: 'paid_twice', ...about })
    took.add(charge)
  }
  const known = new Set(payments.map(({ reference }) => reference))
  const said = new Set<string>()
  for (const { entry, index } of vault) {
    const { action, result, reason = '', charge = '' } = entry
    if (action !== 'charge.settle' || result !== 'done' || !settledWith.includes(reason)) continue
    if (known.has(charge) || said.has(charge)) continue
    said.add(charge)
    findings.push({ kind: 'charge_without_payment', charge, log: 'vault', index })
  }
  return findings
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
