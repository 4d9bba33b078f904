/** What the link's page shows before the form: who asks, the four phrases, what went wrong. Texts alone, no markup. */
import type { LinkOpenAnswer } from '../../protocol/capture-http.ts'
import { element } from '../form.ts'
import { printable } from '../offer.ts'
import { say } from '../view.ts'
import type { Word } from '../words/en.ts'
import type { Voice } from '../words/say.ts'
import type { StepsView } from './steps.ts'

export class GatePage implements StepsView {
  readonly #document: Document
  readonly #voice: Voice
  readonly #choices: readonly HTMLButtonElement[]
  #again: () => void = () => {}

  constructor(document: Document, voice: Voice, on: { tap(): void; pick(choice: number | null): void }) {
    this.#document = document
    this.#voice = voice
    this.#choices = [...document.querySelectorAll<HTMLButtonElement>('[data-choice]')]
    const pressed = (button: HTMLElement, act: () => void): void =>
      button.addEventListener('click', (event) => {
        // A person's tap: a script that clicks, as some previews do, is none.
        if (event.isTrusted) act()
      })
    pressed(element(document, 'gate-go'), on.tap)
    pressed(element(document, 'gate-again'), () => {
      this.#find('gate-notice').hidden = true
      this.#again()
    })
    for (const button of this.#choices) {
      const { choice = '' } = button.dataset
      pressed(button, () => on.pick(choice === 'none' ? null : Number(choice)))
    }
  }

  /** The link is there, and this browser can seal. */
  ready(): void {
    this.#button('gate-go').disabled = false
  }

  waiting(on: boolean): void {
    const go = this.#button('gate-go')
    go.disabled = on
    go.ariaBusy = String(on)
    for (const button of this.#choices) button.disabled = on
  }

  choices({ business, purpose, choices }: LinkOpenAnswer): void {
    say(this.#find('pick-asks'), this.#voice, [[`link_asks_${purpose}`, { business: printable(business) }]])
    for (const [at, phrase] of choices.entries()) {
      const button = this.#choices[at]
      if (button !== undefined) button.textContent = phrase
    }
    this.#show('gate-pick', 'pick-question')
  }

  notice(word: Word, again: () => void): void {
    this.#again = again
    this.#find('gate-notice').hidden = false
    this.#write('gate-notice-text', this.#voice.say(word))
  }

  ended(title: Word, more: Word): void {
    this.#write('end-text', this.#voice.say(title))
    this.#write('end-more', this.#voice.say(more))
    this.#show('gate-end', 'end-text')
  }

  /** The form takes the gate's place. */
  attached(): void {
    this.#find('gate').hidden = true
    this.#find('card').hidden = false
    // Not a field: a phone's keyboard would cover who asks, and how much.
    const title = this.#find('title')
    title.tabIndex = -1
    title.focus({ preventScroll: true })
  }

  /** Nothing more is to be done here. */
  closed(): void {
    this.#find('after').hidden = false
  }

  /** Whoever goes by keyboard or by ear is led to what is new. */
  #show(section: 'gate-pick' | 'gate-end', title: string): void {
    for (const id of ['gate-tap', 'gate-pick', 'gate-end']) this.#find(id).hidden = id !== section
    this.#find('gate-notice').hidden = true
    this.#find(title).focus({ preventScroll: true })
  }

  #find(id: string): HTMLElement {
    return element(this.#document, id)
  }
  #button(id: string): HTMLButtonElement {
    return this.#find(id) as HTMLButtonElement // our own static document
  }
  #write(id: string, text: string): void {
    this.#find(id).textContent = text
  }
}
