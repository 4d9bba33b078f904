/**
 * The fields as the person meets them: inputs of the static document, their sentences and the scheme's name. Digits live
 * here: in the inputs, which never reflect a value to an attribute, and in `fields/field-set.ts`, until `clear()`. What
 * goes out of this file is coarse (`on`), or lent to `seal.ts`.
 */
import type { BrandMatch } from '../detect/brands.ts'
import { type Cobadge, networksOf, parseCobadges } from '../detect/cobadges.ts'
import type { AttachAnswer, ProgressItem } from '../protocol/capture-http.ts'
import type { FieldName } from '../protocol/capture-states.ts'
import type { RejectionReason } from '../protocol/errors.ts'
import { brandName } from './brand-name.ts'
import { deletingOf, reformat } from './caret.ts'
import { declared, wordFor } from './fields/declared.ts'
import { FieldSet } from './fields/field-set.ts'
import { wholeCard } from './fields/whole-card.ts'
import { Networks } from './networks.ts'
import type { Voice } from './words/say.ts'

export interface FormDeps {
  document: Document
  now(): Date
  /** Told in the order it happens, for fields that were asked for. */
  on(item: ProgressItem): void
  /** Any value has changed. */
  onChange(): void
  /** So many digits, and whether the scheme is known and has numbers of one length alone. */
  onNumber(digits: number, oneLength: boolean): void
}

export type Values = Partial<Record<FieldName | 'network', string>>

const names = Object.keys(declared) as FieldName[] // sound: the table's keys are the union

export class Form {
  readonly #deps: FormDeps
  readonly #fields: FieldSet
  readonly #networks: Networks
  #cobadges: readonly Cobadge[] = []
  /** The scheme and the networks that are on show. */
  #showing = ''
  #voice: Voice

  constructor(deps: FormDeps, voice: Voice) {
    this.#deps = deps
    this.#voice = voice
    this.#networks = new Networks(this.#element('network') as HTMLSelectElement, deps.onChange) // our own static document
    this.#fields = new FieldSet({
      now: deps.now,
      tell: deps.on,
      say: (field, code) => this.#say(field, code),
      cardChanged: (card, digits) => {
        deps.onNumber(digits, card?.lengths.length === 1)
        this.#showBrand(card)
      },
    })
    for (const name of names) this.#adopt(name)
    // What was typed while the script was on its way, and where they stand.
    for (const name of names) {
      const input = this.#input(name)
      if (input.value !== '') this.#edited(name, null)
      if (input === deps.document.activeElement) this.#fields.enter(name)
    }
    setTimeout(() => this.#rehearse())
  }

  /** Which fields are shown. */
  ask({ fields, card: stored, postal, cobadges = [] }: AttachAnswer, voice: Voice): void {
    this.#voice = voice
    this.#cobadges = parseCobadges(cobadges)
    this.#fields.ask(fields, { ...(stored && { stored: stored.brand }), ...(postal && { postal }) })
    if (postal?.numeric) this.#input('postal_code').inputMode = 'numeric'
    if (stored) {
      const card = voice.say('done_card', { brand: brandName(stored.brand), last4: stored.last4 })
      this.#element('cvc-label').textContent = voice.say('label_cvc_of', { card })
    }
    for (const name of names) {
      const input = this.#input(name)
      const box = input.closest<HTMLElement>('[data-field]') ?? input
      box.hidden = !this.#fields.isShown(name)
      if (box.hidden) input.value = ''
      input.required = this.#fields.isRequired(name)
      if (declared[name].offeredWith) this.#element(`${name}-optional`).hidden = input.required
    }
    this.#showing = ''
    this.#showBrand(this.#fields.card)
    // Said before, perhaps in another language.
    for (const name of names) {
      const code = this.#fields.said(name)
      if (code !== null) this.#say(name, code)
    }
  }

  /** Judges every field as if the person had left it. The first one that is wrong gets the focus. */
  check(): boolean {
    const wrong = this.#fields.check()
    if (wrong !== null) this.#input(wrong).focus()
    return wrong === null
  }

  /** A field that intake did not take. */
  reject(name: FieldName, code: RejectionReason): void {
    if (this.#fields.reject(name, code)) this.#input(name).focus()
  }

  /** The clean values of the fields on show, for sealing alone, and the network that was chosen. */
  values(): Values {
    return { ...this.#fields.values(), network: this.#networks.chosen }
  }

  get brand(): string | undefined {
    return this.#fields.card?.brand
  }

  get last4(): string {
    return this.#fields.last4
  }

  /** A name that the person has typed before; one that stands there already is newer. */
  suggestName(name: string): void {
    const input = this.#input('name')
    if (!this.#fields.isShown('name') || input.value !== '') return
    input.value = name
    this.#edited('name', null)
  }

  lock(locked: boolean): void {
    for (const name of names) this.#input(name).readOnly = locked
    this.#networks.lock(locked)
  }

  clear(): void {
    for (const name of names) this.#input(name).value = ''
    this.#fields.clear()
  }

  focus(): void {
    const first = names.find((name) => this.#fields.isShown(name))
    if (first !== undefined) this.#input(first).focus()
  }

  #adopt(name: FieldName): void {
    const input = this.#input(name)
    input.addEventListener('input', (event) => {
      // An input method composes on its own text; what it ends with is formatted.
      const { isComposing, inputType } = event as InputEvent // autofill sends a plain Event: both members are undefined then
      if (!isComposing) this.#edited(name, deletingOf(inputType))
    })
    // A field of one line would run the lines of a text together: it is read before.
    input.addEventListener('paste', (event) => this.#given(event, event.clipboardData))
    input.addEventListener('drop', (event) => this.#given(event, event.dataTransfer))
    input.addEventListener('compositionend', () => this.#edited(name, null))
    input.addEventListener('focus', () => this.#fields.enter(name))
    input.addEventListener('blur', () => this.#fields.leave(name))
  }

  #given(event: Event, data: DataTransfer | null): void {
    if (this.#filled(data?.getData('text') ?? '')) event.preventDefault()
  }

  /** Whether the text was a whole card; then each of its fields has its own. */
  #filled(text: string): boolean {
    const card = this.#input('number').readOnly ? null : wholeCard(text)
    if (card === null || !this.#fields.isShown('number')) return false
    for (const name of names) {
      const found = card[name as keyof typeof card] // sound: the names of a card's parts are fields
      if (found === undefined || !this.#fields.isShown(name)) continue
      this.#input(name).value = found
      this.#edited(name, null)
    }
    return true
  }

  #edited(name: FieldName, deleting: 'back' | 'forward' | null): void {
    const input = this.#input(name)
    if (input.readOnly) return
    // From a keyboard's own clipboard, which tells of no paste. The sign never stays in a number, so nobody types one.
    if (name === 'number' && input.value.includes('/') && this.#filled(input.value)) return
    const focused = this.#deps.document.activeElement === input
    const was = this.#fields.clean(name)
    const { clean, text, caret } = reformat(
      { text: input.value, caret: input.selectionStart ?? input.value.length, was, deleting },
      declared[name].rule,
    )
    if (text !== input.value) {
      input.value = text
      // Only where the caret is: setting a selection elsewhere moves the focus on iOS. The browser leaves it at the end, where
      // most people type; to set it there again would have the line laid out once more.
      if (focused && input.selectionStart !== caret) input.setSelectionRange(caret, caret)
    }
    if (clean === was) return
    this.#deps.onChange()
    this.#fields.edit(name, clean, focused)
  }

  /** The message of a field is read with the field; the status says it to whoever has moved on already. */
  #say(name: FieldName, code: RejectionReason | null): void {
    const { say } = this.#voice
    const count = String(this.#fields.card?.cvcLength ?? 3)
    const sentence = code === null ? '' : say(wordFor(declared[name], code), { count })
    this.#element(`${name}-error`).textContent = sentence
    const input = this.#input(name)
    if (code === null) input.removeAttribute('aria-invalid')
    else input.setAttribute('aria-invalid', 'true')
    this.#element('said').textContent =
      code === null ? '' : `${this.#element(`${name}-label`).textContent}: ${sentence}`
  }

  #showBrand(card: BrandMatch | null): void {
    const networks = networksOf(this.#fields.clean('number'), card?.brand, this.#cobadges)
    const showing = `${card?.brand} ${networks}`
    // At nearly every key nothing is new, and what is written anew is laid out anew.
    if (showing === this.#showing) return
    this.#showing = showing
    const news = this.#networks.show(networks)
    if (news) this.#element('said').textContent = news
    this.#element('number-brand').textContent = card === null || networks.length > 0 ? '' : brandName(card.brand)
    this.#input('cvc').placeholder = this.#voice.say('hint_cvc', { count: String(card?.cvcLength ?? 3) })
  }

  /**
   * What a key runs is compiled when it first runs: on an old phone the first key would wait for that. What stands
   * in the number stays, and of the card that is put together here nobody hears.
   */
  #rehearse(): void {
    const nobody = (): undefined => undefined
    const fields = new FieldSet({ now: this.#deps.now, tell: nobody, say: nobody, cardChanged: nobody })
    const { clean } = reformat({ text: '42424', caret: 5, was: '', deleting: null }, declared.number.rule)
    fields.edit('number', clean, true)
    this.#edited('number', null)
  }

  #input(name: FieldName): HTMLInputElement {
    return this.#element(name) as HTMLInputElement // our own static document
  }

  #element(id: string): HTMLElement {
    return element(this.#deps.document, id)
  }
}

/** An element of the static document, which has it. */
export function element(document: Document, id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}
