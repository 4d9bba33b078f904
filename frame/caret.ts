import type { FieldRule } from './fields/rule.ts'

/**
 * Formatting while someone types: the value is written anew on each `input` event, and the caret stays beside the
 * same character. It works on whole values, so that paste, drop, autofill and keyboards that rewrite everything
 * are all the same case. Pure.
 */
export interface Edit {
  text: string
  caret: number
  /** The clean value before this edit. */
  was: string
  deleting: 'back' | 'forward' | null
}

export interface Formatted {
  clean: string
  text: string
  caret: number
}

export function reformat(edit: Edit, rule: FieldRule): Formatted {
  let clean = rule.clean(edit.text)
  let before = Math.min(rule.clean(edit.text.slice(0, edit.caret)).length, clean.length)
  // Only a separator went, which would come straight back: what the person meant is the character beyond it.
  if (edit.deleting !== null && clean === edit.was && rule.show(clean) !== edit.text) {
    const at = edit.deleting === 'back' ? before - 1 : before
    if (at >= 0 && at < clean.length) {
      clean = rule.clean(clean.slice(0, at) + clean.slice(at + 1))
      before = Math.min(at, clean.length)
    }
  }
  const text = rule.show(clean)
  return { clean, text, caret: caretAfter(text, clean, before, edit.deleting !== null) }
}

/** Behind the `before`th character that counts; when typing on, behind the separator that follows it too. */
function caretAfter(text: string, clean: string, before: number, deleting: boolean): number {
  let at = 0
  for (let counted = 0; counted < before; at += 1) {
    if (text[at] === clean[counted]) counted += 1
  }
  if (!deleting && before > 0 && before < clean.length) {
    while (at < text.length && text[at] !== clean[before]) at += 1
  }
  return at
}

/** Which way an `input` event deletes, by its `inputType`. */
export function deletingOf(inputType: string | undefined): Edit['deleting'] {
  if (inputType === 'deleteContentBackward') return 'back'
  return inputType === 'deleteContentForward' ? 'forward' : null
}
