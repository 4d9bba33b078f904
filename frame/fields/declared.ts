/**
 * Every field of the form as data: how it is typed, what browsers are told of it, what is said about it. A further kind
 * is a row here and a name in `protocol/capture-states.ts`; neither the page nor the form has code of its own for one.
 */
import type { FieldName } from '../../protocol/capture-states.ts'
import { type RejectionReason, rejectionReasons } from '../../protocol/errors.ts'
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
  /** The reasons that have a sentence of their own, `<field>_<reason>`; any other is told as a missing entry. */
  errors: readonly RejectionReason[]
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
    errors: rejectionReasons,
  },
  expiry: {
    ...digits,
    rule: expiryRule,
    label: 'label_expiry',
    autocomplete: 'cc-exp',
    placeholder: 'hint_expiry',
    half: true,
    errors: ['incomplete', 'expired'],
  },
  cvc: {
    ...digits,
    rule: cvcRule,
    label: 'label_cvc',
    autocomplete: 'cc-csc',
    placeholder: 'hint_cvc',
    half: true,
    errors: ['incomplete', 'too_long'],
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
    errors: ['incomplete', 'too_long', 'not_accepted'],
  },
  postal_code: {
    rule: postalCodeRule,
    label: 'label_postal_code',
    autocomplete: 'postal-code',
    keyboard: 'text',
    capitalize: 'characters',
    leftToRight: true,
    errors: ['incomplete', 'too_long', 'not_accepted'],
  },
}

export function wordFor(name: FieldName, code: RejectionReason): Word {
  const reason = declared[name].errors.includes(code) ? code : 'incomplete'
  return `${name}_${reason}` as Word // sound: a test holds the words against the reasons that are listed
}
