/**
 * The fields as the static page has them, written from their declarations when it is built: inputs that stand in the
 * HTML take keys, and keep what is typed, before any script arrives. Runs in the build and in tests, never in a browser.
 */
import type { Word, Words } from '../words/en.ts'
import { declared, type FieldDeclaration } from './declared.ts'

/** What takes the place of this comment in index.html. */
export const fieldsPlace = '<!-- fields -->'

/** What the usual form shows from the beginning; the rest appears when a capture asks for it. */
const shownAtFirst: readonly string[] = ['number', 'expiry', 'cvc', 'name']

export function fieldsMarkup(
  words: Words,
  fields: Readonly<Record<string, FieldDeclaration>> = declared,
  indent = '      ',
): string {
  const lines: string[] = []
  let paired = false
  for (const [name, field] of Object.entries(fields)) {
    if (paired !== (field.half ?? false)) lines.push(paired ? '</div>' : '<div class="pair">')
    paired = field.half ?? false
    lines.push(...fieldLines(name, field, words).map((line) => (paired ? `  ${line}` : line)))
  }
  if (paired) lines.push('</div>')
  return lines.map((line) => `${indent}${line}`).join('\n')
}

function fieldLines(name: string, field: FieldDeclaration, words: Words): string[] {
  const say = (word: Word): string => escaped(words[word].replace('{count}', '3'))
  const { namesBrand, offeredWith, placeholder } = field
  const attributes = {
    id: name,
    name,
    type: 'text',
    autocomplete: field.autocomplete,
    inputmode: field.keyboard,
    dir: field.leftToRight ? 'ltr' : 'auto',
    spellcheck: 'false',
    autocapitalize: field.capitalize,
    autocorrect: 'off',
    ...(placeholder && { placeholder: say(placeholder), 'data-hint': placeholder }),
    'aria-describedby': `${namesBrand ? `${name}-brand ` : ''}${name}-error`,
  }
  const input = Object.entries(attributes)
    .map(([attribute, value]) => `${attribute}="${value}"`)
    .join(' ')
  const optional = offeredWith
    ? ` <span id="${name}-optional" class="optional" data-word="optional">${say('optional')}</span>`
    : ''
  return [
    `<div class="field" data-field="${name}"${shownAtFirst.includes(name) ? '' : ' hidden'}>`,
    `  <label for="${name}"><span id="${name}-label" data-word="${field.label}">${say(field.label)}</span>${optional}</label>`,
    '  <div class="well">',
    `    <input ${input}>`,
    ...(namesBrand ? brandLines(name, say('label_network')) : []),
    '  </div>',
    `  <p id="${name}-error" class="error"></p>`,
    '</div>',
  ]
}

/** What the card is called, and in its place the chooser where two networks serve it: no name of ours that autofill knows. */
const brandLines = (name: string, network: string): string[] => [
  `    <span id="${name}-brand" class="brand"></span>`,
  '    <select id="network" class="brand" autocomplete="off" aria-labelledby="network-label" hidden>' +
    `<option id="network-label" value="" data-word="label_network">${network}</option></select>`,
]

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }
const escaped = (text: string): string => text.replaceAll(/[&<"]/g, (sign) => escapes[sign] ?? sign)
