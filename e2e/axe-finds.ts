import type { Frame, Page } from '@playwright/test'
import axe from 'axe-core'

type Finding = { id: string; nodes: { html: string; any: { message: string }[] }[] }
type Axe = { run(options: object): Promise<{ violations: Finding[] }> }

/** A closed shadow root hides the frame from a run at the top: axe runs in each document by itself, by all its rules or some. */
export async function axeFinds(document: Page | Frame, rules?: string[]): Promise<string[]> {
  // Half a megabyte to compile: once a document.
  if (!(await document.evaluate(() => 'axe' in window))) await document.evaluate(axe.source)
  return document.evaluate(async (rules) => {
    const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules, iframes: false }) }
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(options)
    return violations.map(({ id, nodes }) => {
      const found = nodes.map(({ html, any }) => `${html} (${any.map(({ message }) => message).join('; ')})`)
      return `${id}: ${found.join(' ')}`
    })
  }, rules)
}
