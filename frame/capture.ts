/**
 * One capture in this document, from `open` to its end: **collect → seal → mint → announce**. The form holds the
 * digits; here they pass once, from the form into the seal. Runs with a host, which is told, or without (a link page).
 */
import type { AttachAnswer, AttachRequest, ProgressItem, SealingKey } from '../protocol/capture-http.ts'
import { hasEnded, type CaptureState, type EndState } from '../protocol/capture-states.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { OpenCommand } from '../protocol/port.ts'
import { canSeal } from '../crypto/hpke-web.ts'
import { attachPatiently } from './attaching.ts'
import { build } from './build.ts'
import type { CaptureDeps } from './capture-deps.ts'
import { clock, wait } from './clock.ts'
import { element, Form } from './form.ts'
import { gestures } from './gestures.ts'
import * as intake from './intake.ts'
import { amongForms, KeptName } from './kept-name.ts'
import { Pace } from './pace.ts'
import { Progress } from './progress.ts'
import { afterAttach, endedElsewhere, endingOf, isOnline, noticeOf, rejectionOf, verdictOf } from './refusals.ts'
import { seal } from './seal.ts'
import { submitSealed } from './submit.ts'
import { View } from './view.ts'
import { Gate, observeForm } from './visibility.ts'
import { follow } from './watch.ts'
import type { Word } from './words/en.ts'
import { hostLocales, pageWords, translate, voiceFor, type Voice } from './words/say.ts'

/** The agent is told of the last fields before the form is sent, unless the network keeps it waiting. */
const flushWaitMs = 1_500

export class CaptureForm {
  readonly #deps: CaptureDeps
  readonly #form: Form
  readonly #view: View
  readonly #progress: Progress
  readonly #pace = new Pace(clock.now)
  readonly #names = new KeptName(amongForms)
  readonly #gate: Gate
  readonly #life = new AbortController()
  #voice: Voice
  #command: OpenCommand | null = null
  #attached: AttachAnswer | null = null
  #key: SealingKey | null = null
  /** What was sealed last, until a value changes: a lost answer is asked for with the same bytes. */
  #sealed: string | null = null
  #wakeAttach: () => void = () => {}
  #cancelWanted = false
  #suspended = false
  #watching = new AbortController()
  #returning: Promise<boolean> | null = null

  constructor(deps: CaptureDeps) {
    const { document } = deps
    this.#deps = deps
    this.#voice = voiceFor(pageWords(document), ...hostLocales(document))
    this.#view = new View(document, () => this.#voice)
    this.#progress = new Progress({
      ...clock,
      send: async (items) => this.#sendProgress(items),
      tellHost: (hint) => deps.host.tell({ t: 'progress', ...hint }),
      pace: this.#pace,
    })
    this.#form = new Form(
      {
        document,
        now: () => new Date(),
        on: (item) => this.#progress.add(item),
        onChange: () => {
          this.#sealed = null
          if (this.#view.phase === 'ready') this.#view.quiet()
          this.#goOn()
        },
        onNumber: (digits, oneLength) => this.#pace.numberEdited(digits, oneLength),
      },
      this.#voice,
    )
    this.#gate = new Gate({
      ...clock,
      observe: (heard) => observeForm(element(document, 'form'), heard),
      lift: (up) => deps.host.tell({ t: 'lift', up }),
      refuse: () => this.#tellCovered(),
      comeBack: () => this.#comeBack(),
      isWanted: () => !this.#life.signal.aborted,
    })
    gestures(document, {
      submit: () => void this.#submit(),
      cancel: () => void this.#cancel(),
      retry: () => this.#wakeAttach(),
    })
  }

  /** Begins. The same capture again is no news; another one is refused: a document serves one capture. */
  open(command: OpenCommand): ErrorCode | null {
    if (this.#command !== null) return this.#command.captureId === command.captureId ? null : 'system.conflict'
    this.#command = command
    void this.#attach(command)
    return null
  }

  focus(): void {
    if (this.#running) this.#form.focus()
  }

  /** The document goes, or the host lets go of it: what is typed goes with it. */
  detach(): void {
    const attached = this.#attached
    if (attached === null || !this.#running) return
    const items: ProgressItem[] = [{ kind: 'detached', reason: 'closed' }]
    void this.#sendProgress(items, true).catch(() => {})
    this.#stop()
    this.#form.clear()
  }

  /** Someone else holds a port of ours: nothing is taken any more. */
  compromised(code: ErrorCode): void {
    if (!this.#running) return
    if (this.#attached !== null) void this.#sendProgress([{ kind: 'shield_failed', code }]).catch(() => {})
    this.#fail(code, 'ended_unusable')
  }

  get #running(): boolean {
    return this.#view.phase !== 'completed' && this.#view.phase !== 'ended'
  }

  async #attach(command: OpenCommand): Promise<void> {
    if (!(await canSeal())) return this.#fail('channel.unsupported', 'ended_unusable')
    const attached = await this.#ask(command)
    if (attached === null || !this.#running) return
    this.#attached = attached
    this.#key = attached.key
    if (this.#cancelWanted) return this.#cancel()
    const { spoken } = attached
    if (spoken !== undefined) translate(this.#deps.document, spoken)
    this.#voice = voiceFor(spoken ?? this.#voice, attached.locale, ...hostLocales(this.#deps.document))
    this.#view.ready(attached)
    this.#form.ask(attached, this.#voice)
    this.#names.want(attached.retry_of, attached.tenant, (name) => this.#form.suggestName(name))
    this.#deps.measure()
    this.#deps.host.tell({ t: 'ready' })
    void this.#follow(attached)
  }

  /** Null when it is over, which has been told. */
  async #ask({ captureId, clientSecret }: OpenCommand): Promise<AttachAnswer | null> {
    const { channel, ancestors, attached } = this.#deps
    if (attached !== undefined && this.#attached === null) return attached
    const { lang } = this.#voice
    const request: AttachRequest = { v: 1, capture_id: captureId, channel, ancestors: [...ancestors], build, lang }
    const isFirst = this.#attached === null
    const answer = await attachPatiently({
      ask: () => intake.attach(clientSecret, request, { signal: this.#life.signal }),
      isWanted: () => this.#running,
      pause: (code) => this.#pause(code),
      slow: () => isFirst && this.#view.notice('slow'),
      late: () => this.#deps.host.tell({ t: 'error', code: 'channel.timeout', fatal: false }),
      wait,
    })
    if (answer === null || !this.#running) return null
    if ('attached' in answer) return answer.attached
    if ('ended' in answer) this.#ended(answer.ended)
    else {
      const { code } = this.#attached === null ? answer : afterAttach({ ...answer, final: true })
      this.#fail(code, endingOf(code))
    }
    return null
  }

  /** The person, or the network, says when to try again. */
  #pause(code: ErrorCode): Promise<void> {
    this.#tellWrong(code, noticeOf(code), true)
    const woken = new Promise<void>((resolve) => {
      this.#wakeAttach = resolve
      addEventListener('online', () => resolve(), { once: true })
    })
    return woken.then(() => this.#view.notice('slow'))
  }

  async #follow(attached: AttachAnswer): Promise<void> {
    const capture = { capture_id: this.#captureId, epoch: attached.epoch }
    const watching = new AbortController()
    this.#watching = watching
    await follow({
      ask: (after, signal) => intake.watch(attached.session_secret, { ...capture, after }, { signal }),
      onState: (state) => this.#stateChanged(state),
      onRefused: (refusal) => {
        // Of an epoch that is over already, or while the next one is on its way.
        if (this.#attached !== attached || this.#returning !== null) return
        const { code } = afterAttach(verdictOf(refusal))
        // What is on its way hears of it in its own answer: a new epoch now would only make that one stale.
        if (!this.#running || this.#view.phase === 'sending') return
        if (code === 'channel.lost') void this.#comeBack()
        else this.#fail(code, endingOf(code))
      },
      wait,
      signal: AbortSignal.any([this.#life.signal, watching.signal]),
    })
  }

  /**
   * Intake took this frame for gone (a phone slept, the network was away, the page was in the browser's cache): it takes
   * the same capture up anew, with what is typed. False where that cannot be, which has been told.
   */
  #comeBack(): Promise<boolean> {
    this.#returning ??= this.#attachAgain().finally(() => {
      this.#returning = null
    })
    return this.#returning
  }

  async #attachAgain(): Promise<boolean> {
    const [command, before] = [this.#command, this.#attached]
    if (command === null || before === null) return false
    this.#watching.abort()
    const attached = await this.#ask({ ...command, clientSecret: before.session_secret })
    if (attached === null || !this.#running) return false
    this.#attached = attached
    this.#key = attached.key
    this.#sealed = null
    this.#gate.again()
    this.#progress.again()
    if (this.#view.phase === 'ready') this.#view.quiet()
    this.#form.ask(attached, this.#voice)
    void this.#follow(attached)
    return true
  }

  /** The document goes into the browser's cache, and may come out of it: what is typed waits there with it. */
  sleep(): void {
    if (!this.#running) return
    void this.#sendProgress([{ kind: 'detached', reason: 'closed' }], true).catch(() => {})
    this.#watching.abort()
  }

  wake(): void {
    if (this.#running && this.#attached !== null && this.#view.phase === 'ready') void this.#comeBack()
  }

  /** The agent answered a question meanwhile: whoever types on has come back to the form. */
  #goOn(): void {
    const fields = this.#attached?.fields ?? []
    const field = fields.find((name) => name === this.#deps.document.activeElement?.id) ?? fields[0]
    if (!this.#suspended || field === undefined) return
    this.#suspended = false
    void this.#sendProgress([{ kind: 'started', field }]).catch(() => {})
  }

  #stateChanged(state: CaptureState): void {
    // While the form is on its way, its own answer says how it ended.
    if (!this.#running || this.#view.phase === 'sending') return
    this.#suspended = state === 'suspended'
    this.#deps.host.tell({ t: 'state', state })
    if (hasEnded(state)) this.#ended(state)
  }

  #ended(state: EndState): void {
    const [word, told] = endedElsewhere[state]
    // The watch may be quicker than the answer to the person's own.
    const own = state === 'canceled' && this.#cancelWanted ? 'ended_canceled_here' : word
    this.#end(own, () => this.#deps.host.tell(told), state === 'completed' ? state : 'ended')
  }

  async #submit(): Promise<void> {
    if (this.#attached === null || this.#view.phase !== 'ready') return
    this.#view.quiet()
    if (!this.#form.check()) return void this.#progress.flush()
    this.#view.sending(true)
    this.#form.lock(true)
    // A page of its own has nothing over it, and no host to lift it.
    if (this.#deps.channel === 'web' && !(await this.#gate.passes())) return
    const attached = this.#attached
    try {
      const told = Promise.race([this.#progress.flush(), wait(flushWaitMs)])
      const answer = await submitSealed({
        seal: async (key) => {
          const body = await this.#seal(attached, key)
          await told
          return body
        },
        send: (body) => intake.submit(attached.session_secret, body),
        wait,
      })
      const { brand = this.#form.brand, last4 = this.#form.last4, token } = answer
      this.#stop()
      this.#names.keep(this.#captureId, attached.tenant, this.#form.values().name ?? '')
      this.#view.completed(brand, last4 === '' ? undefined : last4)
      // A browser may have kept them; they are empty before anyone hears of a token.
      this.#form.clear()
      this.#deps.measure()
      this.#deps.host.tell({ t: 'complete', ...(token && { token }), ...(brand && { brand }), ...(last4 && { last4 }) })
    } catch (error) {
      this.#form.lock(false)
      this.#view.sending(false)
      // The old epoch can make no token any more, so the new one makes the only one.
      if (error instanceof intake.Refusal && error.code === 'channel.lost') {
        if (await this.#comeBack()) return this.#submit()
        return
      }
      this.#refused(error)
    } finally {
      this.#gate.lower()
    }
  }

  async #tellCovered(): Promise<void> {
    this.#form.lock(false)
    this.#view.sending(false)
    this.#tellWrong('shield.covered', 'covered')
    await this.#progress.flush()
    await this.#sendProgress([{ kind: 'shield_failed', code: 'shield.covered' }]).catch(() => {})
  }

  async #seal(attached: AttachAnswer, key?: SealingKey): Promise<string> {
    if (key !== undefined) {
      this.#key = key
      this.#sealed = null
    }
    const input = { captureId: this.#captureId, attached, build, visibility: this.#gate.visibility }
    const values = this.#form.values()
    this.#sealed ??= JSON.stringify(await seal({ ...input, key: this.#key ?? attached.key, values }))
    return this.#sealed
  }

  #refused(error: unknown): void {
    const { code, final, field } = afterAttach(verdictOf(error))
    const reason = rejectionOf(code)
    if (reason !== null) {
      this.#sealed = null
      return this.#form.reject(field ?? 'number', reason)
    }
    if (final) return this.#fail(code, endingOf(code))
    // The button that was pressed is the way to try again, and a second one beside it would be a question.
    this.#tellWrong(code, code === 'channel.offline' && isOnline() ? 'unanswered' : noticeOf(code))
  }

  /** The form stands; the host may offer another way meanwhile. */
  #tellWrong(code: ErrorCode, word: Word, again = false): void {
    this.#view.notice(word, { again, kind: 'wrong' })
    this.#deps.measure()
    this.#deps.host.tell({ t: 'error', code, fatal: false })
  }

  async #cancel(): Promise<void> {
    const command = this.#command
    if (command === null || !this.#running || this.#view.phase === 'sending') return
    const attached = this.#attached
    this.#cancelWanted = true
    try {
      await intake.cancel(attached?.session_secret ?? command.clientSecret, {
        capture_id: command.captureId,
        ...(attached && { epoch: attached.epoch }),
      })
    } catch (error) {
      // Refused: it has ended otherwise, and the watch says how; or it is to be attached first, and then canceled.
      this.#cancelWanted = attached === null
      if (error instanceof intake.Unreachable && this.#running)
        this.#view.notice(noticeOf('channel.offline'), { kind: 'wrong' })
      return
    }
    if (this.#running) this.#end('ended_canceled_here', () => this.#deps.host.tell({ t: 'canceled' }))
  }

  #fail(code: ErrorCode, word: Word): void {
    this.#end(word, () => this.#deps.host.tell({ t: 'error', code, fatal: true }))
  }

  #end(word: Word, announce: () => void, phase: 'completed' | 'ended' = 'ended'): void {
    if (!this.#running) return
    this.#stop()
    this.#form.clear()
    this.#view.ended(word, phase)
    this.#deps.measure()
    announce()
  }

  /** Nothing is sent or told of fields from here on. */
  #stop(): void {
    this.#progress.end()
    this.#life.abort()
  }

  async #sendProgress(items: ProgressItem[], keepalive = false): Promise<void> {
    const attached = this.#attached
    if (attached === null) return
    const { session_secret, epoch } = attached
    try {
      await intake.sendProgress(session_secret, { capture_id: this.#captureId, epoch, items }, { keepalive })
    } catch (error) {
      // Intake's no is final for these hints; the watch tells why. Only a lost connection keeps them.
      if (!(error instanceof intake.Refusal)) throw error
      if (error.code === 'channel.lost' && this.#running && this.#attached === attached) void this.#comeBack()
    }
  }

  get #captureId(): string {
    return this.#command?.captureId ?? ''
  }
}
