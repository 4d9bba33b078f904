/** What each token does, for the documentation and the playground; no browser that shows a form loads this. */
import type { TokenName } from './tokens.ts'

export interface Meaning {
  /** What it sets, as a heading. */
  label: string
  does: string
  /** What it is where nothing is said. */
  otherwise: string
}

export const meanings: Readonly<Record<TokenName, Meaning>> = {
  accent: { label: 'Accent', does: 'the button that pays', otherwise: 'the text’s colour' },
  'accent-text': { label: 'Text on the accent', does: 'the words on that button', otherwise: 'white, or nearly black' },
  surface: { label: 'Surface', does: 'the card everything stands on', otherwise: 'white; nearly black in the dark' },
  text: { label: 'Text', does: 'amounts, and what is typed', otherwise: 'nearly black; nearly white in the dark' },
  muted: { label: 'Quiet text', does: 'labels, the business, hints', otherwise: 'between text and surface' },
  line: { label: 'Line', does: 'the edge of the card', otherwise: 'a shade of the surface' },
  quiet: { label: 'Quiet fill', does: 'notices, the brand, a page’s left half', otherwise: 'a shade of the surface' },
  field: { label: 'Field', does: 'the inside of a field', otherwise: 'from the surface' },
  'field-line': { label: 'Field line', does: 'the edge of a field', otherwise: 'between text and surface' },
  focus: { label: 'Focus', does: 'the ring of what has the focus', otherwise: 'the accent that was given, else blue' },
  error: { label: 'Error', does: 'what is wrong, in words and edges', otherwise: 'red' },
  success: { label: 'Success', does: 'the tick of the receipt', otherwise: 'green' },
  radius: { label: 'Card corners', does: 'corners of the card', otherwise: '20px; 24px for sheet and page' },
  'field-radius': { label: 'Field corners', does: 'corners of fields and notices', otherwise: '12px' },
  'button-radius': { label: 'Button corners', does: 'corners of the button', otherwise: '14px' },
  border: { label: 'Card border', does: 'the card’s edge; 0 for none', otherwise: '1px' },
  padding: { label: 'Padding', does: 'the room inside the card', otherwise: '18px; 20px for a sheet, 36px for a page' },
  'field-height': {
    label: 'Field height',
    does: 'a field from edge to edge',
    otherwise: '54px; 58px in a sheet, 50px on a page',
  },
  'font-size': { label: 'Text size', does: 'what is typed, and the button', otherwise: '16px' },
  'amount-size': { label: 'Amount size', does: 'the amount', otherwise: '26px; 28px in a sheet, 40px on a page' },
  'label-weight': { label: 'Label weight', does: 'labels and the business', otherwise: '500' },
  'strong-weight': { label: 'Strong weight', does: 'the amount and the button', otherwise: '650' },
  font: { label: 'Family', does: 'a stack of families that systems have', otherwise: 'system' },
  fields: { label: 'Fields', does: 'how fields are drawn', otherwise: 'outlined' },
}
