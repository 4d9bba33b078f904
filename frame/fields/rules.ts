import type { FieldName } from '../../protocol/capture-states.ts'
import { cvcRule } from './cvc.ts'
import { expiryRule } from './expiry.ts'
import { nameRule, postalCodeRule } from './name.ts'
import { numberRule } from './number.ts'
import type { FieldRule } from './rule.ts'

export const rules: Record<FieldName, FieldRule> = {
  number: numberRule,
  expiry: expiryRule,
  cvc: cvcRule,
  name: nameRule,
  postal_code: postalCodeRule,
}
