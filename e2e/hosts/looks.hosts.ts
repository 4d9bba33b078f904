/**
 * Each example on a phone and on a desk, in the dark and in the light: the form has room and is of the chat's own scheme,
 * and what the chat says can be read. Pictures are kept to be looked at.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ColorScheme } from '../../protocol/port.ts'
import { axeFinds } from '../axe-finds.ts'
import { brightShare } from '../look.ts'
import { ChatPage, expect, test } from './chat-page.ts'
import { composers, type Example } from './composers.ts'

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'hosts-pictures')
const places = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }
/** The form's fields stand in one column from here on, and none is cut off. */
const formWidthMin = 280
/** A change of scheme runs through the chat's transitions and the form's. */
const settledMs = 500
/** Which part of the picture is nearly white: letters alone in the dark, all but the letters in the light. */
const bright: Record<ColorScheme, [number, number]> = { dark: [0, 0.1], light: [0.8, 1] }

// Sound: the keys of `composers` are its type's.
for (const example of Object.keys(composers) as Example[]) {
  if (example === 'react-development') continue
  for (const [place, viewport] of Object.entries(places)) {
    test(`${example}: the form has room on a ${place}, and is read in the dark and in the light`, async ({
      page,
      context,
      hosts,
    }) => {
      mkdirSync(pictures, { recursive: true })
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme: 'dark' })
      const chat = await ChatPage.open(page, hosts, example)
      const form = await chat.toForm()

      const looksGood = async (scheme: ColorScheme, state: string): Promise<void> => {
        await page.emulateMedia({ colorScheme: scheme })
        await page.waitForTimeout(settledMs)
        const picture = await page.screenshot({ path: join(pictures, `${example}-${place}-${scheme}-${state}.png`) })
        const [least, most] = bright[scheme]
        const share = await brightShare(context, picture)
        expect.soft(share, `${state} in the ${scheme}`).toBeGreaterThanOrEqual(least)
        expect.soft(share, `${state} in the ${scheme}`).toBeLessThanOrEqual(most)
        expect.soft(await form.evaluate(() => document.documentElement.dataset['scheme'])).toBe(scheme)
        expect.soft(await axeFinds(page, ['color-contrast']), `${state} in the ${scheme}`).toEqual([])
      }
      await looksGood('dark', 'open')
      await looksGood('light', 'open')
      const { x = 0, width = 0 } = (await (await form.frameElement()).boundingBox()) ?? {}
      expect(width).toBeGreaterThanOrEqual(formWidthMin)
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(viewport.width)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
      await chat.pays()
      await chat.hears('The card ending in 4242 paid €80')
      await looksGood('light', 'paid')
      await looksGood('dark', 'paid')
    })
  }
}
