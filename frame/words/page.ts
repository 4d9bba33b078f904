/**
 * The form's page in one language, as text: what the build writes for each. A text of the page names its word in
 * `data-word`, a placeholder in `data-hint`; all words stand in `<template id="words">`, where the script reads them.
 */
import type { Spoken } from '../../protocol/capture-http.ts'

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Words that stand in the form's HTML and that its script never says: their place in the template is spared. */
export const standsInHtml = (word: string): boolean =>
  /^(form|badge|trust|fold|unfold|retry|optional|label_(?!cvc_of)|hint_expiry)/.test(word)

/** @param says which words the page may say besides those that stand in it. */
export function pageIn(
  html: string,
  { lang, dir, words }: Spoken,
  says: (word: string) => boolean = () => true,
): string {
  const word = (name: string): string => {
    const text = words[name]
    if (text === undefined) throw new Error(`the page asks for a word that is not there: ${name}`)
    // A security code has three digits until the card says otherwise.
    return escaped(text.replace('{count}', '3'))
  }
  const said = Object.fromEntries(Object.entries(words).filter(([name]) => says(name)))
  const direction = dir === 'rtl' ? ' dir="rtl"' : ''
  return (
    html
      // What only a reader of the source needs: a fifth of a kilobyte on the way.
      .replaceAll(/<!--[\s\S]*?-->/g, '')
      .replaceAll(/\n\s+/g, '\n')
      .replace(/<html lang="en"/, `<html lang="${lang}"${direction}`)
      .replaceAll(/(<\w[^>]*\sdata-word="(\w+)"[^>]*>)[^<]*/g, (_, tag: string, name: string) => tag + word(name))
      .replaceAll(/<\w[^>]*\sdata-hint="(\w+)"[^>]*>/g, (tag, name: string) =>
        tag.replace(/ placeholder="[^"]*"/, () => ` placeholder="${word(name).replaceAll('"', '&quot;')}"`),
      )
      .replace(
        '<template id="words"></template>',
        () => `<template id="words">${escaped(JSON.stringify(said))}</template>`,
      )
  )
}
