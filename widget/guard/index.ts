/** The composer guard: a card that is typed, pasted or dropped into a chat's composer is not sent. See docs/composer-guard.md. */
import type { Armed } from '../../detect/finding.ts'
import { type ComposerGuardOptions, Guard } from './guard.ts'

export interface ComposerGuard {
  /** Ends it: no listener, no notice and nothing that was said is left. */
  release(): void
  /**
   * The agent has just asked for this: the person's next `turns` messages are looked at more strictly.
   * Throws a TypeError for another kind, or a number of turns that is no whole number from 1 to 8.
   */
  arm(kind: Armed, options: { turns: number }): void
}

const guards = new WeakMap<Element, Guard>()
const kinds: readonly unknown[] = ['pan', 'cvc', 'expiry']

/**
 * Guards one composer: an `input`, a `textarea`, an element with `contenteditable`, or an element that holds one, also in
 * open shadow roots. The last call for an element counts. Throws a TypeError for what is no element.
 */
export function guardComposer(element: Element, options: ComposerGuardOptions = {}): ComposerGuard {
  if (!(element instanceof Element)) throw new TypeError('guardComposer() needs an element')
  const { signal } = options
  guards.get(element)?.release()
  const guard = new Guard(element, options)
  guards.set(element, guard)
  const release = (): void => {
    signal?.removeEventListener('abort', release)
    guard.release()
  }
  if (signal?.aborted) release()
  else signal?.addEventListener('abort', release)
  return {
    release,
    arm(kind, { turns }) {
      if (!kinds.includes(kind) || !Number.isInteger(turns) || turns < 1 || turns > 8)
        throw new TypeError("arm() needs 'pan', 'cvc' or 'expiry', and turns from 1 to 8")
      guard.arm(kind, turns)
    },
  }
}

export type { ComposerGuardOptions } from './guard.ts'
export type { GuardLanguage } from './languages.ts'
export type { GuardWords } from './words.ts'
export type { SendButton } from './composer.ts'
export { ComposerGuardEvent, ComposerLeakEvent } from './events.ts'

declare global {
  interface HTMLElementEventMap {
    'sallyport:guard': import('./events.ts').ComposerGuardEvent
    'sallyport:leak': import('./events.ts').ComposerLeakEvent
  }
}
