/** What the form notes of a theme, in words for whoever chose it. */
import { type ThemeVerdict, type Token, type TokenName, tokens } from '../../../protocol/look/tokens.ts'

const sentences: Record<ThemeVerdict, (token: Token) => string> = {
  low_contrast: () => 'Too close to what it stands on: the form wears it lighter or darker, so that it can be read.',
  malformed: (token) =>
    token.kind === 'colour' ? 'No colour, or one to see through: left out.' : 'No such value: left out.',
  out_of_range: (token) =>
    'min' in token
      ? `Brought to the nearest that works: ${token.min} to ${token.max}${token.kind === 'weight' ? '' : 'px'}.`
      : 'Brought to the nearest that works.',
}

export const noteText = (name: TokenName, verdict: ThemeVerdict): string => sentences[verdict](tokens[name])

/** For what is not even tried. */
export const notOneValue = 'Not one value of CSS: left out.'
