/**
 * **collect**, kept to its place: a message that carries a card is stopped before it is sent. What is in the composer is
 * read here, judged and forgotten; nothing of it goes to the network, a log or an event.
 */
import type { Armed, FindingKind } from '../../detect/finding.ts'
import { around, boxOf, type Composer, composerIn, formsOf, rootsOf, type SendButton, sends } from './composer.ts'
import { Conversation, type Verdict, without, mask } from './conversation.ts'
import { enter, listen, type Listener } from './doors.ts'
import { ComposerGuardEvent, ComposerLeakEvent } from './events.ts'
import { fileFor, type GuardLanguage, load } from './languages.ts'
import { Notice, type NoticeLanguage } from './notice.ts'
import { goToOpenForm } from './open-form.ts'
import { replace, readText } from './text.ts'
import { english } from './words.ts'

export interface ComposerGuardOptions {
  /** The person would rather use the form: ask your agent for a capture. The same as the event `sallyport:guard`. */
  onCard?: (event: ComposerGuardEvent) => void
  /**
   * What is listened for beside English, and first what is spoken: a tag, whose file is loaded, or the file's content.
   * Without it: the language that the composer stands in.
   */
  languages?: readonly (string | GuardLanguage)[]
  /** The button that sends, or a selector of it. Without it: the form's own, or any beside the composer. */
  sendButton?: SendButton
  /** What the notice stands before. Without it: the composer with its buttons. */
  before?: Element
  /** Ends the guard, as `release()` does. */
  signal?: AbortSignal
}

const speaksEnglish: NoticeLanguage = { lang: 'en', rtl: false, words: english }
const roundsMax = 3

export class Guard implements Listener {
  private readonly element: Element
  private readonly options: ComposerGuardOptions
  private readonly conversation = new Conversation()
  private readonly notice: Notice
  private language: NoticeLanguage = speaksEnglish
  private readonly leave: () => void
  private released = false
  private found: Composer | null = null
  private roots: { composer: Composer; list: ShadowRoot[]; listening: AbortController } | null = null
  /** What a gesture may have sent; it has been when the composer holds something else. */
  private pending: string | null = null
  /** What the composer held when it was last looked at. */
  private draft = ''
  private kinds: readonly FindingKind[] = []
  private readonly seen = new WeakSet<Event>()

  constructor(element: Element, options: ComposerGuardOptions) {
    this.element = element
    this.options = options
    this.notice = new Notice({ form: () => void this.choose(true), remove: () => void this.choose(false) })
    this.leave = enter(this)
    this.follow()
    void this.learn()
  }

  arm(kind: Armed, turns: number): void {
    this.conversation.arm(kind, turns)
  }

  release(): void {
    this.released = true
    this.leave()
    this.roots?.listening.abort()
    this.roots = null
    this.notice.hide()
    this.pending = null
    this.draft = ''
    this.conversation.forget()
  }

  /** The composer as it stands now: a custom element may draw it late, or anew. */
  private get composer(): Composer | null {
    if (this.found?.isConnected && [this.found, ...around(this.found)].includes(this.element)) return this.found
    this.found = composerIn(this.element)
    return this.found
  }

  /** Listens where `submit` can be heard, and inside a closed root that the element stands in. */
  private follow(): Composer | null {
    const { composer } = this
    if (composer === null) return null
    const list = rootsOf(composer)
    const now = this.roots
    if (now?.composer === composer && list.length === now.list.length && list.every((one, at) => one === now.list[at]))
      return composer
    now?.listening.abort()
    const listening = new AbortController()
    this.roots = { composer, list, listening }
    for (const root of list) listen(root, (event) => this.hear(event), listening.signal)
    return composer
  }

  hear(event: Event): void {
    if (this.released || this.seen.has(event)) return
    if (event.type === 'sallyport:ready') return this.formCame()
    const composer = this.follow()
    if (composer === null) return
    const path = event.composedPath()
    if (path.includes(this.notice.element)) return
    const gesture = gestureOf(event, path, composer, this.options.sendButton)
    if (gesture === null) return
    this.seen.add(event)
    this.settle(composer, event)
    if (gesture === 'entries' && event instanceof FormDataEvent) return this.strip(event.formData, composer)
    if (gesture === 'edit') return this.edited(composer, event)
    const { text } = readText(composer)
    const verdict = this.conversation.judge(text)
    if (verdict === null) {
      this.pending = text.trim() === '' ? this.pending : text
      setTimeout(() => this.released || this.settle(composer))
      return
    }
    stop(event)
    if (gesture === 'sends') this.refuse(composer, verdict)
  }

  /**
   * A message has left when the composer no longer begins with it; and what was written, in whatever way it was sent, when
   * the page has emptied the composer by itself.
   */
  private settle(composer: Composer, event?: Event): void {
    const { text } = readText(composer)
    const left = this.pending ?? (event?.type === 'input' ? '' : this.draft)
    const hasLeft = this.pending === null ? text.trim() === '' && left.trim() !== '' : !text.startsWith(left)
    this.draft = text
    if (!hasLeft) return
    this.conversation.add(left)
    this.pending = null
    this.notice.hide()
  }

  private refuse(composer: Composer, verdict: Verdict): void {
    this.kinds = verdict.kinds
    this.show(composer)
    if (verdict.kinds.includes('pan')) this.conversation.expectCode()
    composer.dispatchEvent(new ComposerLeakEvent(verdict.kinds))
  }

  /** Pasted or dropped: said before anybody tries to send it. Typed: the notice goes with its reason. */
  private edited(composer: Composer, event: Event): void {
    const isWhole = comesWhole(event)
    // Every key of a long message need not be judged: it is when it is sent.
    if (!isWhole && !this.notice.isShown) return
    const judge = (): void => {
      if (this.released) return
      const verdict = this.conversation.judge(readText(composer).text)
      if (verdict === null) return this.notice.hide()
      this.kinds = verdict.kinds
      if (isWhole) this.show(composer)
    }
    if (event.type === 'input') return judge()
    // An editor puts in by itself what was pasted into it, and tells nobody.
    if (isWhole) setTimeout(judge, 50)
  }

  private show(composer: Composer): void {
    const { words } = this.language
    const isNumber = this.kinds.some((kind) => kind !== 'cvc' && kind !== 'expiry')
    this.notice.refuse(this.place(composer), this.language, isNumber ? words.number : words.details)
  }

  private place(composer: Composer): Element {
    return this.options.before ?? beside(boxOf(composer))
  }

  private async choose(form: boolean): Promise<void> {
    const { composer, kinds } = this
    if (composer === null) return
    await this.takeOut(composer)
    if (this.released) return
    const { asked, removed } = this.language.words
    const isEmpty = readText(composer).text.trim() === ''
    const said = isEmpty ? removed.replace(/(?<=[.。]).+$/, '') : removed
    this.notice.status(this.place(composer), this.language, form ? asked : said)
    if (!form) return
    const open = goToOpenForm()
    if (open) this.notice.hide()
    const event = new ComposerGuardEvent(kinds, open)
    composer.dispatchEvent(event)
    this.options.onCard?.(event)
  }

  /** Until nothing is found in what is left; what cannot be mended in place goes as a whole. */
  private async takeOut(composer: Composer): Promise<void> {
    for (let round = 0; round <= roundsMax; round += 1) {
      const { text } = readText(composer)
      const verdict = this.conversation.judge(text)
      if (verdict === null) return
      const left = round < roundsMax ? without(text, verdict.places) : ''
      await replace(composer, left, verdict.places, mask)
    }
  }

  /** `form.submit()` and `new FormData(form)` ask nobody: what they take along has no card in it. */
  private strip(data: FormData, composer: Composer): void {
    const { text } = readText(composer)
    const plain = (one: FormDataEntryValue): string => (typeof one === 'string' ? one.replaceAll('\r\n', '\n') : '')
    const verdict = this.conversation.judge(text)
    if (verdict === null) return
    for (const name of new Set(data.keys())) {
      const values = data.getAll(name)
      if (!values.some((one) => plain(one).includes(text))) continue
      data.delete(name)
      for (const one of values) data.append(name, plain(one).includes(text) ? without(text, verdict.places) : one)
    }
  }

  private formCame(): void {
    if (this.notice.isShown && this.notice.isStatus) this.notice.hide()
  }

  private async learn(): Promise<void> {
    const tag = this.element.closest<HTMLElement>('[lang]')?.lang ?? document.documentElement.lang
    const asked = this.options.languages ?? [tag]
    const all = await Promise.all(
      asked.map((one) => {
        if (typeof one !== 'string') return one
        const name = fileFor(one)
        return name === undefined ? null : load(name)
      }),
    )
    const [first] = all
    if (first) this.language = { lang: first.lang, rtl: first.rtl ?? false, words: first.words }
    this.conversation.listenFor(all.flatMap((one) => one?.lexicon ?? []))
  }
}

/**
 * `sends`: the person sends now. `moves`: a part of such a gesture, which a page may already act on. `edit`: the text
 * changes. `entries`: a form's data is gathered. Null: none of the composer's business.
 */
type Gesture = 'sends' | 'moves' | 'edit' | 'entries'

function gestureOf(
  event: Event,
  path: readonly EventTarget[],
  composer: Composer,
  sendButton: SendButton | undefined,
): Gesture | null {
  if (event.type === 'submit' || event.type === 'formdata') {
    const isOurs = event.target instanceof HTMLFormElement && formsOf(composer).includes(event.target)
    return isOurs ? (event.type === 'submit' ? 'sends' : 'entries') : null
  }
  if (path.includes(composer)) {
    if (event instanceof KeyboardEvent) {
      if (event.key !== 'Enter' && event.keyCode !== 13) return event.type === 'keydown' ? 'edit' : null
      return event.type === 'keydown' && !event.repeat && !event.isComposing ? 'sends' : 'moves'
    }
    if (event.type === 'beforeinput')
      return event instanceof InputEvent && /^insert(?:LineBreak|Paragraph)$/.test(event.inputType) ? 'sends' : 'edit'
    return /^(?:input|paste|drop|focusin)$/.test(event.type) ? 'edit' : null
  }
  // A hotkey of the page's, which may send from anywhere.
  if (event instanceof KeyboardEvent && event.key === 'Enter' && (event.ctrlKey || event.metaKey))
    return event.type === 'keydown' ? 'sends' : 'moves'
  const isPress = event instanceof KeyboardEvent && (event.key === 'Enter' || event.key === ' ')
  if (!isPress && !(event instanceof UIEvent && /^(?:click|pointer|mouse|touch)/.test(event.type))) return null
  if (!sends(path, composer, sendButton)) return null
  return event.type === 'click' || event.type === 'keydown' ? 'sends' : 'moves'
}

const comesWhole = (event: Event): boolean =>
  event instanceof InputEvent
    ? /^insertFrom(?:Paste|Drop)|^insertReplacement/.test(event.inputType)
    : event.type === 'paste' || event.type === 'drop'

function stop(event: Event): void {
  event.stopImmediatePropagation()
  // The Enter that ends a composition is the input method's own: only the page does not hear of it.
  if (event instanceof KeyboardEvent && (event.isComposing || event.keyCode === 229)) return
  // What a finger or a pointer begins ends in a click, which is what the person is told about.
  if (!/^(?:pointer|touch)/.test(event.type)) event.preventDefault()
}

/** A row of boxes side by side has no place for a sentence: before the row, then. */
function beside(box: Element): Element {
  let at = box
  while (at.parentElement !== null) {
    const { display, flexDirection } = getComputedStyle(at.parentElement)
    if (!display.includes('flex') || flexDirection.startsWith('column')) break
    at = at.parentElement
  }
  return at
}
