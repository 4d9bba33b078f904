/**
 * The words around a number, in two sets that share none: `development` is for whoever writes rules, `heldOut` says whether
 * the rules learned the thing or the sentence.
 */
export interface Flavor {
  before: readonly string[]
  after: readonly string[]
  /** Between groups of one number. */
  between: readonly string[]
  fillers: readonly string[]
  corrections: readonly string[]
  /** What the agent says while the customer is not done. */
  interjections: readonly string[]
  readBacks: readonly string[]
  /** With `#` for the count of a part. */
  labels: readonly string[]
  /** Groups with their places said, with `#` where the digits stand. */
  ordinals: readonly (readonly string[])[]
  cvc: readonly string[]
  cvcQuestions: readonly string[]
  expiry: readonly string[]
  expiryQuestions: readonly string[]
  cardQuestions: readonly string[]
}

export const development: Flavor = {
  before: ['Please charge my card ', 'my card number is ', 'Sure! It is ', 'here you go: ', 'pay with ', ''],
  after: [', thanks.', ' ok?', '.', ' and send me the receipt', ''],
  between: [' then ', ' and ', ' dash ', ' next ', ' 🙂 ', ' ... ', ' and then ', ' space '],
  fillers: ['uh', 'um', 'er', 'and', 'then'],
  corrections: ['no', 'sorry', 'I mean', 'scratch that'],
  interjections: ['mm-hm', 'got it, go on', 'okay', 'yes, and then?'],
  readBacks: ['So that is ', 'Let me repeat: ', 'I have '],
  labels: ['part #: ', 'part#: ', '#) ', '#. '],
  ordinals: [
    ['the first four are #', ', the next four are #', ', then four more: #', ', and the last four #'],
    ['first four digits #', ' second four #', ' third four #', ' last four #'],
  ],
  cvc: ['CVC #', 'cvv: #', 'security code is #', 'the three digits on the back are #', 'CVV2=#'],
  cvcQuestions: ['What is the security code?', 'And the CVC, please?'],
  expiry: ['expires #', 'exp: #', 'expiry date #', 'valid thru #', 'good through #'],
  expiryQuestions: ['When does it expire?', 'And the expiry date?'],
  cardQuestions: ['What is your card number?', 'Please tell me the card number.'],
}

export const heldOut: Flavor = {
  before: ['bill this one -> ', 'use the visa ', 'cc# ', 'k so the long number on the front reads ', 'PAN=', 'hi '],
  after: [' (same address)', '; thank you!', ' /end', ' it should have funds', ''],
  between: [' comma ', ' followed by ', ' hyphen ', ' 👍 ', ' -- ', ' okay ', ' after that ', ' plus '],
  fillers: ['erm', 'hmm', 'like', 'okay', 'so', 'let me see'],
  corrections: ['wait no', 'oops', 'correction', 'actually', 'let me start again'],
  interjections: ['right', 'I am listening', 'take your time', 'uh-huh'],
  readBacks: ['Reading it back, ', 'You said ', 'To confirm, '],
  labels: ['group # = ', 'block no. # ', 'line #\t', 'chunk #/4 '],
  ordinals: [
    ['it starts with #', ' followed by #', ' and after those #', ' it ends in #'],
    ['the first group is #', ', the second group is #', ', the third group is #', ', the fourth group is #'],
  ],
  cvc: [
    'my cvv2 is #',
    'the code on the back: #',
    'card verification value #',
    'card security code: #',
    'cvc code - #',
  ],
  cvcQuestions: ['Can you read me the three digits on the back of the card?', 'Which CVV does it have?'],
  expiry: ['valid until #', 'expiration: #', 'exp date is #', 'it runs out #', 'card expiry = #'],
  expiryQuestions: ['What is the expiration date on the card?', 'Until when is the card valid?'],
  cardQuestions: ['Could you read me the sixteen digits on the front?', 'Which card would you like to use?'],
}
