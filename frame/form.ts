/**
 * The fields as the person meets them. Digits live here: in the inputs, which never reflect a value to an attribute, and
 * in each field's clean value, until `clear()`. What goes out of this file is coarse (`on`), or lent to `seal.ts`.
 */
import { brandOf, type BrandMatch } from '../detect/brands.ts'
import { fieldNames, type FieldName } from '../protocol/capture-states.ts'
import type { ProgressItem } from '../protocol/capture-http.ts'
import type { RejectionReason } from '../protocol/errors.ts'
import { brandName } from './brand-name.ts'
import { deletingOf, reformat } from './caret.ts'
import type { Surroundings, Verdict } from './fields/rule.ts'
import { rules } from './fields/rules.ts'
import type { Voice } from './words/say.ts'

interface Field {
  readonly name: FieldName
  readonly box: HTMLElement
  readonly input: HTMLInputElement
  readonly error: HTMLElement
  clean: string
  status: 'pending' | 'active' | 'complete' | 'rejected'
  level: Verdict['level']
}

export interface FormDeps {
  document: Document
  now(): Date
  /** Told in the order it happens, for fields that were asked for. */
  on(item: ProgressItem): void
  /** Any value has changed. */
  onChange(): void
}

export class Form {
  readonly #deps: FormDeps
  readonly #fields: readonly Field[]
  #voice: Voice
  #asked: ReadonlySet<FieldName> = new Set()
  #announcing = false
  #card: BrandMatch | null = null

  constructor(deps: FormDeps, voice: Voice) {
    this.#deps = deps
    this.#voice = voice
    this.#fields = fieldNames.map((name) => this.#adopt(name))
    // What was typed while the script was on its way.
    for (const field of this.#fields) if (field.input.value !== '') this.#edited(field, null)
  }

  /** Which fields are shown. A name is offered with every number: processors accept more payments with it. */
  ask(fields: readonly FieldName[], voice: Voice): void {
    this.#voice = voice
    this.#asked = new Set(fields)
    for (const field of this.#fields) {
      const shown = this.#asked.has(field.name) || (field.name === 'name' && this.#asked.has('number'))
      field.box.hidden = !shown
      field.input.required = this.#asked.has(field.name)
    }
    element(this.#deps.document, 'name-optional').hidden = this.#asked.has('name')
    this.#announcing = true
    for (const field of this.#fields) this.#announce(field)
  }

  /** Judges every field as if the person had left it. The first one that is wrong gets the focus. */
  check(): boolean {
    const wrong = this.#shown().filter((field) => !this.#leave(field, true))
    wrong[0]?.input.focus()
    return wrong.length === 0
  }

  /** A field that intake did not take. */
  reject(name: FieldName, code: RejectionReason): void {
    const field = this.#fields.find((other) => other.name === name && !other.box.hidden)
    if (field === undefined) return
    this.#reject(field, code)
    field.input.focus()
  }

  /** The clean values of the fields on show, for sealing alone. */
  values(): Partial<Record<FieldName, string>> {
    return Object.fromEntries(this.#shown().map((field) => [field.name, field.clean]))
  }

  get brand(): string | undefined {
    return this.#card?.brand
  }

  get last4(): string {
    return this.#fields.find((field) => field.name === 'number')?.clean.slice(-4) ?? ''
  }

  lock(locked: boolean): void {
    for (const { input } of this.#fields) input.readOnly = locked
  }

  clear(): void {
    for (const field of this.#fields) {
      field.input.value = ''
      field.clean = ''
      field.status = 'pending'
      field.level = 'none'
      this.#unsay(field)
    }
    this.#card = null
    this.#announcing = false
    this.#showBrand()
  }

  focus(): void {
    this.#shown()[0]?.input.focus()
  }

  #adopt(name: FieldName): Field {
    const { document } = this.#deps
    const input = element(document, name) as HTMLInputElement // our own static document
    const box = input.closest<HTMLElement>('[data-field]') ?? input
    const field: Field = {
      name,
      box,
      input,
      error: element(document, `${name}-error`),
      clean: '',
      status: 'pending',
      level: 'none',
    }
    input.addEventListener('input', (event) => {
      // An input method composes on its own text; what it ends with is formatted.
      const { isComposing, inputType } = event as InputEvent // autofill sends a plain Event: both members are undefined then
      if (!isComposing) this.#edited(field, deletingOf(inputType))
    })
    input.addEventListener('compositionend', () => this.#edited(field, null))
    input.addEventListener('blur', () => this.#leave(field, false))
    return field
  }

  #edited(field: Field, deleting: 'back' | 'forward' | null): void {
    const { input } = field
    if (input.readOnly) return
    const focused = this.#deps.document.activeElement === input
    const { clean, text, caret } = reformat(
      { text: input.value, caret: input.selectionStart ?? input.value.length, was: field.clean, deleting },
      rules[field.name],
    )
    if (text !== input.value) {
      input.value = text
      // Only where the caret is: setting a selection elsewhere moves the focus on iOS.
      if (focused) input.setSelectionRange(caret, caret)
    }
    if (clean === field.clean) return
    field.clean = clean
    this.#unsay(field)
    this.#deps.onChange()
    if (field.name === 'number') this.#cardChanged()
    this.#follow(field)
    // Autofill and password managers write to fields that nobody stands in: those are left already.
    if (!focused && clean !== '') this.#leave(field, false)
  }

  /** The field's state after an edit: complete as soon as nothing more can be meant, otherwise active. */
  #follow(field: Field): void {
    const verdict = this.#judge(field)
    if (verdict.code === null && verdict.open !== true) return this.#complete(field)
    const news = field.status !== 'active' || field.level !== verdict.level
    const first = field.status === 'pending'
    field.status = 'active'
    field.level = verdict.level
    if (news) this.#tell(first ? [{ kind: 'started', field: field.name }] : [])
    if (news) this.#tell([{ kind: 'progress', field: field.name, level: verdict.level }])
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
    this.#tell([...(first ? [{ kind: 'started', field: field.name } as const] : []), this.#completed(field)])
  }

  #completed(field: Field): ProgressItem {
    const card = field.name === 'number' ? { ...(this.brand && { brand: this.brand }), last4: this.last4 } : {}
    return { kind: 'completed', field: field.name, ...card }
  }

  #reject(field: Field, code: RejectionReason): void {
    const sentence = this.#voice.sayField(field.name, code, this.#card?.cvcLength ?? 3)
    if (field.status === 'rejected' && field.error.textContent === sentence) return
    field.status = 'rejected'
    field.error.textContent = sentence
    field.input.setAttribute('aria-invalid', 'true')
    // The message of a field is read with the field; the status says it to whoever has moved on already.
    element(this.#deps.document, 'said').textContent = `${this.#voice.say(`label_${field.name}`)}: ${sentence}`
    this.#tell([{ kind: 'rejected', field: field.name, code }])
  }

  #unsay(field: Field): void {
    if (field.error.textContent === '') return
    field.error.textContent = ''
    field.input.removeAttribute('aria-invalid')
    element(this.#deps.document, 'said').textContent = ''
  }

  /** The code's length follows the scheme: a code that was right may be wrong now, and the other way round. */
  #cardChanged(): void {
    const number = this.#fields.find((field) => field.name === 'number')
    const before = this.#card?.cvcLength
    this.#card = brandOf(number?.clean ?? '')
    this.#showBrand()
    const cvc = this.#fields.find((field) => field.name === 'cvc')
    if (cvc === undefined || cvc.clean === '' || before === this.#card?.cvcLength) return
    this.#unsay(cvc)
    if (cvc.status !== 'active') cvc.status = 'active'
    this.#leave(cvc, false)
  }

  #showBrand(): void {
    const { document } = this.#deps
    element(document, 'number-brand').textContent = this.brand === undefined ? '' : brandName(this.brand)
    const count = String(this.#card?.cvcLength ?? 3)
    const cvc = element(document, 'cvc') as HTMLInputElement // our own static document
    cvc.placeholder = this.#voice.say('hint_cvc', { count })
  }

  #judge(field: Field): Verdict {
    const around: Surroundings = { card: this.#card, now: this.#deps.now(), required: field.input.required }
    return rules[field.name].judge(field.clean, around)
  }

  /** What a channel that has just been attached does not know yet. */
  #announce(field: Field): void {
    if (field.status === 'pending') return
    const now: Record<Field['status'], ProgressItem[]> = {
      pending: [],
      rejected: [],
      complete: [this.#completed(field)],
      active: [{ kind: 'progress', field: field.name, level: field.level }],
    }
    this.#tell([{ kind: 'started', field: field.name }, ...now[field.status]])
  }

  #tell(items: readonly ProgressItem[]): void {
    if (!this.#announcing) return
    for (const item of items) if ('field' in item && this.#asked.has(item.field)) this.#deps.on(item)
  }

  #shown(): Field[] {
    return this.#fields.filter((field) => !field.box.hidden)
  }
}

/** An element of the static document, which has it. */
export function element(document: Document, id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}
