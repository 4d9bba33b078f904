/**
 * What keyd's inner door takes and answers, as types: for its callers (egress, intake, keeper) and for keyd, which
 * parses by hand. Every binary value is base64url without padding.
 */
import type { SealedReply } from './reply.ts'
import type { RecordClass, RecordContext } from './format.ts'

export interface WireMandate {
  uses: number
  amount_max: number
  currency: string
  account: string
  not_after_ms: number
  max_opens: number
}

export interface WireContext {
  version: number
  suite: number
  mode: 'sandbox' | 'live'
  tenant: string
  token: string
  class: RecordClass
  created_ms: number
  mandate: WireMandate | null
}

export const toWireContext = (context: RecordContext): WireContext => {
  const { version, suite, mode, tenant, token, createdMs, mandate } = context
  return {
    version,
    suite,
    mode,
    tenant,
    token,
    class: context.class,
    created_ms: createdMs,
    mandate:
      mandate === null
        ? null
        : {
            uses: mandate.uses,
            amount_max: mandate.amountMax,
            currency: mandate.currency,
            account: mandate.account,
            not_after_ms: mandate.notAfterMs,
            max_opens: mandate.maxOpens,
          },
  }
}

/** Names a one-time key and the start of keyd that holds it. Both are columns of the vault's cvc row. */
export interface CvcKeyRef {
  /** base64url of the key's kekId (8 bytes). */
  id: string
  instance: string
}

export interface WireRecord {
  class: RecordClass
  context: WireContext
  kek_id: string
  wrapped_dek: string
  /** On the record of class `cvc` alone. */
  cvc_key?: CvcKeyRef
}

/** `none`: no CVC was asked for or sent. */
export type CvcState = 'open' | 'spent' | 'expired' | 'lost' | 'none'

/** POST /open (egress) */
export interface OpenCall {
  grant: string
  records: WireRecord[]
  reply_key: string
}
export interface OpenAnswer {
  keys: { card?: SealedReply; cvc?: SealedReply }
  cvc: CvcState
}

/** POST /credential (egress); the answer is sealed with `bound` = the context's token. */
export interface CredentialCall {
  record: Omit<WireRecord, 'class' | 'cvc_key'>
  reply_key: string
}
export interface CredentialAnswer {
  key: SealedReply
}

/** POST /fingerprint (intake) */
export interface FingerprintCall {
  ticket: string
  /** The inner HMAC, 32 bytes. */
  inner: string
  /** Whether a one-time key for a CVC is wanted. */
  cvc: boolean
}
export interface FingerprintAnswer {
  fingerprint: string
  cvc_key?: CvcKeyRef & { public_key: string }
}

/** POST /fingerprints (intake): several, each of a request of its own; what one may not have is a code in its place. */
export interface FingerprintsCall {
  calls: readonly (FingerprintCall & { request_id: string })[]
}
export interface FingerprintsAnswer {
  answers: readonly (FingerprintAnswer | { code: string })[]
}
/** A quarter of what a body may have. */
export const fingerprintsMax = 32

/** POST /cvc/key (intake): a one-time key for the code of a stored card, which comes without its number. */
export interface CvcKeyCall {
  ticket: string
}
export interface CvcKeyAnswer {
  cvc_key: CvcKeyRef & { public_key: string }
}

/** POST /cvc/settle (egress); answers {}. */
export interface CvcSettleCall {
  cvc_key: CvcKeyRef
  charge: string
}

/** POST /tombstone (keeper); answers {}. */
export interface TombstoneCall {
  token: string
  tenant: string
}

/** POST /rewrap (keeper): epochs by their ids; `records` and `wraps` as `rewrap-batch.ts` packs them. */
export interface RewrapCall {
  from: string
  to: string
  records: string
}
export interface RewrapAnswer {
  wraps: string
}

/** POST /used-up (egress): every use of its mandate is settled; answers {}. */
export interface UsedUpCall {
  token: string
}

/** GET /audit/entries?after= (keeper): the entries behind that position, as many as keyd gives at once. */
export interface AuditPage {
  log_id: string
  /** How many entries have a position. */
  size: number
  /** The hash chain's head at `after`, base64url of 32 bytes; null where there is no such position. */
  before: string | null
  /** In order; `position` counts from 1. */
  rows: { position: number; entry: string }[]
  /** The chain's head behind the last of them. */
  head: string
}

/** POST /audit/checkpoint (keeper); answers {}. `checkpoint` is the signed note. */
export interface CheckpointCall {
  size: number
  checkpoint: string
}
