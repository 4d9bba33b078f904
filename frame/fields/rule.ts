import type { BrandMatch } from '../../detect/brands.ts'
import type { AttachAnswer } from '../../protocol/capture-http.ts'
import type { ProgressLevel } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'

/** What a field's verdict may depend on beyond the field. */
export interface Surroundings {
  /** By the number field; null while its digits name no scheme. */
  card: BrandMatch | null
  now: Date
  required: boolean
  /** How postal codes are written, where the capture's country is known. */
  postal?: AttachAnswer['postal'] | undefined
}

export interface Verdict {
  level: ProgressLevel
  /** Why the field cannot be taken as it stands, or null. Said when the person leaves it, not while they type. */
  code: RejectionReason | null
  /** More could still be typed that is right as well: complete only once the person leaves the field. */
  open?: boolean
}

/**
 * One field as pure functions. `clean` keeps what counts of any text; `show` writes that for people.
 * `clean(show(c)) === c` for every c that `clean` gives.
 */
export interface FieldRule {
  clean(text: string): string
  show(clean: string): string
  judge(clean: string, around: Surroundings): Verdict
}
