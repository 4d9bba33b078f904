/** A control for each token, made from the table of tokens: what the table says is what can be chosen. */
import { meanings } from '../../../protocol/look/meanings.ts'
import { type Token, type TokenName, tokenNames, tokens, type ThemeNotes } from '../../../protocol/look/tokens.ts'
import { find, make } from '../dom.ts'
import { type Choices, isOneValue, restOf, valueLengthMax } from './choices.ts'
import { noteText, notOneValue } from './notes.ts'
import { worn } from './worn.ts'

interface Control {
  show(choices: Choices): void
  note: HTMLElement
}
type Change = (name: TokenName, value: string) => void

const groupOf = ({ kind }: Token): string =>
  kind === 'colour' ? 'colour' : kind === 'enum' || kind === 'weight' ? 'letters' : 'measure'

export class Controls {
  private readonly all: [TokenName, Control][]
  private choices: Choices | null = null
  private notes: ThemeNotes = {}

  constructor(within: HTMLElement, change: Change) {
    this.all = tokenNames.map((name) => {
      const { row, ...control } = makeControl(name, change)
      find(`[data-group="${groupOf(tokens[name])}"]`, within).append(row)
      return [name, control]
    })
  }

  show(choices: Choices): void {
    this.choices = choices
    for (const [, control] of this.all) control.show(choices)
    this.say()
  }

  /** What the form said of the values that it did not take as they were. */
  tell(notes: ThemeNotes): void {
    this.notes = notes
    this.say()
  }

  private say(): void {
    for (const [name, { note }] of this.all) {
      const value = this.choices?.theme[name] ?? ''
      const verdict = this.notes[name]
      const text = value !== '' && !isOneValue(value) ? notOneValue : verdict ? noteText(name, verdict) : ''
      // A status that says the same again would be read again.
      if (note.textContent !== text) note.textContent = text
    }
  }
}

function makeControl(name: TokenName, change: Change): Control & { row: HTMLElement } {
  const token: Token = tokens[name]
  const { label, does } = meanings[name]
  const note = make('p', 'note')
  note.id = `note-${name}`
  note.setAttribute('role', 'status')
  const heading = make('label', '', label, ' ', make('span', 'does', does))
  heading.htmlFor = `token-${name}`
  const row = make('div', 'token', heading)
  const { parts, show } = token.kind === 'enum' ? chooser(name, token.values, change) : writer(name, token, change)
  const [first] = parts
  first.id = `token-${name}`
  first.setAttribute('aria-describedby', note.id)
  row.append(...parts, note)
  return { row, note, show }
}

interface Parts {
  /** The first is what the label names. */
  parts: [HTMLElement, ...HTMLElement[]]
  show(choices: Choices): void
}

function chooser(name: TokenName, values: readonly string[], change: Change): Parts {
  const select = make('select')
  const { otherwise } = meanings[name]
  for (const value of values) select.add(new Option(value, value === otherwise ? '' : value))
  select.addEventListener('change', () => change(name, select.value))
  return {
    parts: [select],
    show: ({ theme }) => {
      select.value = theme[name] ?? ''
    },
  }
}

/** A text that takes any CSS, beside what is quicker: a picker of colours, or a slide between the token's bounds. */
function writer(name: TokenName, token: Exclude<Token, { kind: 'enum' }>, change: Change): Parts {
  const { label } = meanings[name]
  const text = make('input', 'value')
  Object.assign(text, { type: 'text', spellcheck: false, autocomplete: 'off', maxLength: valueLengthMax })
  text.setAttribute('autocapitalize', 'off')
  const quick = make('input', token.kind === 'colour' ? 'well' : 'slide')
  quick.type = token.kind === 'colour' ? 'color' : 'range'
  quick.setAttribute('aria-label', token.kind === 'colour' ? `${label}: picker` : `${label}: slider`)
  const unit = token.kind === 'weight' ? '' : 'px'
  if (token.kind !== 'colour') {
    Object.assign(quick, { min: String(token.min), max: String(token.max), step: unit === '' ? '50' : '1' })
  }
  const clear = make('button', 'clear', make('span', '', '×'))
  clear.type = 'button'
  clear.setAttribute('aria-label', `${label}: as it comes`)
  clear.title = 'As it comes'
  text.addEventListener('input', () => change(name, text.value))
  quick.addEventListener('input', () => change(name, token.kind === 'colour' ? quick.value : `${quick.value}${unit}`))
  clear.addEventListener('click', () => {
    change(name, '')
    text.focus()
  })
  return {
    parts: [text, quick, clear],
    show: (choices) => {
      const value = choices.theme[name] ?? ''
      if (text.value !== value) text.value = value
      clear.classList.toggle('off', value === '')
      clear.disabled = value === ''
      if (token.kind === 'colour') {
        const colour = worn(choices)[name] ?? '#000000'
        quick.value = colour
        text.placeholder = colour
        return
      }
      const rest = restOf(name, choices.preset)
      quick.value = String(/^\d+(\.\d+)?(px)?$/.test(value) ? Number.parseFloat(value) : rest)
      quick.setAttribute('aria-valuetext', `${quick.value}${unit}`)
      text.placeholder = `${rest}${unit}`
    },
  }
}
