import type { Frame, Page } from '@playwright/test'
import axe from 'axe-core'

/** A closed shadow root hides the frame from a run at the top: axe runs in each document by itself. */
export async function axeFinds(document: Page | Frame): Promise<string[]> {
  await document.evaluate(axe.source)
  return document.evaluate(async () => {
    const { violations } = await (
      window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}
