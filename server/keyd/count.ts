/** What keyd counts: openings and refusals by reason, and the lag of its audit log. Taken from what it audits. */
import type { Registry } from '../metrics/registry.ts'
import type { KeydAudit } from './audit-log.ts'
import type { Ledger } from './ledger.ts'
import type { RefusalReason } from './refusal.ts'

/** Exhaustive: a new reason is a compile error until it is here. */
const reasons: Record<RefusalReason, true> = {
  malformed: true,
  signature: true,
  wrong_type: true,
  wrong_issuer: true,
  wrong_audience: true,
  expired: true,
  not_yet: true,
  too_long: true,
  wrong_mode: true,
  wrong_egress: true,
  wrong_tenant: true,
  wrong_token: true,
  wrong_class: true,
  wrong_version: true,
  no_mandate: true,
  above_amount: true,
  other_currency: true,
  other_account: true,
  mandate_ended: true,
  spent: true,
  too_many_openings: true,
  too_fast: true,
  tombstoned: true,
  clock_behind: true,
  before_start: true,
  ticket_used_up: true,
  unknown_key: true,
  wrong_key_purpose: true,
  does_not_unwrap: true,
  reply_key: true,
  malformed_request: true,
}
const actions = ['open', 'fingerprint', 'credential', 'cvc_settle', 'tombstone', 'rewrap']

export function countedAudit(audit: KeydAudit, registry: Registry): KeydAudit {
  const refusals = registry.counter({
    name: 'sallyport_refusals_total',
    help: 'What was refused, and why.',
    labels: { action: actions, reason: Object.keys(reasons) },
  })
  const done = registry.counter({
    name: 'sallyport_key_uses_total',
    help: 'What keyd did and wrote a result of.',
    labels: { action: actions, result: ['done', 'failed'] },
  })
  return {
    ...audit,
    trail: (fact) => {
      done.add({ action: fact.action, result: fact.result })
      audit.trail(fact)
    },
    refused: (fact) => {
      refusals.add({ action: fact.action, reason: fact.reason ?? '' })
      return audit.refused(fact)
    },
  }
}

export function countAuditLag(ledger: Ledger, registry: Registry): void {
  registry.gauge(
    {
      name: 'sallyport_audit_lag_seconds',
      help: 'Age of the oldest audit entry that no signed checkpoint covers.',
      labels: { log: ['keyd'] },
    },
    async () => [{ labels: { log: 'keyd' }, value: (await ledger.auditLagMs()) / 1_000 }],
  )
}
