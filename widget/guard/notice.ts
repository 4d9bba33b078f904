/**
 * What a person reads beside the composer: one sentence and two ways on. A shadow root of its own, a sheet by CSSOM and
 * text nodes alone, so that the strictest policy holds. The focus stays where it is.
 */
import { noticeStyles } from './notice-styles.ts'
import type { GuardWords } from './words.ts'

export interface NoticeLanguage {
  lang: string
  rtl: boolean
  words: GuardWords
}

export interface Choices {
  form(): void
  remove(): void
}

export class Notice {
  /** What stands in the page. */
  readonly element: HTMLElement = document.createElement('sallyport-notice')
  private readonly root: ShadowRoot
  private readonly choices: Choices

  constructor(choices: Choices) {
    this.choices = choices
    this.root = this.element.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(noticeStyles)
    this.root.adoptedStyleSheets = [sheet]
  }

  get isShown(): boolean {
    return this.element.isConnected && this.root.childElementCount > 0
  }

  /** Nothing is to be chosen. */
  get isStatus(): boolean {
    return this.root.querySelector('button') === null
  }

  /** Said anew each time, so that it is read out each time. */
  refuse(place: Element, language: NoticeLanguage, sentence: string): void {
    // Who has the keyboard on a choice keeps it.
    if (this.isShown && this.root.activeElement !== null) return
    const { words } = language
    const box = this.say(place, language, sentence, 'alert')
    const row = document.createElement('div')
    row.append(button(words.form, 'form', this.choices.form), button(words.remove, 'remove', this.choices.remove))
    box.append(row)
  }

  status(place: Element, language: NoticeLanguage, sentence: string): void {
    this.say(place, language, sentence, 'status')
  }

  hide(): void {
    this.root.replaceChildren()
    this.element.remove()
  }

  private say(place: Element, { lang, rtl }: NoticeLanguage, sentence: string, role: 'alert' | 'status'): HTMLElement {
    if (this.element.nextSibling !== place) place.before(this.element)
    const box = document.createElement('section')
    box.lang = lang
    box.dir = rtl ? 'rtl' : 'ltr'
    const text = document.createElement('p')
    text.setAttribute('role', role)
    box.append(text)
    this.root.replaceChildren(box)
    // A live region is read when it changes, so it stands there before it speaks.
    text.textContent = sentence
    return box
  }
}

function button(label: string, part: string, act: () => void): HTMLButtonElement {
  const one = document.createElement('button')
  one.type = 'button'
  one.setAttribute('part', part)
  one.textContent = label
  one.addEventListener('click', act)
  return one
}
