/** What is chosen on the page, as the texts that a page of one's own takes over. */
import { meanings } from '../../../protocol/look/meanings.ts'
import { type Preset, type Theme, tokenNames, type TokenName } from '../../../protocol/look/tokens.ts'

export interface Choices {
  /** As they were typed: any CSS. */
  theme: Theme
  preset: Preset
  /** Empty: as the system is. */
  scheme: '' | 'light' | 'dark'
  locale: string
}

/** Longer than any honest value, `color-mix()` in `light-dark()` included. */
export const valueLengthMax = 120

/** Whether the text can stand as one value in a rule, and cannot end it. */
export const isOneValue = (text: string): boolean =>
  text !== '' && text.length <= valueLengthMax && !/[;{}<>\\"']|\/\*/.test(text)

/** The tokens that say something else than the form does by itself, in the order of the table. */
export const told = (theme: Theme): [TokenName, string][] =>
  tokenNames.flatMap((name) => {
    const value = theme[name]?.trim() ?? ''
    return isOneValue(value) && value !== meanings[name].otherwise ? [[name, value] as [TokenName, string]] : []
  })

export function cssText(theme: Theme): string {
  const lines = told(theme).map(([name, value]) => `  --sallyport-${name}: ${value};\n`)
  return lines.length === 0 ? '' : `sallyport-capture {\n${lines.join('')}}`
}

/** What of the choice is no CSS: empty for a form as it comes on a page in English. */
export const attributesText = ({ preset, scheme, locale }: Omit<Choices, 'theme'>): string =>
  [
    preset !== 'bubble' && `preset="${preset}"`,
    scheme !== '' && `color-scheme="${scheme}"`,
    locale !== 'en' && `locale="${locale}"`,
  ]
    .filter((part) => part !== false)
    .join(' ')

/** What the form takes where a token is not given, in pixels or as a weight; read from the table's own sentence. */
export function restOf(name: TokenName, preset: Preset): number {
  const { otherwise } = meanings[name]
  const own = preset !== 'bubble' && new RegExp(`(\\d+)px [^,;]*\\b${preset}\\b`).exec(otherwise)?.[1]
  return Number(own || Number.parseInt(otherwise, 10))
}

/** Each language the form speaks, by the tag that `locale` takes; a test compares it with the form's own. */
export const formLanguages: readonly string[] =
  'en ar cs da de el es fi fr he hu it ja ko nb nl pl pt ro sk sv tr uk zh zh-Hant'.split(' ')
