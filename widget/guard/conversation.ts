/**
 * What one person has said in a chat, and whether the next message may follow. Digits stay in this memory: of the last
 * messages, which the page has sent already, and of the composer's text while it is judged.
 */
import type { Armed, Finding, FindingKind, Guard } from '../../detect/finding.ts'
import { guardFor } from '../../detect/guard.ts'
import { en } from '../../detect/words/en.ts'
import type { Lexicon } from '../../detect/words/lexicon.ts'

export interface Place {
  /** UTF-16 offsets in the message. */
  start: number
  end: number
}

export interface Verdict {
  kinds: readonly FindingKind[]
  /** In order, none over another. */
  places: readonly Place[]
}

/** The detector looks no further back (`turnsMax` of its ledger). */
const messagesKept = 8
/** A kind that is no secret by itself: what is sent after a card was refused may well be a date of travel. */
const harmlessAlone: readonly FindingKind[] = ['expiry']

/**
 * Somebody may paste a book: what is kept after its first pages need not be read to its end, and is looked at again when
 * those are taken out.
 */
const pieceLength = 8_192

type Said = { text: string } | { arm: Armed; turns: number; ofGuard?: true }

export class Conversation {
  private languages: readonly Lexicon[] = [en]
  private said: Said[] = []

  /** English is always known; words that the detector cannot read are as if they had not come. */
  listenFor(lexicons: readonly Lexicon[]): void {
    const before = this.languages
    this.languages = [en, ...lexicons.filter(({ language }) => language !== 'en')]
    try {
      this.listen('0')
    } catch {
      this.languages = before
    }
  }

  arm(kind: Armed, turns: number): void {
    this.said.push({ arm: kind, turns })
    this.prune()
  }

  /**
   * A card was kept from being sent: its code may come next, without a word around it. Nobody asked for one, so a message
   * with words in it ("room 204") is none.
   */
  expectCode(): void {
    this.said = this.said.filter((one) => 'text' in one || !one.ofGuard)
    this.said.push({ arm: 'cvc', turns: 1, ofGuard: true })
  }

  /** This message has left. */
  add(text: string): void {
    this.said.push({ text })
    this.prune()
  }

  /** The last of each. */
  private prune(): void {
    const messages = this.said.filter((one) => 'text' in one).slice(-messagesKept)
    const armed = this.said.filter((one) => 'arm' in one).slice(-messagesKept)
    this.said = this.said.filter((one) => ('text' in one ? messages.includes(one) : armed.includes(one)))
  }

  forget(): void {
    this.said = []
  }

  /**
   * Null: it may be sent. Changes nothing, so it may be asked at every key. Fails closed: where the detector cannot judge,
   * nothing with a digit is sent.
   */
  judge(text: string): Verdict | null {
    if (text.trim() === '') return null
    try {
      return this.judged(text)
    } catch {
      return /\p{Nd}/u.test(text) ? { kinds: ['pan_suspect'], places: [{ start: 0, end: text.length }] } : null
    }
  }

  private judged(text: string): Verdict | null {
    const { verdict, held } = this.listen(text)
    if (verdict === null) return held > 0 ? this.unfinished(text) : null
    const { kinds } = verdict
    return kinds.every((kind) => harmlessAlone.includes(kind) && !this.isArmed(kind)) ? null : verdict
  }

  /** What the detector finds in this message, after all that was said. `held`: what it would keep for the next one. */
  private listen(text: string): { verdict: Verdict | null; held: number } {
    const guard = guardFor({}, this.languages)
    const turn = this.repeat(guard, /\p{L}/u.test(text))
    const places: Place[] = []
    const kinds = new Set<FindingKind>()
    const take = (findings: readonly Finding[]): void => {
      for (const { kind, spans } of findings) {
        for (const span of spans) {
          if (span.turn !== turn) continue
          kinds.add(kind)
          places.push({ start: span.start, end: span.end })
        }
      }
    }
    let held = 0
    for (let at = 0; at < text.length && kinds.size === 0; at += pieceLength) {
      const final = at + pieceLength >= text.length
      const pushed = guard.push(text.slice(at, at + pieceLength), { turn, final })
      held = pushed.held
      take(pushed.findings)
      if (final) take(guard.flush().findings)
    }
    return { verdict: kinds.size === 0 ? null : { kinds: [...kinds], places: apart(places) }, held }
  }

  /** Everything said so far, as it was said. Returns the number of the turn that comes. */
  private repeat(guard: Guard, hasWords: boolean): number {
    let turn = 0
    for (const one of this.said) {
      if ('arm' in one) {
        if (!one.ofGuard || !hasWords) guard.arm(one.arm, { turns: one.turns })
      } else {
        guard.push(one.text, { turn, final: true })
        turn += 1
      }
    }
    return turn
  }

  private isArmed(kind: FindingKind): boolean {
    return this.said.some((one) => 'arm' in one && one.arm === kind)
  }

  /**
   * Three groups of a card are not a number yet, and leave four digits to guess: too much to send. The detector holds them
   * back until the next message; a message that a person waits for cannot be held. It is kept where it is nothing but
   * digits, or where the detector takes it for a card's even with a last group that breaks Luhn: the talk is of a card then.
   */
  private unfinished(text: string): Verdict | null {
    const before = this.said.flatMap((one) => ('text' in one ? [one.text] : []))
    const whole = [...before, text].join('\n')
    const last = [...whole.matchAll(threeGroups)].at(-1)
    if (last === undefined) return null
    const offset = whole.length - text.length
    const end = last.index + last[0].length - offset
    const start = Math.max(last.index - offset, text.search(/\p{Nd}/u))
    if (end <= start) return null
    const bare = !/\p{L}/u.test(text)
    // Over several messages only where they are nothing but digits: three answers may each be a number.
    if (!bare && last.index < offset) return null
    const said = (group: string): Verdict | null => this.listen(`${text.slice(0, end)} ${group}`).verdict
    // One of the two breaks Luhn.
    if (!bare && !(said('0000') && said('0001'))) return null
    return { kinds: ['pan_suspect'], places: [{ start, end }] }
  }
}

/** 4-4-4 or 4-6, as the start of 16 or 15 digits is written; phone numbers have other groups, or a plus. */
const threeGroups =
  /(?<![+\p{Nd}])\p{Nd}{4}[^\p{L}\p{Nd}]{1,3}(?:\p{Nd}{6}|\p{Nd}{4}[^\p{L}\p{Nd}]{1,3}\p{Nd}{4})(?!\p{Nd})/gu

function apart(places: Place[]): Place[] {
  const sorted = places.sort((a, b) => a.start - b.start)
  const kept: Place[] = []
  for (const place of sorted) {
    const last = kept[kept.length - 1]
    if (last !== undefined && place.start <= last.end) last.end = Math.max(last.end, place.end)
    else kept.push({ ...place })
  }
  return kept
}

/** Says that something was there; the detector knows it for a mask, so what is left has no finding. */
export const mask = '••••'

/** The message without those places; empty where nothing would be left to say. */
export function without(text: string, places: readonly Place[]): string {
  let left = ''
  let at = 0
  for (const { start, end } of places) {
    left += text.slice(at, start) + mask
    at = end
  }
  left += text.slice(at)
  return /[\p{L}\p{Nd}]/u.test(left) ? left : ''
}
