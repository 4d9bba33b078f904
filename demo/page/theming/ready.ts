/** Themes to start from. Few tokens each: what they do not say follows from what they say. */
import type { Theme } from '../../../protocol/look/tokens.ts'

export interface ReadyTheme {
  name: string
  /** The chat it is for; empty for any. */
  scheme: '' | 'light' | 'dark'
  theme: Theme
}

export const readyThemes: readonly ReadyTheme[] = [
  { name: 'As it comes', scheme: '', theme: {} },
  {
    name: 'Harbour',
    scheme: 'light',
    theme: {
      accent: '#12424f',
      surface: '#fdfbf7',
      text: '#17252d',
      focus: '#1d6fd1',
      radius: '18px',
      'field-radius': '10px',
      'button-radius': '24px',
      'label-weight': '600',
      font: 'humanist',
    },
  },
  {
    name: 'Midnight',
    scheme: 'dark',
    theme: {
      accent: '#a78bfa',
      surface: '#15131f',
      text: '#efecfa',
      line: '#332e4a',
      focus: '#c4b5fd',
      radius: '24px',
      'field-radius': '14px',
      'button-radius': '16px',
      font: 'geometric',
      fields: 'filled',
    },
  },
  {
    name: 'Ledger',
    scheme: 'light',
    theme: {
      accent: '#1f1d1a',
      surface: '#fbf6ea',
      text: '#1f1d1a',
      focus: '#8a3b12',
      radius: '2px',
      'field-radius': '0px',
      'button-radius': '2px',
      'amount-size': '34px',
      'strong-weight': '500',
      font: 'serif',
      fields: 'underlined',
    },
  },
  {
    name: 'Sherbet',
    scheme: 'light',
    theme: {
      accent: '#c2185b',
      surface: '#fff7fa',
      text: '#3a1226',
      radius: '32px',
      'field-radius': '20px',
      'button-radius': '28px',
      border: '2px',
      padding: '24px',
      font: 'rounded',
      fields: 'filled',
    },
  },
]
