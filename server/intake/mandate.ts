/** What the token will be good for, from what the agent asked. Fixed here, bound into the record by `mint.ts`. */
import type { Capture, MandateTerms } from '../../protocol/capture.ts'
import type { CreateCaptureRequest } from '../../protocol/agent-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { Mandate } from '../records/format.ts'

/** A charge whose outcome was lost is opened again: room for that, and for one card declined in between. */
const opensPerUse = 5

const defaultLifeMs = 3_600_000
const lifeMaxMs = 10 * 365 * 86_400_000

/** An explicit mandate as terms; undefined when the agent gave none. */
export function termsFrom(request: CreateCaptureRequest, account: string, nowMs: number): MandateTerms | undefined {
  const { mandate } = request
  if (mandate === undefined) return undefined
  const uses = mandate.uses ?? 1
  const wanted = mandate.not_after === undefined ? nowMs + defaultLifeMs : Date.parse(mandate.not_after)
  return {
    uses,
    amount_max_minor: mandate.amount_max_minor,
    currency: mandate.currency,
    account: mandate.account ?? account,
    not_after: new Date(Math.min(wanted, nowMs + lifeMaxMs)).toISOString(),
    max_opens: uses * opensPerUse,
  }
}

/**
 * The mandate at minting. Without one of its own, a capture with an amount allows that amount once, for an hour;
 * with neither, the token cannot be charged.
 */
export function mandateOf(capture: Capture, account: string, nowMs: number): Mandate {
  const { mandate, amount } = capture
  if (mandate !== undefined) {
    return {
      uses: mandate.uses,
      amountMax: mandate.amount_max_minor,
      currency: mandate.currency,
      account: mandate.account,
      notAfterMs: Date.parse(mandate.not_after),
      maxOpens: mandate.max_opens,
    }
  }
  const uses = amount === undefined ? 0 : 1
  return {
    uses,
    amountMax: amount?.amount_minor ?? 0,
    currency: amount?.currency ?? 'XXX',
    account,
    notAfterMs: nowMs + limits.captureTtlMs,
    maxOpens: uses * opensPerUse,
  }
}
