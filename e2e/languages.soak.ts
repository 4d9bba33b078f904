/** Every language of the form on the smallest phone; `languages.spec.ts` has three of them. */
import { expect, test } from '@playwright/test'
import { languages } from '../frame/words/languages.ts'
import { openDoors } from './capture-door.ts'
import { misfits, openNarrow } from './language-fit.ts'

test('every language fits a phone of 320 px', async ({ page }) => {
  const doors = await openDoors()
  for (const { lang } of languages) {
    await openNarrow(page, doors, lang)
    expect(await misfits(page), lang).toEqual([])
  }
  await doors.close()
})
