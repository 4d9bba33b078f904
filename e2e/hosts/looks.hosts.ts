/** Each example with its form open, on a phone and on a desk: it has room there, and a picture is kept to be looked at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ChatPage, expect, test } from './chat-page.ts'
import { composers, type Example } from './composers.ts'

const pictures = join(import.meta.dirname, '..', '..', 'test-results', 'hosts-pictures')
const places = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } }
/** The form's fields stand in one column from here on, and none is cut off. */
const formWidthMin = 280

// Sound: the keys of `composers` are its type's.
for (const example of Object.keys(composers) as Example[]) {
  if (example === 'react-development') continue
  for (const [place, viewport] of Object.entries(places)) {
    test(`${example}: the form has room on a ${place}`, async ({ page, hosts }) => {
      mkdirSync(pictures, { recursive: true })
      const picture = (name: string) => page.screenshot({ path: join(pictures, `${example}-${place}-${name}.png`) })
      await page.setViewportSize(viewport)
      const chat = await ChatPage.open(page, hosts, example)
      const form = await chat.toForm()
      await page.waitForTimeout(300)
      await picture('open')
      const { x = 0, width = 0 } = (await (await form.frameElement()).boundingBox()) ?? {}
      expect(width).toBeGreaterThanOrEqual(formWidthMin)
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(viewport.width)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
      await chat.pays()
      await chat.hears('The card ending in 4242 paid €80')
      await page.waitForTimeout(300)
      await picture('paid')
    })
  }
}
