/** What a language does not fit into: the form is laid out as narrow as a chat on the smallest phone shows it. */
import type { Page } from '@playwright/test'
import { declared } from '../frame/fields/declared.ts'
import type { Doors } from './capture-door.ts'

/** 320 px, and a chat that keeps 12 px at each side. */
export const narrow = { width: 296, height: 900 }

/** The frame's page in a language, by itself. */
export async function openNarrow(page: Page, doors: Doors, lang: string): Promise<void> {
  await page.setViewportSize(narrow)
  await page.goto(`${doors.capture}/f/pk_test_${'k'.repeat(24)}?lang=${lang}`)
}

/** A long amount of the language's own region, for what an amount is filled into. */
const amountMinor = 1_234_567

/** One line a finding; empty where everything is on its lines. The page is the frame's own, without a host. */
export async function misfits(page: Page): Promise<string[]> {
  const errors = Object.entries(declared).flatMap(([field, { errors }]) =>
    Object.values(errors).map((word) => [`${field}-error`, word] as const),
  )
  return page.evaluate(
    ({ errors, amountMinor }) => {
      const { lang } = document.documentElement
      const words: Record<string, string> = JSON.parse(
        document.querySelector<HTMLTemplateElement>('#words')?.content.textContent ?? '{}',
      )
      const amount = new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR' }).format(amountMinor / 100)
      const values: Record<string, string> = {
        count: '4',
        amount,
        business: 'Northwind Coffee Roasters',
        brand: 'Mastercard',
        last4: '4242',
        card: 'Mastercard •••• 4242',
      }
      const found: string[] = []
      const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement
      // No machine need have a font for all scripts: a sign as wide as it is high is measured as a dash that is so too, and
      // a line may break after it.
      const drawn = (text: string): string =>
        text.replaceAll(/[\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]/g, '—\u200b')
      const said = (word: string): string =>
        drawn((words[word] ?? '').replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''))
      /** Of text alone: the box of an element is another than that of the words in it. */
      const linesOf = (element: Element): number => {
        const range = document.createRange()
        const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
        const rects: DOMRect[] = []
        while (texts.nextNode()) {
          range.selectNodeContents(texts.currentNode)
          rects.push(...[...range.getClientRects()].filter(({ width }) => width > 0))
        }
        let lines = 0
        let end = Number.NEGATIVE_INFINITY
        for (const { top, bottom } of rects.sort((a, b) => a.top - b.top)) {
          if (top > end - 4) lines += 1
          end = Math.max(end, bottom)
        }
        return lines
      }
      const check = (what: string, element: HTMLElement, linesMax: number): void => {
        const lines = linesOf(element)
        if (lines > linesMax) found.push(`${what}: ${lines} lines, ${linesMax} at most`)
        if (element.scrollWidth > element.clientWidth && getComputedStyle(element).display !== 'inline')
          found.push(`${what}: wider than its place`)
        if (document.documentElement.scrollWidth > innerWidth) found.push(`${what}: wider than the page`)
      }
      const put = (id: string, word: string, linesMax: number): void => {
        const element = byId(id)
        element.textContent = said(word)
        check(word, element, linesMax)
      }
      for (const element of document.querySelectorAll<HTMLElement>('[hidden]:not(#ending)')) element.hidden = false
      for (const element of document.querySelectorAll<HTMLElement>('#form [data-word]')) {
        element.textContent = drawn(element.textContent ?? '')
        const word = element.dataset['word'] ?? ''
        // A sandbox has its badge in the line of trust.
        if (element.closest('.unseen') === null)
          check(word, element.closest('label') ?? element, word === 'trust' ? 2 : 1)
      }
      for (const input of document.querySelectorAll('input')) {
        const style = getComputedStyle(input)
        const pen = document.createElement('canvas').getContext('2d')
        if (pen === null) continue
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
        const room = input.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight)
        const width = pen.measureText(drawn(input.placeholder)).width
        if (width > room) found.push(`hint of ${input.id}: ${Math.ceil(width)} px, ${Math.floor(room)} at most`)
      }
      for (const [id, word] of errors) put(id, word, 1)
      for (const word of Object.keys(words)) {
        if (word.startsWith('title_')) put('title', word, 2)
        else if (word.startsWith('submit_')) put('submit-label', word, 1)
        else if (word.startsWith('amount_')) put('amount', word, 2)
        else if (/^(slow|offline|lost|unanswered|unavailable|refused|paused)$/.test(word)) put('notice-text', word, 5)
      }
      byId('form').hidden = true
      byId('ending').hidden = false
      for (const word of Object.keys(words)) if (/^(ended|done)_/.test(word)) put('ending-text', word, 3)
      return found
    },
    { errors, amountMinor },
  )
}
