/** A conversation that is listened to while it runs. See DESIGN §9 and, for what is held and why, `ledger.ts`. */
import { type Automaton, compile } from './automaton.ts'
import type { DetectOptions, Guard, Pushed, PushOptions } from './finding.ts'
import { type Prefilter, prefilterOf } from './prefilter.ts'
import { rulesetOf } from './ruleset.ts'
import { Listening } from './speaker.ts'
import { newSpeaker, newTalk, type Rules, type Speaker, type Talk } from './state.ts'
import type { Lexicon } from './words/lexicon.ts'

export interface Compiled {
  automaton: Automaton
  ruleset: string
  prefilter: Prefilter
}

const compiled = new WeakMap<readonly Lexicon[], Compiled>()

/** Once a list of languages, on its first use. */
export function compiledFor(languages: readonly Lexicon[]): Compiled {
  const known = compiled.get(languages)
  if (known !== undefined) return known
  const automaton = compile(languages)
  const fresh = { automaton, ruleset: rulesetOf(languages), prefilter: prefilterOf(automaton) }
  compiled.set(languages, fresh)
  return fresh
}

function rulesOf(options: DetectOptions, languages: readonly Lexicon[]): Rules {
  const { automaton, ruleset } = compiledFor(options.languages ?? languages)
  return { automaton, ruleset, channel: options.channel ?? 'chat', without: new Set(options.without ?? []) }
}

class Conversation implements Guard {
  private readonly rules: Rules
  private talk: Talk = newTalk()
  private readonly speakers = new Map<string, Speaker>()
  /** Where a speaker's open segment began, for the next revision of it. */
  private readonly before = new Map<string, { speaker: Speaker; talk: Talk }>()
  private turn = 0
  private ended = false

  constructor(rules: Rules, armed: DetectOptions['armed']) {
    this.rules = rules
    for (const kind of armed ?? []) this.talk.armed[kind] = Number.MAX_SAFE_INTEGER
  }

  push(chunk: string, options: PushOptions = {}): Pushed {
    const turn = options.turn ?? (this.ended ? this.turn + 1 : this.turn)
    this.turn = turn
    this.ended = options.final ?? false
    const name = options.speaker ?? ''
    const speaker = this.speakerFor(name, options)
    const listening = new Listening(speaker, this.talk, this.rules)
    listening.begin(turn)
    listening.hear(chunk)
    if (options.final) listening.end()
    const crossed = options.final && options.crosses ? { crossed: listening.crossOut() } : {}
    return { release: listening.release(), held: speaker.hold.text.length, ...taken(speaker), ...crossed }
  }

  /** A revision is heard from where its segment began, by a copy. */
  private speakerFor(name: string, { replaces, final }: PushOptions): Speaker {
    if (replaces) {
      const start = this.before.get(name) ?? this.remember(name)
      this.talk = structuredClone(start.talk)
      this.speakers.set(name, structuredClone(start.speaker))
    }
    if (!replaces || final) this.before.delete(name)
    let speaker = this.speakers.get(name)
    if (speaker === undefined) {
      speaker = newSpeaker()
      this.speakers.set(name, speaker)
    }
    return speaker
  }

  private remember(name: string): { speaker: Speaker; talk: Talk } {
    const start = {
      speaker: structuredClone(this.speakers.get(name) ?? newSpeaker()),
      talk: structuredClone(this.talk),
    }
    this.before.set(name, start)
    return start
  }

  flush(): Omit<Pushed, 'held'> {
    const all: Omit<Pushed, 'held'> = { release: '', findings: [], amend: [] }
    for (const speaker of this.speakers.values()) {
      const listening = new Listening(speaker, this.talk, this.rules)
      listening.finish()
      all.release += listening.release()
      const { findings, amend } = taken(speaker)
      all.findings.push(...findings)
      all.amend.push(...amend)
    }
    this.ended = true
    return all
  }

  arm(kind: 'pan' | 'cvc' | 'expiry', { turns }: { turns: number }): void {
    this.talk.armed[kind] = Math.max(this.talk.armed[kind], this.talk.turns + turns)
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
