/**
 * What the form knows of its fields, without a document: clean values, how far each is, what is wrong with it and when
 * that is said. Digits live here, in the clean values, until `clear()`; what goes out is coarse (`tell`).
 */
import { brandOf, matchOf, type BrandMatch } from '../../detect/brands.ts'
import type { AttachAnswer, ProgressItem } from '../../protocol/capture-http.ts'
import type { FieldName } from '../../protocol/capture-states.ts'
import type { RejectionReason } from '../../protocol/errors.ts'
import { declared, type FieldDeclaration } from './declared.ts'
import type { Surroundings, Verdict } from './rule.ts'

interface Field {
  readonly name: FieldName
  readonly declared: FieldDeclaration
  clean: string
  status: 'pending' | 'active' | 'complete' | 'rejected'
  level: Verdict['level']
  /** What is said beside it. */
  said: RejectionReason | null
  shown: boolean
  required: boolean
}

export interface FieldSetDeps {
  now(): Date
  /** To intake and host, in the order it happens, of fields that were asked for. */
  tell(item: ProgressItem): void
  /** Beside the field, and aloud; null takes it back. */
  say(field: FieldName, code: RejectionReason | null): void
  /** The number has changed, and with it perhaps its scheme. */
  cardChanged(card: BrandMatch | null, digits: number): void
}

export class FieldSet {
  readonly #deps: FieldSetDeps
  readonly #fields: readonly Field[]
  #asked: ReadonlySet<FieldName> = new Set()
  #announcing = false
  #card: BrandMatch | null = null
  #postal: AttachAnswer['postal']

  constructor(deps: FieldSetDeps, declarations: Readonly<Record<string, FieldDeclaration>> = declared) {
    this.#deps = deps
    this.#fields = Object.entries(declarations).map(([name, declaration]) => ({
      name: name as FieldName, // sound: the table's keys are the field names
      declared: declaration,
      clean: '',
      status: 'pending',
      level: 'none',
      said: null,
      shown: true,
      required: false,
    }))
  }

  get card(): BrandMatch | null {
    return this.#card
  }

  get last4(): string {
    return this.clean('number').slice(-4)
  }

  clean(name: FieldName): string {
    return this.#field(name)?.clean ?? ''
  }

  /** Why the field cannot be taken, as far as it was told. */
  said(name: FieldName): RejectionReason | null {
    return this.#field(name)?.said ?? null
  }

  isShown(name: FieldName): boolean {
    return this.#field(name)?.shown ?? false
  }

  isRequired(name: FieldName): boolean {
    return this.#field(name)?.required ?? false
  }

  /**
   * From here on intake and host are told; also of what was typed before.
   * @param stored the brand of a stored card, where its code alone is asked for.
   */
  ask(
    fields: readonly FieldName[],
    { stored, postal }: { stored?: string; postal?: AttachAnswer['postal'] } = {},
  ): void {
    this.#asked = new Set(fields)
    this.#postal = postal
    if (stored !== undefined) this.#cardIs(matchOf(stored))
    for (const field of this.#fields) {
      const { offeredWith } = field.declared
      field.required = this.#asked.has(field.name)
      field.shown = field.required || (offeredWith !== undefined && this.#asked.has(offeredWith))
      // What was typed before anyone said that it is not wanted is not kept.
      if (!field.shown) field.clean = ''
    }
    this.#announcing = true
    for (const field of this.#fields) this.#announce(field)
  }

  /** @param standing whether the person is in the field. Autofill and password managers write where nobody stands: such a field is left already. */
  edit(name: FieldName, clean: string, standing: boolean): void {
    const field = this.#field(name)
    if (field === undefined || clean === field.clean) return
    field.clean = clean
    this.#unsay(field)
    if (name === 'number') this.#cardIs(brandOf(clean))
    this.#follow(field)
    if (!standing && clean !== '') this.#leave(field, false)
  }

  /** The person stands in it. Told here and not at the first key, whose time would be one end of how long they type. */
  enter(name: FieldName): void {
    const field = this.#field(name)
    if (field?.status !== 'pending') return
    field.status = 'active'
    this.#tell(this.#started(field, true))
  }

  leave(name: FieldName): void {
    const field = this.#field(name)
    if (field !== undefined) this.#leave(field, false)
  }

  /** Judges every field on show as if the person had left it; the first one that cannot be taken, or null. */
  check(): FieldName | null {
    const wrong = this.#fields.filter((field) => field.shown && !this.#leave(field, true))
    return wrong[0]?.name ?? null
  }

  /** A field that intake did not take. False where it is not on show. */
  reject(name: FieldName, code: RejectionReason): boolean {
    const field = this.#field(name)
    if (field?.shown !== true) return false
    this.#reject(field, code)
    return true
  }

  /** The clean values of the fields on show, for sealing alone. */
  values(): Partial<Record<FieldName, string>> {
    return Object.fromEntries(this.#fields.filter(({ shown }) => shown).map(({ name, clean }) => [name, clean]))
  }

  clear(): void {
    this.#announcing = false
    for (const field of this.#fields) {
      field.clean = ''
      field.status = 'pending'
      field.level = 'none'
      this.#unsay(field)
    }
    this.#card = null
    this.#deps.cardChanged(null, 0)
  }

  /** The field's state after an edit: complete as soon as nothing more can be meant, otherwise active. */
  #follow(field: Field): void {
    const verdict = this.#judge(field)
    if (verdict.code === null && verdict.open !== true) return this.#complete(field)
    const news = field.status !== 'active' || field.level !== verdict.level
    const first = field.status === 'pending'
    field.status = 'active'
    field.level = verdict.level
    if (news)
      this.#tell([...this.#started(field, first), { kind: 'progress', field: field.name, level: verdict.level }])
  }

  /** @returns whether the field can be taken. An empty field is no mistake until the form is sent. */
  #leave(field: Field, sending: boolean): boolean {
    const verdict = this.#judge(field)
    if (verdict.code === null) {
      if (field.clean.trim() !== '') this.#complete(field)
      return true
    }
    if (sending || field.clean !== '') this.#reject(field, verdict.code)
    return false
  }

  #complete(field: Field): void {
    if (field.status === 'complete') return
    const first = field.status === 'pending'
    field.status = 'complete'
    field.level = 'full'
    this.#tell([...this.#started(field, first), this.#completed(field)])
  }

  #started(field: Field, first: boolean): ProgressItem[] {
    return first ? [{ kind: 'started', field: field.name }] : []
  }

  #completed({ name }: Field): ProgressItem {
    const brand = this.#card?.brand
    return { kind: 'completed', field: name, ...(name === 'number' && { ...(brand && { brand }), last4: this.last4 }) }
  }

  #reject(field: Field, code: RejectionReason): void {
    if (field.status === 'rejected' && field.said === code) return
    field.status = 'rejected'
    field.said = code
    this.#deps.say(field.name, code)
    this.#tell([{ kind: 'rejected', field: field.name, code }])
  }

  #unsay(field: Field): void {
    if (field.said === null) return
    field.said = null
    this.#deps.say(field.name, null)
  }

  /** The code's length follows the scheme: a code that was right may be wrong now, and the other way round. */
  #cardIs(card: BrandMatch | null): void {
    const before = this.#card?.cvcLength
    this.#card = card
    this.#deps.cardChanged(card, this.clean('number').length)
    const cvc = this.#field('cvc')
    if (cvc === undefined || cvc.clean === '' || before === this.#card?.cvcLength) return
    this.#unsay(cvc)
    cvc.status = 'active'
    this.#leave(cvc, false)
  }

  #judge(field: Field): Verdict {
    const around: Surroundings = {
      card: this.#card,
      now: this.#deps.now(),
      required: field.required,
      postal: this.#postal,
    }
    return field.declared.rule.judge(field.clean, around)
  }

  /** What a channel that has just been attached does not know yet. */
  #announce(field: Field): void {
    if (field.status === 'pending') return
    const now: Record<Field['status'], ProgressItem[]> = {
      pending: [],
      rejected: field.said === null ? [] : [{ kind: 'rejected', field: field.name, code: field.said }],
      complete: [this.#completed(field)],
      active: [{ kind: 'progress', field: field.name, level: field.level }],
    }
    this.#tell([{ kind: 'started', field: field.name }, ...now[field.status]])
  }

  #tell(items: readonly ProgressItem[]): void {
    if (!this.#announcing) return
    for (const item of items) if ('field' in item && this.#asked.has(item.field)) this.#deps.tell(item)
  }

  #field(name: FieldName): Field | undefined {
    return this.#fields.find((field) => field.name === name)
  }
}
