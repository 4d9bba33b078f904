import { countCardNumbers } from '../card-number.ts'
import type { Entry, Received } from '../talk.ts'
import { brandName, find, make } from './dom.ts'

/**
 * The panel beside the chat: everything the agent received. It also looks for card numbers in all of it, by length and
 * check digit, so that its sentence is a finding and not a promise.
 */
export class SeenPanel {
  private readonly list = find('[data-list]')
  private readonly scroller = find('[data-entries]')
  private readonly badge = find('[data-count]')
  private count = 0
  private values = 0
  private numbers = 0

  add(entry: Entry): void {
    if (entry.kind !== 'received') return
    find('[data-empty]').hidden = true
    const near = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80
    this.list.append(card(entry))
    if (near) this.scroller.scrollTop = this.scroller.scrollHeight
    this.count += 1
    this.badge.textContent = String(this.count)
    this.learn(entry)
  }

  clear(): void {
    this.list.replaceChildren()
    this.count = this.values = this.numbers = 0
    this.badge.textContent = '0'
    find('[data-empty]').hidden = false
    for (const name of ['number', 'expiry', 'token']) know(name, 'not yet', false)
    this.judge()
  }

  private learn(entry: Received): void {
    const facts = new Map(entry.facts)
    const last4 = facts.get('last four')
    const brand = facts.get('brand')
    if (last4 !== undefined) know('number', `${brand === undefined ? '' : `${brandName(brand)} `}•••• ${last4}`, true)
    const month = facts.get('exp month')
    const year = facts.get('exp year')
    if (month !== undefined && year !== undefined) know('expiry', `${month.padStart(2, '0')} / ${year}`, true)
    const token = facts.get('token')
    if (token?.startsWith('tok_') === true) know('token', `${token.slice(0, 13)}…`, true)
    this.values += countValues(entry.json)
    this.numbers += countCardNumbers(JSON.stringify(entry.json))
    this.judge()
  }

  private judge(): void {
    const verdict = find('[data-verdict]')
    verdict.classList.toggle('found', this.numbers > 0)
    find('[data-verdict-text]').textContent =
      this.values === 0
        ? '0 values so far.'
        : `${this.values} values received and searched. Card numbers among them: ${this.numbers}.`
  }
}

function know(name: string, text: string, known: boolean): void {
  const value = find(`[data-known-${name}]`)
  value.textContent = text
  value.classList.toggle('known-now', known)
}

function card(entry: Entry & Received): HTMLElement {
  const time = make('time', '', new Date(entry.at).toLocaleTimeString('en-GB'))
  time.dateTime = entry.at
  const raw = make('details', 'raw', make('summary', '', 'JSON'))
  raw.addEventListener('toggle', () => {
    if (raw.open && raw.childElementCount === 1) raw.append(make('pre', '', JSON.stringify(entry.json, null, 2)))
  })
  const facts = make('dl', 'facts')
  for (const [name, value] of entry.facts) facts.append(make('div', '', make('dt', '', name), make('dd', '', value)))
  const item = make(
    'li',
    `seen-entry ${entry.what} ${toneOf(entry.name)}`,
    make('div', 'seen-line', make('code', '', entry.name), time),
    make('p', '', entry.sentence),
  )
  if (facts.childElementCount > 0) item.append(facts)
  item.append(raw)
  return item
}

function toneOf(name: string): string {
  if (/rejected|declined|failed|expired|canceled|unknown|lost/.test(name)) return 'uneasy'
  return /completed$|captured|refunded/.test(name) ? 'good' : ''
}

function countValues(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 1
  return Object.values(json).reduce<number>((sum, value) => sum + countValues(value), 0)
}
