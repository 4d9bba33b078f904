import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { meanings } from './meanings.ts'
import { tokenNames, tokens, type Token } from './tokens.ts'

const kindOf = (token: Token): string => {
  if (token.kind === 'enum') return token.values.map((value) => `\`${value}\``).join(' ')
  if (token.kind === 'colour') return token.kind
  return `${token.kind}, ${token.min} to ${token.max}${token.kind === 'weight' ? '' : 'px'}`
}

it('docs/theming.md has the row of every token, as the table of tokens has it, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'theming.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `--sallyport-'))
  expect(rows).toEqual(
    tokenNames.map((name) => {
      const { does, otherwise } = meanings[name]
      return `| \`--sallyport-${name}\` | ${kindOf(tokens[name])} | ${does} | ${otherwise} |`
    }),
  )
})
