/**
 * Our own frame with the security code's length check off, so that the code's canary is typed and goes the way of every
 * code: field, seal, submission. The page as it ships takes digits alone; all else of it stays what it is.
 */
import type { BrowserContext } from '@playwright/test'
import { cvcCanaryBytes } from '../../crypto/card-bytes.ts'
import type { Stack } from '../../server/testing/stack.ts'
import { buildWithout, type Edit } from '../hostile/weaken.ts'

const lengthCheckOff: Edit[] = [
  { file: 'frame/fields/cvc.ts', take: 'clean: (text) => digitsOf(text).slice(0, 4)', put: 'clean: (text) => text' },
  {
    file: 'frame/fields/cvc.ts',
    take: 'if (clean.length < 3)',
    put: `if (clean.length === ${cvcCanaryBytes}) return { level: 'full', code: null }\n    if (clean.length < 3)`,
  },
  { file: 'crypto/card-bytes.ts', take: 'if (!isCvc(digits)) throw malformed()', put: '' },
]

/** The page keeps intake's own headers, its policy among them; its files are those of this build. */
export async function serveFrameThatTakes(context: BrowserContext, { urls, direct }: Stack): Promise<void> {
  const built = await buildWithout('frame', lengthCheckOff)
  await context.route(`${urls.capture}/f/*`, async (route) => {
    // Node resolves no name below localhost.
    const response = await route.fetch({ url: route.request().url().replace(urls.capture, direct.capture) })
    await route.fulfill({ response, body: built.get('index.html') ?? '' })
  })
  await context.route(`${urls.capture}/assets/*`, async (route) => {
    const file = new URL(route.request().url()).pathname.slice(1)
    const body = built.get(file)
    if (body === undefined) return route.continue()
    await route.fulfill({ body, contentType: file.endsWith('.css') ? 'text/css' : 'text/javascript' })
  })
}
