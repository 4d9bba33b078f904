/** How each example's chat is written into. */
import type { Page } from '@playwright/test'

export type Say = (page: Page, text: string) => Promise<void>

const into =
  (find: (page: Page) => ReturnType<Page['locator']>): Say =>
  async (page, text) => {
    await find(page).fill(text)
    await find(page).press('Enter')
  }
const byLabel = into((page) => page.getByLabel('Your message'))

export const composers = {
  react: byLabel,
  vue: byLabel,
  svelte: byLabel,
  'react-development': byLabel,
  'deep-chat': into((page) => page.locator('deep-chat #text-input')),
  webchat: into((page) => page.getByPlaceholder('Type your message')),
  chatscope: into((page) => page.locator('.cs-message-input__content-editor')),
  'assistant-ui': byLabel,
} as const satisfies Record<string, Say>

export type Example = keyof typeof composers
