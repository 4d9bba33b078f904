/**
 * Every field of the form as data: how it is typed, what browsers are told of it, what is said about it. A further kind
 * is a row here and a name in `protocol/capture-states.ts`; neither the page nor the form has code of its own for one.
 */
import type { FieldName } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import type { Word } from '../words/en.ts'
import { cvcRule } from './cvc.ts'
import { expiryRule } from './expiry.ts'
import { nameRule } from './name.ts'
import { numberRule } from './number.ts'
import { postalCodeRule } from './postal-code.ts'
import type { FieldRule } from './rule.ts'

export interface FieldDeclaration {
  rule: FieldRule
  label: Word
  /** What is said beside the field; a reason without a sentence of its own is told as a missing entry. */
  errors: { incomplete: Word } & Partial<Record<RejectionReason, Word>>
  /** A token of HTML's autofill field names: one document with all of them is what browsers fill. */
  autocomplete: string
  keyboard: 'numeric' | 'text'
  capitalize: 'off' | 'words' | 'characters'
  /** Digits and their signs run from left to right in every language. */
  leftToRight: boolean
  placeholder?: Word
  /** In one row with its neighbour that says so too. */
  half?: true
  /** Shown with this field though nobody asked for it, and then not required. */
  offeredWith?: FieldName
  /** Names the scheme at its end. */
  namesBrand?: true
}

const digits = { keyboard: 'numeric', capitalize: 'off', leftToRight: true } as const

/** In the order in which they stand on the page. */
export const declared: Readonly<Record<FieldName, FieldDeclaration>> = {
  number: {
    ...digits,
    rule: numberRule,
    label: 'label_number',
    autocomplete: 'cc-number',
    namesBrand: true,
    errors: {
      incomplete: 'number_incomplete',
      too_long: 'number_too_long',
      checksum: 'number_checksum',
      unknown_brand: 'number_unknown_brand',
      expired: 'number_expired',
      not_accepted: 'number_not_accepted',
    },
  },
  expiry: {
    ...digits,
    rule: expiryRule,
    label: 'label_expiry',
    autocomplete: 'cc-exp',
    placeholder: 'hint_expiry',
    half: true,
    errors: { incomplete: 'expiry_incomplete', expired: 'expiry_expired' },
  },
  cvc: {
    ...digits,
    rule: cvcRule,
    label: 'label_cvc',
    autocomplete: 'cc-csc',
    placeholder: 'hint_cvc',
    half: true,
    errors: { incomplete: 'cvc_incomplete', too_long: 'cvc_too_long' },
  },
  // Offered with every number: processors accept more payments with a name.
  name: {
    rule: nameRule,
    label: 'label_name',
    autocomplete: 'cc-name',
    keyboard: 'text',
    capitalize: 'words',
    leftToRight: false,
    offeredWith: 'number',
    errors: { incomplete: 'name_incomplete', too_long: 'name_too_long', not_accepted: 'name_not_accepted' },
  },
  postal_code: {
    rule: postalCodeRule,
    label: 'label_postal_code',
    autocomplete: 'postal-code',
    keyboard: 'text',
    capitalize: 'characters',
    leftToRight: true,
    errors: {
      incomplete: 'postal_code_incomplete',
      too_long: 'postal_code_too_long',
      not_accepted: 'postal_code_not_accepted',
    },
  },
}

export const wordFor = ({ errors }: FieldDeclaration, code: RejectionReason): Word => errors[code] ?? errors.incomplete
