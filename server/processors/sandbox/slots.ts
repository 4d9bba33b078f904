import type { SlotRules } from '../processor.ts'

/** Where the sandbox processor takes a card. */
export const slots: SlotRules = {
  'POST /v1/payments': {
    '/card/number': 'pan',
    '/card/exp_month': 'exp_month',
    '/card/exp_year': 'exp_year',
    '/card/cvc': 'cvc',
    '/card/name': 'name',
    '/card/network': 'network',
  },
}
