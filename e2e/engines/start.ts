/** Starts Firefox or WebKit, with the programs that scripts/engines.mjs found. */
import type { Browser } from './driver.ts'
import { startFirefox } from './firefox.ts'
import { startWebKit } from './webkit.ts'

type Found = Record<string, string | undefined>

function programOf(found: Found, name: string): string {
  const path = found[name]
  if (path === undefined) throw new Error(`${name} is not set; run these tests with \`npm run test:engines\``)
  return path
}

export const startEngine = {
  firefox: (found: Found): Promise<Browser> => startFirefox(programOf(found, 'SALLYPORT_FIREFOX')),
  webkit: (found: Found): Promise<Browser> =>
    startWebKit({
      driver: programOf(found, 'SALLYPORT_WEBKIT_DRIVER'),
      miniBrowser: programOf(found, 'SALLYPORT_MINIBROWSER'),
      xvfb: programOf(found, 'SALLYPORT_XVFB'),
    }),
}
