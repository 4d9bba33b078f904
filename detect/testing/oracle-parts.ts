/** The oracle's second half: a folded reading cut into parts that carry digits, with every way to read each. */
import { type Cell, fold, raw, textOf } from './oracle-cells.ts'
import { numerals } from './numerals.ts'

export interface Part {
  /** Every way to read it; an empty one says that it may be no digit at all. */
  digits: readonly string[]
  start: number
  end: number
  /** What stands before it took something back. */
  corrects: boolean
  /** Before it stands a mark that hides digits. */
  hidden: boolean
}

const folded = (text: string): string => textOf(fold(raw(text))).replace(/[-‐]/g, ' ')

/** Words of up to four parts and what they mean; a word of two languages means both. */
const table = new Map<string, Set<string>>()
const add = (phrase: string, ...digits: readonly string[]): void => {
  const key = folded(phrase)
  for (const one of digits) table.set(key, (table.get(key) ?? new Set()).add(one))
}
const glued = new Set<string>()
const twice = new Map<string, number>()
for (const [language, { digits, pair, twice: names }] of Object.entries(numerals)) {
  for (const [digit, words] of digits.entries()) {
    for (const word of words) {
      add(word, String(digit))
      if (/^[a-z]+$/.test(folded(word))) glued.add(folded(word))
    }
  }
  for (let value = 10; value < 100; value += 1) {
    const word = pair(value)
    // "sixty one" may be 61, or 60 and 1.
    if (word !== '')
      add(
        word,
        String(value),
        ...(value % 10 > 0 && word.includes(' ') ? [`${value - (value % 10)}${value % 10}`] : []),
      )
    if (language === 'en' && word !== '') glued.add(folded(word))
  }
  for (const name of names) twice.set(folded(name), 2)
}
// "um" is a one in Portuguese and nothing in English.
for (const { fillers } of Object.values(numerals))
  for (const filler of fillers) if (table.has(folded(filler))) add(filler, '')
for (const [word, times] of [
  ['triple', 3],
  ['treble', 3],
  ['quadruple', 4],
  ['triplo', 3],
] as const)
  twice.set(word, times)
/** Heard for a digit, or meant as written. */
const heard: Readonly<Record<string, string>> = {
  o: '0',
  owe: '0',
  won: '1',
  to: '2',
  too: '2',
  tree: '3',
  free: '3',
  for: '4',
  fore: '4',
  fower: '4',
  fife: '5',
  sex: '6',
  sicks: '6',
  heaven: '7',
  ate: '8',
  niner: '9',
  nein: '9',
  mine: '9',
  に: '2',
  し: '4',
  ご: '5',
  く: '9',
  しち: '7',
  まる: '0',
}
for (const [word, digit] of Object.entries(heard)) add(word, digit, '')

const corrections =
  /\b(no|sorry|i mean|scratch that|wait|oops|correction|actually|again|rather|perdon|pardon|entschuldigung|nein)\b/
/** What `redact` and the guard put in place of digits, and what people and forms put there. */
const masks = /\u2588|[*\u2022\u25cf\u00d7#\u2731]{2,}|x{2,}|\[[a-z_ :-]+\]/

/** A part's own number and how many there are: no digits of the card. Blanked in a reading of its own. */
const labels = [
  /\b(?:part|group|block|chunk|line|set|step|piece)\s*(?:no\.?\s*)?#?\d(?:\/\d)?\s*[:=.)\t-]?/g,
  /(?<![\d])\d[).:]\s(?=\d)/g,
  /\b(?:first|second|third|fourth|fifth|next|last|then|final|other)\s+(?:four|4|six|5|five|few)(?=\s+(?:digits|numbers|more|are|is|\d))/g,
  /\b(?:first|second|third|fourth|fifth|next|last|final)\s+(?:four|4|six|five)\b/g,
  /(?<![\da-f])(?:5a|57)\s?(?:0[6-9a]|1[0-9a])/g,
]

const english = (word: string): string | null => {
  const found = [...(table.get(word) ?? [])].find((digits) => digits !== '')
  return found ?? null
}

/** 99 to 0, the longer ones first. */
const smallNumbers = [
  ...Array.from({ length: 90 }, (_, index) => numerals.en.pair(99 - index)),
  ...numerals.en.digits.flat(),
].sort((one, other) => other.length - one.length)

/** "four thousand two hundred and forty two", "forty two hundred": as one number, and its pieces one after the other. */
function large(words: readonly string[]): { digits: string[]; count: number } | null {
  const text = words.join(' ')
  const small = `(${smallNumbers.join('|')})`
  const thousand = new RegExp(`^([a-z]+) thousand(?: ([a-z]+) hundred)?(?: and)?(?: ${small})?\\b`).exec(text)
  const hundred = new RegExp(`^${small} hundred(?: and)?(?: ${small}(?! thousand| hundred))?\\b`).exec(text)
  const found = thousand ?? hundred
  if (found === null) return null
  const [first, second, third] = found.slice(1).map((word) => (word === undefined ? '' : english(word)))
  if (first === null || first === undefined || first === '') return null
  const length = (match: string): number => match.split(' ').length
  if (thousand === null) {
    if (second === null || second === undefined || second === '')
      return { digits: [`${first}00`], count: length(`${found[1]} hundred`) }
    return { digits: [`${Number(first) * 100 + Number(second)}`, `${first}00${second}`], count: length(found[0]) }
  }
  const whole = Number(first) * 1_000 + Number(second || 0) * 100
  const usable = third === null || third === undefined || third === '' || third.length > 2 ? '' : third
  const head = second ? `${found[1]} thousand ${found[2]} hundred` : `${found[1]} thousand`
  if (usable === '') return { digits: [String(whole)], count: length(head) }
  return { digits: [String(whole + Number(usable)), `${whole}${usable}`], count: length(found[0]) }
}

function gluedDigits(word: string, depth = 0): string | null {
  if (word === '') return depth > 1 ? '' : null
  for (let end = word.length; end > 2; end -= 1) {
    const head = word.slice(0, end)
    if (!glued.has(head)) continue
    const rest = gluedDigits(word.slice(end), depth + 1)
    if (rest !== null) return `${english(head) ?? ''}${rest}`
  }
  return null
}

const lookAlikes: Readonly<Record<string, string>> = { o: '0', l: '1', i: '1', '|': '1', s: '5', b: '8', z: '2' }
const lookAlike = (word: string): string => word.replace(/[olisbz|]/g, (letter) => lookAlikes[letter] ?? letter)

interface Token {
  text: string
  start: number
  end: number
}

/** At the first word, what is a number: the longest phrase, a large number, a doubled digit, or words without a gap. */
function numberAt(tokens: readonly Token[]): { digits: readonly string[]; count: number } | null {
  const next = tokens.map(({ text }) => text)
  const word = next[0] ?? ''
  const big = large(next)
  if (big !== null) return big
  const times = twice.get(word)
  if (times !== undefined) {
    const digit = [...(table.get(next[1] ?? '') ?? [next[1] ?? ''])].find((one) => /^\d$/.test(one))
    if (digit !== undefined) return { digits: [digit.repeat(times)], count: 2 }
  }
  for (let count = Math.min(4, next.length); count > 0; count -= 1) {
    const found = table.get(next.slice(0, count).join(' '))
    if (found !== undefined) return { digits: [...found], count }
  }
  const together = gluedDigits(word)
  return together === null ? null : { digits: [together], count: 1 }
}

/** Han and kana stand without spaces: the longest word of the table at each place. */
const eastern = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]+$/u
function split(token: Token): Token[] {
  if (!eastern.test(token.text)) return [token]
  const out: Token[] = []
  for (let at = 0; at < token.text.length; ) {
    let length = Math.min(4, token.text.length - at)
    while (length > 1 && !table.has(token.text.slice(at, at + length))) length -= 1
    out.push({ text: token.text.slice(at, at + length), start: token.start + at, end: token.start + at + length })
    at += length
  }
  return out
}

/** The tokens from one on that stand as near as the words of one number do. */
function near(tokens: readonly Token[], at: number, text: string): Token[] {
  const found: Token[] = []
  for (let index = at; index < at + 9; index += 1) {
    const [token, last] = [tokens[index], found.at(-1)]
    if (token === undefined || (last !== undefined && !/^[\s\-\u2010]{0,3}$/.test(text.slice(last.end, token.start))))
      break
    found.push(token)
  }
  return found
}

const plainTokens = /\d+|[\p{L}\p{M}〇]+/gu
/** A run of figures and of letters that look like some. */
const likeTokens = /(?<![a-z\d])[\dolisbz|]{12,24}(?![a-z\d])|\d+|[\p{L}\p{M}〇]+/gu

function partsOf(text: string, pattern: RegExp): Part[] {
  const tokens = [...text.matchAll(pattern)].flatMap((match) =>
    split({ text: match[0], start: match.index, end: match.index + match[0].length }),
  )
  const parts: Part[] = []
  let gap = 0
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]
    if (token === undefined) break
    const figures = /\d/.test(token.text) || /^[olisbz|]{12,}$/.test(token.text)
    const found = figures ? { digits: [lookAlike(token.text)], count: 1 } : numberAt(near(tokens, at, text))
    const count = found?.count ?? 1
    const end = tokens[at + count - 1]?.end ?? token.end
    if (found !== null) {
      const between = text.slice(gap, token.start)
      const [corrects, hidden] = [corrections.test(between), masks.test(between)]
      parts.push({ digits: found.digits, start: token.start, end, corrects, hidden })
      gap = end
    }
    at += count
  }
  return parts
}

/** Each reading as parts: also with the labels of groups taken for words, and with letters taken for figures. */
export function partsIn(cells: readonly Cell[]): Part[][] {
  const text = textOf(cells)
  const unlabelled = labels.reduce((rest, label) => rest.replace(label, (match) => ' '.repeat(match.length)), text)
  const plain = (unlabelled === text ? [text] : [text, unlabelled]).map((one) => partsOf(one, plainTokens))
  return /[\dolisbz|]{12}/.test(text) && /\d/.test(text) ? [...plain, partsOf(text, likeTokens)] : plain
}
