import { holdsCardNumber } from '../card-number.ts'
import { catalogue, type Item } from './catalogue.ts'

/**
 * What the customer means, by simple rules: this agent is scripted so that a demonstration is the same every time. Where
 * a model stands in a real one, nothing else would change: it, too, would see these words and the events, and no card.
 */
export const topics = [
  'safe',
  'cancel_later',
  'checkin',
  'parking',
  'wifi',
  'dogs',
  'included',
  'human',
  'price',
] as const
export type Topic = (typeof topics)[number]

export type Meaning =
  | { kind: 'item'; item: Item }
  | {
      kind:
        | 'card_number'
        | 'pay'
        | 'another_card'
        | 'not_now'
        | 'refund'
        | 'receipt'
        | 'catalogue'
        | 'thanks'
        | 'hello'
        | 'unclear'
    }
  | { kind: 'question'; topic: Topic }

const questions: [RegExp, Topic][] = [
  [/\b(safe|secure|security|trust|see my card|store|stored|privacy|who sees)\b/i, 'safe'],
  [/cancel.*(later|after|booking|room|still)|can i cancel|free cancel|change my mind later/i, 'cancel_later'],
  [/check ?-?in|arriv/i, 'checkin'],
  [/park/i, 'parking'],
  [/wi-?fi|internet/i, 'wifi'],
  [/\b(dog|dogs|pet|pets|cat)\b/i, 'dogs'],
  [/includ/i, 'included'],
  [/human|person|robot|\bbot\b|\bai\b|who are you/i, 'human'],
  [/how much|price|cost/i, 'price'],
]

export function understand(text: string): Meaning {
  if (holdsCardNumber(text)) return { kind: 'card_number' }
  if (/refund|money back/i.test(text)) return { kind: 'refund' }
  if (
    /another card|other card|different card|try again|ask the bank|new form|show (me )?the form|form again/i.test(text)
  )
    return { kind: 'another_card' }
  const question = questions.find(([words]) => words.test(text))
  if (question) return { kind: 'question', topic: question[1] }
  if (
    /not now|no,? thanks|never ?mind|maybe later|\blater\b(?! check)|^\s*(no|cancel|stop)\b/i.test(text) &&
    !/checkout/i.test(text)
  )
    return { kind: 'not_now' }
  if (/receipt|order number/i.test(text)) return { kind: 'receipt' }
  if (/something else|what else|what do you (have|offer|sell)|menu|rooms\b|browse/i.test(text))
    return { kind: 'catalogue' }
  const item =
    catalogue.find(({ name }) => text.toLowerCase().includes(name.toLowerCase())) ??
    catalogue.find(({ words }) => words.test(text))
  if (item) return { kind: 'item', item }
  if (/\bpay\b|card|yes|book it|go ahead|sure|ok(ay)?\b|please do/i.test(text)) return { kind: 'pay' }
  if (/thank|great|perfect|lovely/i.test(text)) return { kind: 'thanks' }
  if (/hello|\bhi\b|good (morning|evening|day)|hey/i.test(text)) return { kind: 'hello' }
  return { kind: 'unclear' }
}
