/**
 * One speaker's text on its way: decode, read, keep in the ledger, judge each run when nothing more can join it, release
 * up to the oldest live candidate. Works by characters, so that it makes no difference how the text was cut.
 * State is plain data: a recogniser's revision starts again from a copy.
 */
import { crossedPlaces } from './cross-out.ts'
import { decode, type Emit, endDecoding, isPlain } from './decode.ts'
import { type EncodedRun, encodedFrontier, encodedShown, endEncoded, takeEncoded } from './encoded.ts'
import type { Armed, Finding, Span } from './finding.ts'
import { cross, type Edit, masked, nowhere, release } from './hold.ts'
import { type Item, says } from './items.ts'
import { judgePans, panOf } from './judge.ts'
import type { Found, Setting } from './run.ts'
import {
  addDigit,
  addItem,
  cutBack,
  exposed,
  frontier,
  isIdle,
  live,
  nextRun,
  retract,
  spent,
  turnsMax,
} from './ledger.ts'
import { lengthMax } from './iin.ts'
import { editsOf } from './mask.ts'
import type { Sink } from './open-word.ts'
import { endTurn, mayBecomeNumber, read } from './reader.ts'
import { settledFrontier } from './settled.ts'
import { heldMax, newSpeaker, type Rules, type Speaker, type Talk } from './state.ts'
import { judgeTails } from './tails.ts'
import { endTrack, inTrack, takeTrack, type TrackFound, trackFrontier } from './track.ts'

const contextTurns = 2
/** The shortest number that people commonly have. */
const usualMin = 15
const depthMax = 2

export class Listening implements Sink {
  readonly speaker: Speaker
  readonly #rules: Rules
  /** Another one where a revision took the talk back. */
  talk: Talk
  /** How many encodings the text has come out of. */
  readonly #depth: number

  constructor(speaker: Speaker, talk: Talk, rules: Rules, depth = 0) {
    this.#depth = depth
    this.speaker = speaker
    this.talk = talk
    this.#rules = rules
  }

  digit(value: number, start: number): void {
    addDigit(this.speaker.ledger, value, start, this.#tail())
  }

  wordEnds(): void {
    const { ledger } = this.speaker
    if (ledger.wordDigits > 0) cutBack(ledger)
  }

  retract(start: number): void {
    retract(this.speaker.ledger, start)
  }

  idle(): boolean {
    return isIdle(this.speaker.ledger)
  }

  pass(masked: boolean): void {
    this.speaker.ledger.leftGlued = masked
  }

  #armed(kind: Armed): boolean {
    return this.talk.armed[kind] >= this.talk.turns
  }

  /** Named in one of the turns before this one. */
  #asked(at: number): boolean {
    return at < this.talk.turns && at >= this.talk.turns - contextTurns
  }

  /** Whether a code or an expiry may come without a label. */
  #tail(): boolean {
    const { talk, speaker } = this
    return (
      this.#armed('cvc') ||
      this.#armed('expiry') ||
      speaker.afterPan >= talk.turns ||
      this.#asked(talk.cvcAt) ||
      this.#asked(talk.expiryAt)
    )
  }

  begin(turn: number): void {
    const { speaker, talk } = this
    if (speaker.turns.at(-1)?.turn === turn) return
    this.end()
    talk.turns += 1
    speaker.turns.push({ turn, base: speaker.end, count: talk.turns })
    speaker.reader.turn = turn
    speaker.reader.parted = 0
    speaker.reader.gap = 0
    speaker.ledger.armed = this.#armed('pan')
    const last = speaker.turns.find((one) => one.turn === speaker.ledger.turn)
    if (last && talk.turns - last.count > turnsMax) this.#close()
    while ((speaker.turns[0]?.count ?? talk.turns) < talk.turns - turnsMax - 1) speaker.turns.shift()
  }

  hear(chunk: string): void {
    const { speaker } = this
    const { decoder, encoded } = speaker
    speaker.hold.text += chunk
    for (let index = 0; index < chunk.length; index += 1) {
      const code = chunk.charCodeAt(index)
      const start = speaker.end
      speaker.end = start + 1
      const run = this.#depth < depthMax ? takeEncoded(encoded, code, start) : null
      if (run !== null) this.#unwrap(run)
      if (isPlain(decoder, code)) this.#take(code, start, start + 1)
      else decode(decoder, { code, start, end: start + 1, depth: 0 }, this.#emit)
      const at = this.#frontier()
      if (speaker.end - Math.max(at, speaker.crossed) >= heldMax) this.#overflow()
    }
  }

  #take(code: number, start: number, end: number): void {
    const { speaker } = this
    const track = takeTrack(speaker.track, code, start, end)
    read(speaker.reader, this.#rules.automaton, code, start, end, this)
    if (track !== null) this.#stripe(track)
  }

  readonly #emit: Emit = (code, start, end) => this.#take(code, start, end)

  /**
   * The turn, or this part of it, is complete. What may go on in the next one stays, also a number that is suspect for
   * its missing digits; nothing does where the talk is over.
   */
  end(over = false): void {
    const { speaker } = this
    const run = endEncoded(speaker.encoded)
    if (run) this.#unwrap(run)
    endDecoding(speaker.decoder, this.#emit)
    const track = endTrack(speaker.track)
    endTurn(speaker.reader, this.#rules.automaton, this)
    if (track) this.#stripe(track)
    const found = this.#judge()
    const short = found.every((one) => one.kind === 'pan_suspect' && one.digits.length < usualMin)
    if ((found.length > 0 && !short) || over || !this.#mayGoOn()) this.#close(found)
  }

  /** What a run decodes to is a text of its own. */
  #unwrap(run: EncodedRun): void {
    const inner = newSpeaker()
    const listening = new Listening(inner, structuredClone(this.talk), this.#rules, this.#depth + 1)
    listening.begin(0)
    listening.hear(run.text)
    listening.finish()
    for (const finding of inner.findings) {
      if (finding.kind === 'cvc' || finding.kind === 'expiry') continue
      const one: Found = {
        ...finding,
        reasons: [...finding.reasons, `VIEW.${run.view}`],
        digits: [{ start: run.start, end: run.end }],
      }
      this.#report(one, [{ start: run.start + encodedShown, end: run.end, with: masked.repeat(4) }])
      return
    }
  }

  /** Stripe data: its digits are no number besides. */
  #stripe({ start, end, maskFrom, rule }: TrackFound): void {
    if (this.#rules.without.has(rule)) return
    retract(this.speaker.ledger, start)
    this.speaker.ledger.carried = null
    this.#report({ kind: 'track', rule, reasons: [rule], digits: [{ start, end }] }, [
      { start: maskFrom, end, with: masked.repeat(4) },
    ])
  }

  /** Everything is decided. */
  finish(): void {
    this.end(true)
  }

  /** Nothing is to stay held: digits that the next turn may complete are crossed out, and stay in the ledger. */
  crossOut(): Span[] {
    const { speaker } = this
    const at = this.#frontier()
    speaker.crossed = speaker.end
    const asked = this.#armed('pan') || this.talk.cardAt >= this.talk.turns - contextTurns
    const turn = { start: speaker.turns.at(-1)?.base ?? 0, end: speaker.end }
    const places = crossedPlaces(speaker.ledger, at, turn, asked).filter(({ end }) => end > speaker.hold.from)
    const edits = editsOf('cvc', places, [])
    cross(speaker.hold, edits)
    return edits.flatMap((edit) => this.#turnsOf([edit]))
  }

  /** Text that may leave now. */
  release(): string {
    const { speaker } = this
    const { ledger, reader, decoder } = speaker
    if (speaker.crossed === speaker.end) return release(speaker.hold, speaker.end)
    const at = this.#frontier(true)
    // A word may say four digits, so that the seventh is near from the third on.
    const near = live(ledger) >= 3 || ledger.label || this.#tail()
    const [opened] = decoder.open
    const mayCount =
      reader.letters > 0 &&
      (near || live(ledger) + Math.floor(reader.size / 3) >= exposed) &&
      (reader.ideographs || mayBecomeNumber(reader, this.#rules.automaton))
    const to = Math.min(
      speaker.end,
      at >= speaker.crossed ? at : (ledger.starts.find((start) => start >= speaker.crossed) ?? nowhere),
      reader.high?.start ?? nowhere,
      (near ? opened?.start : undefined) ?? nowhere,
      (mayCount ? reader.starts[0] : undefined) ?? nowhere,
    )
    return release(speaker.hold, to)
  }

  /** The oldest place that must not leave yet. @param isSure looked at closely, as is dear at each letter. */
  #frontier(isSure = false): number {
    const { ledger, encoded, track } = this.speaker
    const found = frontier(ledger)
    const own = isSure && found < nowhere ? settledFrontier(ledger, this.#rules.without) : found
    return Math.min(own, encodedFrontier(encoded), trackFrontier(track))
  }

  item(item: Item): void {
    const { speaker, talk } = this
    if (says(item, 'cvc')) talk.cvcAt = talk.turns
    if (says(item, 'expiry')) talk.expiryAt = talk.turns
    if (says(item, 'card') && !this.#namesOtherCard(item)) talk.cardAt = talk.turns
    addItem(speaker.ledger, item, this.#tail())
    if (spent(speaker.ledger, speaker.reader.turn) && !inTrack(speaker.track)) this.#close()
  }

  #namesOtherCard(item: Item): boolean {
    const { items, before } = this.speaker.ledger
    const last = items.at(-1) ?? before.at(-1)
    return says(item, 'other_card') || (last !== undefined && says(last, 'other_card') && item.start - last.end < 12)
  }

  between(): void {
    const { ledger, reader } = this.speaker
    if (ledger.items.length === 0) return
    ledger.gap += 1
    ledger.gapAll += 1
    if (spent(ledger, reader.turn) && !inTrack(this.speaker.track)) this.#close()
  }

  #setting(): Setting {
    const { talk, speaker } = this
    const kinds: Armed[] = ['pan', 'cvc', 'expiry']
    return {
      channel: this.#rules.channel,
      armed: new Set(kinds.filter((kind) => this.#armed(kind))),
      cardTurn: talk.cardAt >= talk.turns - contextTurns,
      cvcTurn: this.#asked(talk.cvcAt),
      expiryTurn: this.#asked(talk.expiryAt),
      afterPan: speaker.afterPan >= talk.turns,
      without: this.#rules.without,
    }
  }

  #judge(): Found[] {
    const { ledger } = this.speaker
    const many = ledger.digits.length >= 11 || ledger.loose
    if (!many && ledger.labelled === nowhere && !ledger.label) return []
    const setting = this.#setting()
    const { found, aside } = judgePans(ledger, this.#rules.automaton, setting)
    const pans = found.map((one) => panOf(one, this.#turnsOf(one.reading.digits.slice(one.from, one.to)).length))
    return [...pans, ...judgeTails(ledger, aside, pans, this.#rules.automaton, setting)]
  }

  /** The run ends here. */
  #close(found: Found[] = this.#judge()): void {
    const { speaker, talk } = this
    for (const one of found) this.#report(one)
    speaker.ledger = nextRun(speaker.ledger)
    if (found.some((one) => one.kind === 'pan' || one.kind === 'pan_suspect'))
      speaker.afterPan = talk.turns + contextTurns
  }

  #turnsOf(places: readonly { start: number; end: number }[]): Span[] {
    const spans: Span[] = []
    for (const { start, end } of places) {
      const turn = this.speaker.turns.findLast((one) => one.base <= start)
      if (turn === undefined) continue
      const last = spans.at(-1)
      if (last?.turn === turn.turn) {
        last.end = Math.max(last.end, end - turn.base)
        last.start = Math.min(last.start, start - turn.base)
      } else spans.push({ turn: turn.turn, start: start - turn.base, end: end - turn.base })
    }
    return spans
  }

  #report(one: Found, edits?: Edit[]): void {
    const { speaker } = this
    const spans = this.#turnsOf(one.digits)
    const { kind, rule, reasons } = one
    const finding: Finding = { kind, spans, rule, reasons, ruleset: this.#rules.ruleset }
    if (one.brand !== undefined) finding.brand = one.brand
    speaker.findings.push(finding)
    const now = speaker.turns.at(-1)
    for (const span of spans) {
      const base = speaker.turns.findLast((turn) => turn.turn === span.turn)?.base ?? 0
      const left = Math.min(span.end, speaker.hold.from - base)
      if (span.turn !== now?.turn && left > span.start)
        speaker.amend.push({ turn: span.turn, start: span.start, end: left })
    }
    const taken = one.reasons.includes('WORD.correction') ? speaker.ledger.items : []
    cross(speaker.hold, edits ?? editsOf(kind, one.digits, taken))
  }

  /** Whether the next turn may complete what this one ends with. */
  #mayGoOn(): boolean {
    const { ledger } = this.speaker
    const count = live(ledger)
    return count > 0 && (count < lengthMax || ledger.loose || ledger.slack > 0)
  }

  /** Fails closed: all that is held and carries a digit is masked. */
  #overflow(): void {
    const { speaker } = this
    const { ledger } = speaker
    const places = ledger.starts.map((start) => ({ start, end: start + 1 }))
    const digits = places.slice(ledger.first)
    if (digits.length > 0)
      this.#report({ kind: 'pan_suspect', rule: 'HOLD_OVERFLOW', reasons: ['HOLD_OVERFLOW'], digits })
    speaker.ledger = nextRun(ledger)
  }
}
