/** What assistive technology is handed of a document, by Chromium's own account. */
import type { CDPSession, Frame, Page } from '@playwright/test'

export interface TreeNode {
  role: string
  name: string
  description: string
  /** What stands in it, which is what a live region says. */
  text: string
  /** `invalid`, `live`, `required`, `focused`, `busy`, `disabled`, …, as far as the node has them. */
  states: Readonly<Record<string, unknown>>
}

/** Of a page, or of a frame in it; without what a screen reader never meets. */
export async function treeOf(page: Page, form: Frame | null = null): Promise<TreeNode[]> {
  // A frame of another site may have a process, and then a target, of its own.
  const own =
    form &&
    (await page
      .context()
      .newCDPSession(form)
      .catch(() => null))
  const session: CDPSession = own ?? (await page.context().newCDPSession(page))
  const { frameTree } = await session.send('Page.getFrameTree')
  const frames = [frameTree.frame, ...(frameTree.childFrames ?? []).map(({ frame }) => frame)]
  // DevTools keep the fragment apart.
  const frameId = frames.find(({ url }) => url === form?.url().replace(/#.*/, ''))?.id
  if (form !== null && frameId === undefined) throw new Error('DevTools know no such frame')
  const { nodes } = await session.send('Accessibility.getFullAXTree', frameId === undefined ? {} : { frameId })
  await session.detach()
  const textOf = (id: string): string =>
    nodes
      .filter(({ parentId }) => parentId === id)
      .map(({ nodeId, role, name }) => (role?.value === 'StaticText' ? String(name?.value ?? '') : textOf(nodeId)))
      .join('')
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ nodeId, role, name, description, properties = [] }) => ({
      role: role?.value ?? '',
      name: name?.value ?? '',
      description: description?.value ?? '',
      text: textOf(nodeId),
      states: Object.fromEntries(properties.map(({ name: state, value }) => [state, value.value])),
    }))
}
