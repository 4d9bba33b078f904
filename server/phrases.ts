/**
 * The two words of a link, which the chat shows and the person picks out of four. Short, told apart by sound and by look,
 * and the same letters in every language: what is picked has to be what was read. 64 of each, so that a byte's low six
 * bits draw one without bias.
 */
import { phrasePattern } from '../protocol/link.ts'

const first = (
  'amber azure bold brave brisk bright calm clear clever copper crisp curly dapper eager early fair fancy fresh gentle ' +
  'giant glad golden grand green happy honest humble ivory jolly keen kind lively lucky mellow merry mighty misty modest ' +
  'neat noble olive patient plain polite proud purple quick quiet rapid round royal rustic scarlet silver simple smooth ' +
  'snowy sunny swift tidy velvet violet warm wise'
).split(' ')
const second = (
  'anchor apple basket beacon bridge button cabin candle canyon castle cedar cherry comet cottage cricket dolphin dragon ' +
  'falcon feather fiddle forest fountain garden ginger guitar hammer hazel island jacket kettle ladder lantern lemon maple ' +
  'marble meadow melon mirror mountain needle orchard otter paddle parrot pebble pencil pepper piano pillow planet pocket ' +
  'puzzle rabbit ribbon river rocket saddle teapot thimble tiger tulip turtle violin walnut'
).split(' ')

export const phraseWords: readonly [readonly string[], readonly string[]] = [first, second]

/** @param bytes two, random or derived. */
export function phraseFrom(bytes: Uint8Array): string {
  const [one = 0, two = 0] = bytes
  return `${first[one & 63]} ${second[two & 63]}`
}

/**
 * The phrase among others that share no word with it or with each other, so that half a memory is enough for the person
 * and tells nobody else anything. The place is drawn anew each time. Throws for what is no phrase.
 */
export function mixedIn(phrase: string, random: (length: number) => Uint8Array): { choices: string[]; answer: number } {
  if (!phrasePattern.test(phrase)) throw new RangeError('not a phrase')
  const choices = [phrase]
  while (choices.length < 4) {
    const other = phraseFrom(random(2))
    const words = other.split(' ')
    if (!choices.some((known) => known.split(' ').some((word) => words.includes(word)))) choices.push(other)
  }
  const answer = (random(1)[0] ?? 0) & 3
  choices[0] = choices[answer] ?? phrase
  choices[answer] = phrase
  return { choices, answer }
}
