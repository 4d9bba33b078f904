/** What a comparison after a restore is about: an account that waits, and payments of its processor in our words. */
import type { OutcomeState } from '../processors/processor.ts'
import type { ErrorData } from './charge-row.ts'

/** What an account waits for. */
export interface Comparison {
  account: string
  tenant: string
  processor: string
  base_url: string
  source: 'processor' | 'export'
  since_ms: number
}

/** A payment as the vault's function takes it. */
export interface FoundPayment {
  charge: string
  payment: string
  token?: string
  order?: string
  operation: 'sale' | 'authorize'
  amount: number
  currency: string
  state: OutcomeState
  captured: number
  refunded: number
  error?: ErrorData
}
