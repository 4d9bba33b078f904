/**
 * From the link to the form: a tap, which uses the link up; one pick out of four phrases; the attach. Nothing is sent
 * before the tap. What was lost on the way is sent again as it was: another wish would be another try.
 */
import type { LinkOpenAnswer, LinkPickAnswer } from '../../protocol/capture-http.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { verdictOf } from '../refusals.ts'
import type { Word } from '../words/en.ts'

export interface StepsDeps {
  open(): Promise<LinkOpenAnswer>
  pick(choice: number | null): Promise<LinkPickAnswer>
  view: StepsView
  attached(answer: LinkPickAnswer): void
  wait(ms: number): Promise<void>
  isOnline(): boolean
}

export interface StepsView {
  /** What was pressed is on its way. */
  waiting(on: boolean): void
  choices(answer: LinkOpenAnswer): void
  /** `again` sends the same once more. */
  notice(word: Word, again: () => void): void
  ended(title: Word, more: Word): void
}

const triesInARow = 3

export class Steps {
  readonly #deps: StepsDeps
  #step: 'tap' | 'pick' | 'done' = 'tap'
  #busy = false
  #picked: { choice: number | null } | null = null

  constructor(deps: StepsDeps) {
    this.#deps = deps
  }

  async tap(): Promise<void> {
    if (this.#step !== 'tap') return
    const answer = await this.#ask(this.#deps.open, () => this.tap())
    if (answer === null) return
    this.#step = 'pick'
    this.#deps.view.choices(answer)
  }

  /** The first choice is the one that counts, also where its answer was lost. */
  async pick(choice: number | null): Promise<void> {
    if (this.#step !== 'pick') return
    this.#picked ??= { choice }
    const first = this.#picked.choice
    const answer = await this.#ask(
      () => this.#deps.pick(first),
      () => this.pick(first),
    )
    if (answer === null) return
    this.#step = 'done'
    this.#deps.attached(answer)
  }

  /** Null where it is over, or waits for the person. */
  async #ask<T>(send: () => Promise<T>, again: () => Promise<void>): Promise<T | null> {
    if (this.#busy) return null
    const { view, wait } = this.#deps
    this.#busy = true
    view.waiting(true)
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          return await send()
        } catch (error) {
          const { code, final } = verdictOf(error)
          if (final) {
            this.#step = 'done'
            view.ended(...endings(code))
            return null
          }
          if (code === 'request.rate_limited' || tries === triesInARow) {
            view.notice(this.#noticeOf(code), () => void again())
            return null
          }
          await wait(300 * tries)
        }
      }
    } finally {
      this.#busy = false
      view.waiting(false)
    }
  }

  #noticeOf(code: ErrorCode): Word {
    if (code === 'channel.offline') return this.#deps.isOnline() ? 'link_lost' : 'link_offline'
    return code === 'request.rate_limited' ? 'link_wait' : 'link_trouble'
  }
}

const endings = (code: ErrorCode): [Word, Word] =>
  code === 'channel.wrong_person' ? ['link_wrong', 'link_wrong_more'] : ['link_over', 'link_over_more']
