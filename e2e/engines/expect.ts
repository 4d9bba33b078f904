/**
 * What is expected of a locator, under the names that Playwright has for it, of the locators of every engine: each looks
 * until it is so, and fails with what was there last.
 */
import { expect as playwrights } from '@playwright/test'
import type { EngineLocator } from './browser.ts'

type Text = string | RegExp
interface Patience {
  timeout?: number
}
interface Matching {
  isNot: boolean
}
interface Outcome {
  pass: boolean
  message(): string
}

const tidy = (text: string | null): string => (text ?? '').replace(/\s+/g, ' ').trim()
const contains = (text: string | null, part: Text): boolean =>
  typeof part === 'string' ? tidy(text).includes(tidy(part)) : part.test(tidy(text))
const equals = (text: string | null, whole: Text): boolean =>
  typeof whole === 'string' ? tidy(text) === tidy(whole) : whole.test(tidy(text))

async function look<T>(
  { isNot }: Matching,
  what: string,
  read: () => Promise<T>,
  fits: (found: T) => boolean,
  { timeout = 20_000 }: Patience = {},
): Promise<Outcome> {
  let found: T | string = 'nothing'
  const isSo = async (): Promise<boolean> => {
    try {
      const now = await read()
      found = now
      return fits(now)
    } catch (error) {
      found = String(error)
      return false
    }
  }
  const wanted = !isNot
  const pass = await playwrights
    .poll(isSo, { timeout, intervals: [50] })
    .toBe(wanted)
    .then(
      () => wanted,
      () => !wanted,
    )
  return { pass, message: () => `${isNot ? 'not ' : ''}${what}: there was ${JSON.stringify(found)}` }
}

export const expect = playwrights.extend({
  toBeVisible(this: Matching, locator: EngineLocator, patience?: Patience) {
    return look(this, 'visible', () => locator.isVisible(), Boolean, patience)
  },
  toBeHidden(this: Matching, locator: EngineLocator, patience?: Patience) {
    const hidden = async (): Promise<boolean> => !(await locator.isVisible())
    return look(this, 'hidden', hidden, Boolean, patience)
  },
  toBeEnabled(this: Matching, locator: EngineLocator, patience?: Patience) {
    return look(this, 'enabled', () => locator.isEnabled(), Boolean, patience)
  },
  toHaveCount(this: Matching, locator: EngineLocator, count: number, patience?: Patience) {
    const is = (found: number): boolean => found === count
    return look(this, `${count} elements`, () => locator.count(), is, patience)
  },
  toHaveText(this: Matching, locator: EngineLocator, text: Text, patience?: Patience) {
    const is = (found: string | null): boolean => equals(found, text)
    return look(this, `the text ${text}`, () => locator.textContent(), is, patience)
  },
  toContainText(this: Matching, locator: EngineLocator, text: Text, patience?: Patience) {
    const is = (found: string | null): boolean => contains(found, text)
    return look(this, `a text with ${text}`, () => locator.textContent(), is, patience)
  },
  toHaveValue(this: Matching, locator: EngineLocator, value: Text, patience?: Patience) {
    const is = (found: string): boolean => equals(found, value)
    return look(this, `the value ${value}`, () => locator.inputValue(), is, patience)
  },
})
