/**
 * When hints may be told without telling how long the number is. Whoever types sixteen digits needs longer than for
 * thirteen: the moment at which the number is done, and every moment after it, says so. Therefore, while a number is
 * typed whose scheme has several lengths, hints wait for marks: equal steps from its first digit, as long as the person's
 * own pace over the first eight makes them (5, 10, 20 s …), which is time enough for the longest number there is. At each
 * mark one field is told of. A number that came at once (autofill, paste), and one whose scheme has a single length,
 * gives nothing away and is told as it happens. Holds counts of digits and times, never a digit.
 */

/** The issuer's digits: everybody types these, however long the number. */
const sampleDigits = 8
/** The longest number is 2.6 samples long; people slow down, look up and leave the field. */
const samplesAMark = 3.5
const shortestMarkMs = 5_000
/** Nobody types twelve digits between two events. */
const atOnceDigits = 12

export class Pace {
  readonly #now: () => number
  #first: number | null = null
  #last = 0
  #digits = 0
  #sampleMs: number | null = null
  #typed = false
  #oneLength = false

  constructor(now: () => number) {
    this.#now = now
  }

  /** The number has changed. @param oneLength whether its scheme is known and has a single length */
  numberEdited(digits: number, oneLength: boolean): void {
    if (digits === 0) {
      this.#first = null
      this.#sampleMs = null
      return
    }
    const now = this.#now()
    if (this.#first === null) {
      this.#first = now
      this.#typed = digits < atOnceDigits
    }
    this.#last = now
    this.#digits = digits
    this.#oneLength = oneLength
    if (digits >= sampleDigits) this.#sampleMs ??= now - this.#first
  }

  /** Whether the time of a hint would tell the length of the number. */
  get holds(): boolean {
    return this.#first !== null && this.#typed && !this.#oneLength
  }

  /** The step from mark to mark. */
  get stepMs(): number {
    const sampleMs = this.#sampleMs ?? this.#expectedMs
    let step = shortestMarkMs
    while (step < sampleMs * samplesAMark) step *= 2
    return step
  }

  /** From now to the next mark. */
  get untilMarkMs(): number {
    const step = this.stepMs
    return step - ((this.#now() - (this.#first ?? 0)) % step)
  }

  /** What eight digits will have taken, by those that there are. */
  get #expectedMs(): number {
    if (this.#first === null || this.#digits < 2) return 0
    return ((this.#last - this.#first) / (this.#digits - 1)) * (sampleDigits - 1)
  }
}
