/**
 * A conversation whose texts go on only as the guard releases them, with words in place of what it found: who reads on
 * (a model, an agent's screen) learns that there was a card number, and no more than its first six digits, where those
 * had left before it was known to be one.
 */
import type { Armed, Finding, FindingKind, Guard, Pushed, Span } from './finding.ts'

export type Placeholders = Record<FindingKind | 'held', string>

/** None of them is a finding, nor makes one of what stands beside it. */
export const placeholders: Placeholders = {
  pan: '[card number removed]',
  pan_suspect: '[possible card number removed]',
  cvc: '[security code removed]',
  expiry: '[expiry date removed]',
  track: '[card stripe removed]',
  held: '[number held back]',
}

export interface Heard {
  /** What may go on. */
  text: string
  findings: Finding[]
  /** Parts of findings that had left in an earlier turn. */
  amend: Span[]
  /** Whether digits that the next turn may complete to a number were kept from this one. */
  held: boolean
}

/** What does not go on, by its place in all that the speaker has said. */
interface Gap {
  start: number
  end: number
  says: keyof Placeholders
  told: boolean
}

interface Speaker {
  /** What has not gone on yet, and the place of its first character. */
  raw: string
  from: number
  turns: { turn: number; base: number }[]
  gaps: Gap[]
  open: boolean
}

type Released = Pick<Pushed, 'release' | 'held' | 'findings' | 'crossed'>

/** As far back as a number may have begun, and one for the turn at hand. */
const turnsKept = 10

export class Talk {
  private readonly guard: Guard
  private readonly words: Placeholders
  private readonly speakers = new Map<string, Speaker>()
  private turns = 0
  private broken = false

  constructor(guard: Guard, words: Placeholders = placeholders) {
    this.guard = guard
    this.words = words
  }

  arm(kind: Armed, options: { turns: number }): void {
    this.guarded(() => this.guard.arm(kind, options))
  }

  /** A piece of what a speaker is saying. Throws `GuardFailed`, now and for ever, where the guard fails: nothing goes on then. */
  hear(speaker: string, chunk: string): Heard {
    return this.guarded(() => this.push(speaker, chunk))
  }

  /** The turn is complete, with its last piece. The speaker's next piece begins another one. */
  endTurn(speaker: string, chunk = ''): Heard {
    return this.guarded(() => this.push(speaker, chunk, { final: true, crosses: true }))
  }

  /** Nothing more comes, of anybody: what is open is decided, and its findings are told by speaker. */
  finish(): { speaker: string; findings: Finding[]; amend: Span[] }[] {
    return this.guarded(() => {
      const { findings, amend } = this.guard.flush()
      const found = [...this.speakers].map(([speaker, { turns }]) => {
        const own = ({ turn }: Span): boolean => turns.some((one) => one.turn === turn)
        const of = findings.filter(({ spans }) => spans.some(own))
        return { speaker, findings: of, amend: amend.filter(own) }
      })
      this.speakers.clear()
      return found
    })
  }

  /** As `finish`, where nobody but this speaker has spoken: with the rest of the text. */
  finishWith(speaker: string): Heard {
    return this.guarded(() => {
      const last = this.push(speaker, '', { final: true })
      const { release, findings, amend } = this.guard.flush()
      const text = last.text + this.compose(this.said(speaker), { release, held: 0, findings })
      this.speakers.clear()
      return { text, findings: [...last.findings, ...findings], amend: [...last.amend, ...amend], held: false }
    })
  }

  /** The number of the speaker's present turn, for findings to be placed by. */
  turnOf(speaker: string): number {
    return this.speakers.get(speaker)?.turns.at(-1)?.turn ?? 0
  }

  private push(name: string, chunk: string, end: { final?: boolean; crosses?: boolean } = {}): Heard {
    const said = this.said(name)
    if (!said.open) this.begin(said)
    const turn = said.turns.at(-1)?.turn ?? 0
    const pushed = this.guard.push(chunk, { speaker: name, turn, ...end })
    said.raw += chunk
    said.open = end.final !== true
    const { findings, amend, crossed = [] } = pushed
    return { text: this.compose(said, pushed), findings, amend, held: crossed.length > 0 }
  }

  private said(name: string): Speaker {
    let said = this.speakers.get(name)
    if (said === undefined) {
      said = { raw: '', from: 0, turns: [], gaps: [], open: false }
      this.speakers.set(name, said)
    }
    return said
  }

  private begin(said: Speaker): void {
    this.turns += 1
    said.turns.push({ turn: this.turns, base: said.from + said.raw.length })
    if (said.turns.length > turnsKept) said.turns.shift()
    said.open = true
  }

  /** What is released now, with words in place of what is not. Nothing stands in it that `release` does not have. */
  private compose(said: Speaker, { release, held, findings, crossed = [] }: Released): string {
    const to = said.from + said.raw.length - held
    said.gaps.push(...findings.flatMap(({ kind, spans }) => gapsOf(said, kind, spans)))
    said.gaps.push(...gapsOf(said, 'held', crossed))
    said.gaps.sort((a, b) => a.start - b.start)
    let text = ''
    let seen = 0
    let at = said.from
    const plain = (until: number): void => {
      if (until <= at) return
      const part = said.raw.slice(at - said.from, until - said.from)
      const there = release.indexOf(part, seen)
      if (there < 0) throw new TypeError('the guard has not released this')
      seen = there + part.length
      text += part
      at = until
    }
    for (const gap of said.gaps) {
      if (gap.start >= to || gap.end <= at) continue
      plain(gap.start)
      if (!gap.told) text += this.words[gap.says]
      gap.told = true
      at = Math.max(at, Math.min(gap.end, to))
    }
    plain(to)
    said.raw = said.raw.slice(to - said.from)
    said.from = to
    said.gaps = said.gaps.filter((gap) => gap.end > to)
    return text
  }

  private guarded<T>(work: () => T): T {
    if (this.broken) throw new GuardFailed()
    try {
      return work()
    } catch (error) {
      // Its message could quote what it choked on; its class does not.
      this.broken = true
      this.speakers.clear()
      throw new GuardFailed(error instanceof Error ? error.constructor.name : typeof error)
    }
  }
}

/** The guard failed, so that nothing of this conversation goes on. */
export class GuardFailed extends Error {
  /** The class of the error, for who looks for its cause. */
  readonly code: string
  constructor(code = 'failed before') {
    super('the guard failed; nothing of this conversation goes on')
    this.name = 'GuardFailed'
    this.code = code
  }
}

/** Parts with nothing to read between them, over the end of a turn too, are one. */
function gapsOf(said: Speaker, says: Gap['says'], spans: readonly Span[]): Gap[] {
  const gaps: Gap[] = []
  for (const span of spans) {
    const base = said.turns.findLast(({ turn }) => turn === span.turn)?.base
    if (base === undefined) continue
    const [start, end] = [base + span.start, base + span.end]
    const last = gaps.at(-1)
    const between = last === undefined ? '' : said.raw.slice(last.end - said.from, start - said.from)
    if (last !== undefined && last.end >= said.from && !/[\p{L}\p{N}]/u.test(between))
      last.end = Math.max(last.end, end)
    else gaps.push({ start, end, says, told: false })
  }
  return gaps
}
