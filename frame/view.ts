/** What the card shows besides its fields: what is paid to whom, notices, and the one line that is left in the end. */
import type { AttachAnswer } from '../protocol/capture-http.ts'
import { brandName } from './brand-name.ts'
import { element } from './form.ts'
import { mayBeSaved } from './may-be-saved.ts'
import { type OfferWords, offerWords, type Sentence } from './offer.ts'
import type { Word } from './words/en.ts'
import type { Voice } from './words/say.ts'

export type Phase = 'loading' | 'ready' | 'sending' | 'completed' | 'ended'

export class View {
  phase: Phase = 'loading'
  readonly #document: Document
  readonly #voice: () => Voice
  #offer: OfferWords | null = null

  constructor(document: Document, voice: () => Voice) {
    this.#document = document
    this.#voice = voice
  }

  /** The offer as intake told it, never as the host did. */
  ready(offer: AttachAnswer): void {
    const words = offerWords(offer, this.#voice().locale, new Date())
    this.#offer = words
    this.#say('title', words.title)
    if (words.amount === null) this.#say('amount', ['amount_none'])
    else this.#write('amount', words.amount)
    this.#say('next', ...words.next)
    element(this.#document, 'amount').classList.toggle('words', offer.amount === undefined)
    element(this.#document, 'badge').hidden = offer.mode !== 'sandbox'
    this.sending(false)
    this.quiet()
  }

  sending(sending: boolean): void {
    this.#enter(sending ? 'sending' : 'ready')
    const button = this.#button('submit')
    button.disabled = false
    button.ariaBusy = String(sending)
    this.#button('cancel').disabled = sending
    this.#say('submit-label', sending || this.#offer === null ? ['submit_sending'] : this.#offer.submit)
  }

  /** @param again whether the notice offers another try. */
  notice(word: Word, { again = false, kind = 'calm' }: { again?: boolean; kind?: 'wrong' | 'calm' } = {}): void {
    const notice = element(this.#document, 'notice')
    notice.hidden = false
    notice.dataset['kind'] = kind
    this.#say('notice-text', [word])
    element(this.#document, 'retry').hidden = !again
  }

  quiet(): void {
    const notice = element(this.#document, 'notice')
    // At every key.
    if (notice.hidden) return
    notice.hidden = true
    this.#write('notice-text', '')
  }

  /** The receipt: nothing of the card but what the chat may know too. */
  completed(brand: string | undefined, last4: string | undefined): void {
    const { say } = this.#voice()
    const card =
      last4 === undefined
        ? say('done_plain')
        : say('done_card', { brand: brandName(brand ?? say('done_plain')), last4 })
    this.#end('completed', [this.#offer?.done ?? 'done_save', { card, amount: this.#offer?.amount ?? '' }])
    mayBeSaved()
  }

  ended(word: Word, phase: 'completed' | 'ended' = 'ended'): void {
    this.#end(phase, [word])
  }

  #end(phase: 'completed' | 'ended', sentence: Sentence): void {
    const form = element(this.#document, 'form')
    const held = form.contains(this.#document.activeElement)
    this.#enter(phase)
    form.hidden = true
    const ending = element(this.#document, 'ending')
    ending.hidden = false
    this.#say('ending-text', sentence)
    this.#say('said', sentence)
    // The button that had the focus is gone: whoever goes by keyboard must not be thrown to the page's beginning.
    if (held) ending.focus({ preventScroll: true })
  }

  #enter(phase: Phase): void {
    this.phase = phase
    element(this.#document, 'card').dataset['phase'] = phase
  }

  #button(id: 'submit' | 'cancel'): HTMLButtonElement {
    return element(this.#document, id) as HTMLButtonElement // our own static document
  }

  #say(id: string, ...sentences: Sentence[]): void {
    say(element(this.#document, id), this.#voice(), sentences)
  }

  #write(id: string, text: string): void {
    element(this.#document, id).textContent = text
  }
}

/** What is filled in stands apart (`bdi`): a name, an amount or a number is read in its own direction. */
export function say(element: HTMLElement, voice: Voice, sentences: readonly Sentence[]): void {
  const nodes = sentences.flatMap(([word, values], index) => {
    const said = voice.pieces(word, values).map((piece, at) => {
      if (at % 2 === 0) return piece
      const apart = element.ownerDocument.createElement('bdi')
      apart.textContent = piece
      return apart
    })
    return index === 0 ? said : [' ', ...said]
  })
  element.replaceChildren(...nodes)
}
