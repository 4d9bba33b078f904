/** A conversation that is listened to while it runs. See DESIGN §9 and, for what is held and why, `ledger.ts`. */
import { type Automaton, compile } from './automaton.ts'
import type { DetectOptions, Guard, Pushed, PushOptions } from './finding.ts'
import { rulesetOf } from './ruleset.ts'
import { Listening } from './speaker.ts'
import { newSpeaker, newTalk, type Rules, type Speaker, type Talk } from './state.ts'
import type { Lexicon } from './words/lexicon.ts'

export interface Compiled {
  automaton: Automaton
  ruleset: string
}

/** What is made of a list of languages once, on its first use. */
export function onceFor<T>(make: (languages: readonly Lexicon[]) => T): (languages: readonly Lexicon[]) => T {
  const made = new WeakMap<readonly Lexicon[], T>()
  return (languages) => {
    const known = made.get(languages) ?? make(languages)
    made.set(languages, known)
    return known
  }
}

export const compiledFor = onceFor(
  (languages): Compiled => ({ automaton: compile(languages), ruleset: rulesetOf(languages) }),
)

function rulesOf(options: DetectOptions, languages: readonly Lexicon[]): Rules {
  const { automaton, ruleset } = compiledFor(options.languages ?? languages)
  return { automaton, ruleset, channel: options.channel ?? 'chat', without: new Set(options.without ?? []) }
}

class Conversation implements Guard {
  readonly #rules: Rules
  #talk: Talk = newTalk()
  readonly #speakers = new Map<string, Listening>()
  /** Where a speaker's open segment began, for the next revision of it. */
  readonly #before = new Map<string, { speaker: Speaker; talk: Talk }>()
  #turn = 0
  #ended = false

  constructor(rules: Rules, armed: DetectOptions['armed']) {
    this.#rules = rules
    for (const kind of armed ?? []) this.#talk.armed[kind] = Number.MAX_SAFE_INTEGER
  }

  push(chunk: string, options: PushOptions = {}): Pushed {
    const turn = options.turn ?? (this.#ended ? this.#turn + 1 : this.#turn)
    this.#turn = turn
    this.#ended = options.final ?? false
    const listening = this.#listeningTo(options.speaker ?? '', options)
    listening.talk = this.#talk
    listening.begin(turn)
    listening.hear(chunk)
    if (options.final) listening.end()
    const crossed = options.final && options.crosses ? listening.crossOut() : undefined
    const release = listening.release()
    const { speaker } = listening
    const { findings, amend } = taken(speaker)
    const pushed: Pushed = { release, held: speaker.hold.text.length, findings, amend }
    if (crossed !== undefined) pushed.crossed = crossed
    return pushed
  }

  /** A revision is heard from where its segment began, by a copy. */
  #listeningTo(name: string, { replaces, final }: PushOptions): Listening {
    if (replaces) {
      const start = this.#before.get(name) ?? this.#remember(name)
      this.#talk = structuredClone(start.talk)
      this.#speakers.set(name, this.#listening(structuredClone(start.speaker)))
    }
    if (!replaces || final) this.#before.delete(name)
    let listening = this.#speakers.get(name)
    if (listening === undefined) {
      listening = this.#listening(newSpeaker())
      this.#speakers.set(name, listening)
    }
    return listening
  }

  #listening(speaker: Speaker): Listening {
    return new Listening(speaker, this.#talk, this.#rules)
  }

  #remember(name: string): { speaker: Speaker; talk: Talk } {
    const start = {
      speaker: structuredClone(this.#speakers.get(name)?.speaker ?? newSpeaker()),
      talk: structuredClone(this.#talk),
    }
    this.#before.set(name, start)
    return start
  }

  flush(): Omit<Pushed, 'held'> {
    const all: Omit<Pushed, 'held'> = { release: '', findings: [], amend: [] }
    for (const listening of this.#speakers.values()) {
      listening.talk = this.#talk
      listening.finish()
      all.release += listening.release()
      const { findings, amend } = taken(listening.speaker)
      all.findings.push(...findings)
      all.amend.push(...amend)
    }
    this.#ended = true
    return all
  }

  arm(kind: 'pan' | 'cvc' | 'expiry', { turns }: { turns: number }): void {
    this.#talk.armed[kind] = Math.max(this.#talk.armed[kind], this.#talk.turns + turns)
  }
}

function taken(speaker: Speaker): Pick<Pushed, 'findings' | 'amend'> {
  const { findings, amend } = speaker
  speaker.findings = []
  speaker.amend = []
  return { findings, amend }
}

export const guardFor = (options: DetectOptions, languages: readonly Lexicon[]): Guard =>
  new Conversation(rulesOf(options, languages), options.armed)
