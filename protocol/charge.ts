/** The life of a charge (DESIGN §4). Its rank decides which news wins: a state never goes back. */
export const chargeStates = [
  'created',
  'sending',
  'unknown',
  'action_required',
  'pending',
  'authorized',
  'captured',
  'partially_captured',
  'declined',
  'failed',
  'voided',
  'partially_refunded',
  'refunded',
] as const
export type ChargeState = (typeof chargeStates)[number]
export const chargeOperations = ['sale', 'authorize'] as const
export type ChargeOperation = (typeof chargeOperations)[number]

const next: Record<ChargeState, readonly ChargeState[]> = {
  created: ['sending', 'failed'],
  sending: ['authorized', 'captured', 'declined', 'failed', 'unknown', 'action_required', 'pending'],
  unknown: ['sending', 'authorized', 'captured', 'declined', 'failed', 'action_required', 'pending'],
  action_required: ['sending', 'authorized', 'captured', 'declined', 'failed', 'unknown', 'pending', 'voided'],
  pending: [
    'authorized',
    'captured',
    'declined',
    'failed',
    'unknown',
    'partially_captured',
    'voided',
    'partially_refunded',
    'refunded',
  ],
  authorized: ['captured', 'partially_captured', 'voided', 'failed', 'pending'],
  captured: ['partially_refunded', 'refunded', 'voided', 'pending'],
  partially_captured: ['captured', 'partially_refunded', 'refunded', 'pending'],
  partially_refunded: ['refunded', 'partially_refunded', 'pending'],
  declined: [],
  failed: [],
  voided: [],
  refunded: [],
}

export const chargeMayBecome = (from: ChargeState, to: ChargeState): boolean => next[from].includes(to)

/** The outcome of the first authorization is known: what the CVC was kept for is over. */
export const isDefinite = (state: ChargeState): boolean =>
  !['created', 'sending', 'unknown', 'action_required', 'pending'].includes(state)
