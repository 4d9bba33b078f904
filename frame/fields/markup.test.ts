import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tokens } from '../../protocol/look/tokens.ts'
import { frameSheet as css } from '../testing/sheet.ts'
import { en } from '../words/en.ts'
import { declared, type FieldDeclaration } from './declared.ts'
import { FieldSet } from './field-set.ts'
import { fieldsMarkup, fieldsPlace } from './markup.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'index.html'), 'utf8')
const inputOf = (html: string, name: string): string => new RegExp(`<input id="${name}"[^>]*>`).exec(html)?.[0] ?? ''

describe('the static page', () => {
  it('has one place for its fields, inside its one form', () => {
    expect(page.split(fieldsPlace)).toHaveLength(2)
    expect(page.indexOf('<form')).toBeLessThan(page.indexOf(fieldsPlace))
    expect(page.indexOf(fieldsPlace)).toBeLessThan(page.indexOf('</form>'))
    expect(page).not.toContain('<input')
  })

  it.each(Object.entries(declared))('has an input for %s as it is declared', (name, field) => {
    const html = fieldsMarkup(en)
    const input = inputOf(html, name)
    expect(input).toContain(`autocomplete="${field.autocomplete}"`)
    expect(input).toContain(`inputmode="${field.keyboard}"`)
    expect(input).toContain(`aria-describedby="`)
    expect(input).not.toContain(' value=')
    expect(html).toContain(
      `<label for="${name}"><span id="${name}-label" data-word="${field.label}">${en[field.label]}</span>`,
    )
    expect(html).toContain(`<p id="${name}-error" class="error"></p>`)
  })
})

describe('complaint 3: the arrows of a keyboard go from field to field', () => {
  const form = /<form[\s\S]*<\/form>/.exec(page)?.[0].replace(fieldsPlace, () => fieldsMarkup(en)) ?? ''
  const inputs = [...form.matchAll(/<(?:input|select|textarea)\b[^>]*>/g)].map(([tag]) => tag)

  it('since there is one form, and no input but those that people fill in, in the order of the page', () => {
    expect(page.match(/<form/g)).toHaveLength(1)
    expect(inputs.map((tag) => /\bid="(\w+)"/.exec(tag)?.[1])).toEqual([
      'number',
      'network',
      'expiry',
      'cvc',
      'name',
      'postal_code',
    ])
    for (const tag of inputs) expect(tag).not.toMatch(/type="hidden"|tabindex|aria-hidden|readonly|disabled/)
  })

  it('and a field that is not asked for is hidden with its box, so that nothing stops there', () => {
    const boxes = form.split('<div class="field"').slice(1)
    expect(boxes).toHaveLength(Object.keys(declared).length)
    for (const box of boxes) expect(box.match(/<input/g)).toHaveLength(1)
    expect(css).toMatch(/\[hidden\] \{\s*display: none !important;/)
  })
})

describe('complaint 5: a phone keyboard opens without a jump', () => {
  it('for no field takes the focus by itself, and no letter that is typed is under 16 px, whatever the theme says', () => {
    expect(fieldsMarkup(en) + page).not.toContain('autofocus')
    expect(tokens['font-size']).toMatchObject({ min: 16 })
    expect(css).toContain('--font-size: 16px;')
    const rules = [...css.matchAll(/\n(?:input|select|#network) \{([^}]*)\}/g)].map(([, body = '']) => body)
    expect(rules.length).toBeGreaterThanOrEqual(2)
    for (const body of rules) expect(body).toMatch(/font-size: var\(--font-size\)|font: inherit/)
    expect(css).toMatch(/\nbody,[\s\S]*?font: inherit/)
  })

  it('and room is left above and below a field that is scrolled to', () => {
    expect(css).toContain('scroll-margin-block: 96px')
  })
})

describe('a further kind of field', () => {
  const more: Record<string, FieldDeclaration> = {
    ...declared,
    tax_number: {
      rule: {
        clean: (text) => text.toUpperCase(),
        show: (clean) => clean,
        judge: (clean) => ({ level: 'most', code: /^[A-Z]{2}\d{4}$/.test(clean) ? null : 'incomplete' }),
      },
      label: 'label_number',
      errors: { incomplete: 'number_incomplete' },
      autocomplete: 'off',
      keyboard: 'text',
      capitalize: 'characters',
      leftToRight: true,
    },
  }

  it('is a row of the table: it stands in the page, is judged, told and given to be sealed', () => {
    expect(inputOf(fieldsMarkup(en, more), 'tax_number')).toContain('autocapitalize="characters"')
    const told: object[] = []
    const fields = new FieldSet(
      { now: () => new Date(), tell: (item) => void told.push(item), say: () => {}, cardChanged: () => {} },
      more,
    )
    const name = 'tax_number' as 'name' // a name that the protocol does not have yet
    fields.ask([name])
    expect(fields.check()).toBe('tax_number')
    fields.edit(name, 'DE1234', true)
    expect(fields.check()).toBeNull()
    expect(fields.values()).toEqual({ tax_number: 'DE1234' })
    expect(told.at(-1)).toEqual({ kind: 'completed', field: 'tax_number' })
  })
})
