/**
 * collect: whether the frame that holds a capture is still there. Its sign of life is the long poll of `/v1/watch`, which a
 * browser drops with the document. No digits.
 *
 * 1. A poll that breaks off and does not come again within a moment: the channel is lost, and so is one that does not ask
 *    again after an answer. A page that says goodbye (`detached`) is quicker; a frame that is torn out may not get to it.
 * 2. Another intake may have the next poll: before anything is written, the database is asked whether somebody has.
 * 3. An intake that ends has lost nobody: its timers end with it, and what an intake that died had in its hands is found
 *    by the next one, in the rows that nobody renews.
 *
 * What is written is `detach` through the machine: resumable, and no end. A phone that slept attaches again.
 */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { SallyportError } from '../../protocol/errors.ts'
import type { Log } from '../log.ts'
import { change } from './store.ts'

export interface PresenceTimes {
  brokenMs: number
  answeredMs: number
  forgottenMs: number
  lookEveryMs: number
}

export const presenceTimes: PresenceTimes = {
  /** A frame whose poll broke asks again after 200 ms; the agent hears of a lost one within two seconds. */
  brokenMs: 1_200,
  /** After an answer the next question is on its way; a phone in a pocket needs a little longer. */
  answeredMs: 5_000,
  /** Two polls and more: whoever had the frame has died. */
  forgottenMs: 50_000,
  lookEveryMs: 10_000,
}
const batchMax = 100

interface PresenceDeps {
  db: pg.Pool
  log: Log
}

interface Here {
  polls: number
  /** The last one's name. */
  poll: string
  timer: NodeJS.Timeout | undefined
}

export class Presence {
  readonly #intake: PresenceDeps
  readonly #times: PresenceTimes
  readonly #here = new Map<string, Here>()
  readonly #look: NodeJS.Timeout
  #ended = false

  constructor(intake: PresenceDeps, times: PresenceTimes = presenceTimes) {
    this.#intake = intake
    this.#times = times
    this.#look = setInterval(() => void this.#forgotten(), times.lookEveryMs)
    this.#look.unref()
  }

  /** A poll has begun, of a frame that has shown its session. The answer ends it: `whole`, or cut off on its way. */
  async enter(capture: string, epoch: number): Promise<(whole: boolean) => void> {
    const key = `${capture} ${epoch}`
    const here = this.#here.get(key) ?? { polls: 0, poll: '', timer: undefined }
    this.#here.set(key, here)
    const poll = randomUUID()
    here.polls += 1
    here.poll = poll
    clearTimeout(here.timer)
    const leave = (whole: boolean): void => {
      here.polls -= 1
      if (here.polls > 0 || this.#ended) return
      const graceMs = whole ? this.#times.answeredMs : this.#times.brokenMs
      here.timer = setTimeout(() => {
        if (this.#here.get(key) === here) this.#here.delete(key)
        void this.#missed(capture, epoch, here.poll)
      }, graceMs)
    }
    await this.#intake.db.query({
      name: 'presence_seen',
      text: 'select presence_seen($1, $2, $3)',
      values: [capture, epoch, poll],
    })
    return leave
  }

  /** Nothing is written any more: whoever was here is looked after by the next intake. */
  end(): void {
    this.#ended = true
    clearInterval(this.#look)
    for (const { timer } of this.#here.values()) clearTimeout(timer)
    this.#here.clear()
  }

  get size(): number {
    return this.#here.size
  }

  async #missed(capture: string, epoch: number, poll: string): Promise<void> {
    try {
      const { rows } = await this.#intake.db.query<{ asked: boolean }>({
        name: 'presence_asked_since',
        text: 'select presence_asked_since($1, $2) as asked',
        values: [capture, poll],
      })
      if (this.#ended || rows[0]?.asked === true) return
      await this.#lost(capture, epoch)
    } catch (error) {
      this.#intake.log.warn({ event: 'presence.unwritten', capture, error })
    }
  }

  async #forgotten(): Promise<void> {
    try {
      const { rows } = await this.#intake.db.query<{ capture: string; epoch: number }>({
        name: 'presence_forgotten',
        text: 'select * from presence_forgotten($1, $2)',
        values: [this.#times.forgottenMs, batchMax],
      })
      for (const { capture, epoch } of rows) await this.#lost(capture, epoch)
    } catch (error) {
      if (!this.#ended) this.#intake.log.warn({ event: 'presence.unread', error })
    }
  }

  /** A capture that has ended, or was taken up by another frame meanwhile, has lost nothing. */
  async #lost(capture: string, epoch: number): Promise<void> {
    try {
      await change(this.#intake.db, capture, () => [{ kind: 'detach', epoch, reason: 'lost' }])
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error
    }
  }
}
