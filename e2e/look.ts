/** What the tests of the look measure with. */
import type { BrowserContext, Frame, Page } from '@playwright/test'
import { cardFrame } from '../testing/index.ts'
import type { FakeIntake } from './capture-door.ts'

/** Asks for the card on a page of the doors, and goes on. */
export function begin(page: Page, { captureId, clientSecret }: FakeIntake): Promise<Record<string, unknown>> {
  const result = page.evaluate((wanted) => window.ask(wanted), { captureId, clientSecret })
  result.catch(() => {})
  return result
}

/** The form that is open. */
export async function formOf(page: Page, timeoutMs?: number): Promise<Frame> {
  return (await cardFrame(page, timeoutMs)) as unknown as Frame // Playwright's own, from Playwright's page
}

/** Which part of a picture is nearly white, 0 to 1. */
export async function brightShare(context: BrowserContext, png: Buffer): Promise<number> {
  const decoder = await context.newPage()
  try {
    return await decoder.evaluate(async (base64) => {
      const image = new Image()
      image.src = `data:image/png;base64,${base64}`
      await image.decode()
      const canvas = new OffscreenCanvas(image.width, image.height)
      const context = canvas.getContext('2d')
      context?.drawImage(image, 0, 0)
      const { data = new Uint8ClampedArray() } = context?.getImageData(0, 0, image.width, image.height) ?? {}
      let bright = 0
      for (let at = 0; at < data.length; at += 4)
        if (Math.min(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0) > 200) bright += 1
      return bright / (data.length / 4)
    }, png.toString('base64'))
  } finally {
    await decoder.close()
  }
}

/** The properties that a form wears, without their dashes. */
export const dressed = (form: Frame): Promise<Record<string, string>> =>
  form.evaluate(() => {
    const { style } = document.documentElement
    return Object.fromEntries([...style].map((name) => [name.slice(2), style.getPropertyValue(name)]))
  })

/** What is cut, hangs out of the form, stands on its neighbour or at the very edge, in words. */
export const misplaced = (form: Frame): Promise<string[]> =>
  form.evaluate(() => {
    const wrong: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) wrong.push(`the form is ${root.scrollWidth} wide in ${root.clientWidth}`)
    const seen = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true })
    const name = (element: Element): string => element.id || `${element.tagName} ${element.className}`
    for (const element of document.querySelectorAll<HTMLElement>('label > *, h1 *, p, button, .brand, input'))
      if (seen(element) && !element.closest('.unseen, #fold') && element.scrollWidth > element.clientWidth + 1)
        if (getComputedStyle(element).display !== 'inline') wrong.push(`${name(element)} is cut`)
    const blocks = [...document.querySelectorAll('.field, .pair, header, #notice, #submit, #cancel')]
      .filter((element) => seen(element) && element.parentElement?.id === 'form')
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
    const card = document.querySelector('#card')?.getBoundingClientRect() ?? new DOMRect()
    for (const { element, box } of blocks) {
      const room = [box.top - card.top, card.bottom - box.bottom, box.left - card.left, card.right - box.right]
      if (element.tagName !== 'HEADER' && Math.min(...room) < 6) wrong.push(`${name(element)} stands at the edge`)
    }
    for (const [at, one] of blocks.entries())
      for (const other of blocks.slice(at + 1)) {
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top)
        if (across > 1 && down > 1) wrong.push(`${name(one.element)} stands on ${name(other.element)}`)
      }
    return wrong
  })
