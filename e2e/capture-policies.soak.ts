/** Hosts as strict as they come: every policy that docs/embed.md says to copy, and pages with a Lit of their own, without one violation. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { type Doors, FakeIntake, hostPage, openDoors } from './capture-door.ts'

test.describe.configure({ mode: 'parallel' })

const root = join(import.meta.dirname, '..')
const guide = readFileSync(join(root, 'docs', 'embed.md'), 'utf8')
const blocksOf = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block)
const policies = blocksOf('http')
const [embed = ''] = blocksOf('html')
const { files } = JSON.parse(readFileSync(join(root, 'dist', 'widget', 'sri.json'), 'utf8'))
const key = `pk_test_${'k'.repeat(24)}`
const nonce = 'n0nce'

let doors: Doors
test.beforeAll(async () => {
  doors = await openDoors()
})
test.afterAll(() => doors.close())

/** A text of the guide with the addresses of this run. */
const filledIn = (text: string): string =>
  text
    .replaceAll('http://127.0.0.1:7401', doors.gateway)
    .replaceAll('http://capture.localhost:7402', doors.capture)
    .replaceAll('pk_test_…', key)
    .replaceAll('sha384-…', files['sallyport.js'])
    .replaceAll('nonce-…', `nonce-${nonce}`)

const headersOf = (block: string): Record<string, string> =>
  Object.fromEntries(
    filledIn(block)
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  )

/** The guide's page: with a nonce on each tag where the policy asks for one, and its inline script in a file where none may be. */
function guidePage({ 'Content-Security-Policy': policy = '' }: Record<string, string>, more = ''): string {
  const tags = filledIn(embed).replace('const show =', 'window.show =')
  const body = policy.includes(`'nonce-${nonce}'`)
    ? tags.replaceAll('<script', `<script nonce="${nonce}"`)
    : tags.replace(/<script type="module">[\s\S]*?<\/script>/, '')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body>${body}${more}</body></html>`
}

/** As a host hears it; from before its first line. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const violations: string[] = []
    Object.assign(window, { violations })
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      violations.push(`${effectiveDirective} ${blockedURI}`),
    )
  })
  return () => page.evaluate(() => (window as unknown as { violations: string[] }).violations)
}

interface Calls {
  /** The guide's snippet, and the strict page's own. */
  show?(request: object): Promise<unknown>
  ask?(request: object): Promise<unknown>
}

/** To a token, without a violation on either side. */
async function pays(page: Page, address: string): Promise<void> {
  const violations = await listen(page)
  const intake = new FakeIntake()
  doors.intake = intake
  doors.frameViolations.length = 0
  await page.goto(address)
  const request = { captureId: intake.captureId, clientSecret: intake.clientSecret }
  const result = page.evaluate(async (wanted) => {
    await customElements.whenDefined('sallyport-capture')
    const { show, ask } = window as unknown as Calls
    return (show ?? ask)?.(wanted) ?? document.querySelector('sallyport-capture')?.request(wanted)
  }, request)
  await fillCard(page, cards.visa)
  expect(await result).toMatchObject({ status: 'completed', token: intake.token })
  expect(await violations()).toEqual([])
  expect(doors.frameViolations).toEqual([])
}

for (const [index, block] of policies.entries()) {
  test(`policy ${index + 1} of docs/embed.md lets a card become a token, without a violation`, async ({ page }) => {
    const headers = headersOf(block)
    await pays(page, doors.serve(headers, guidePage(headers)))
    const isolated = 'Cross-Origin-Embedder-Policy' in headers
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated)
  })
}

test('the guide has a policy for each situation, and a page whose violations would be heard', async ({ page }) => {
  expect(policies.length).toBeGreaterThanOrEqual(6)
  const headers = headersOf(policies.find((one) => one.includes("'none'; script-src")) ?? '')
  const violations = await listen(page)
  await page.goto(doors.serve(headers, guidePage(headers, '<p style="color: red">by an attribute</p>')))
  await expect.poll(violations).toEqual(['style-src-attr inline'])
})

/** Pages in two nested closed shadow roots, strict but for what the row says. */
const strict = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; require-trusted-types-for 'script'`
/** What a page's own Lit does first of all. */
const ownLit = `<script nonce="${nonce}">trustedTypes.createPolicy('lit-html', { createHTML: (html) => html })</script>`
const rows: { name: string; policy?: string; more?: Record<string, string>; before?: string }[] = [
  { name: 'no policy at all' },
  { name: 'Trusted Types without a list of policies', policy: strict },
  {
    name: 'a Lit of its own, loaded first, whose policy may be made once',
    policy: `${strict}; trusted-types lit-html`,
    before: ownLit,
  },
  {
    name: 'a Lit of its own, loaded first, in a list that allows duplicates',
    policy: `${strict}; trusted-types lit-html 'allow-duplicates'`,
    before: ownLit,
  },
  {
    name: 'isolation without credentials, and no features or addresses for anybody',
    policy: strict,
    more: {
      'cross-origin-embedder-policy': 'credentialless',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'payment=(), publickey-credentials-get=()',
      'referrer-policy': 'no-referrer',
    },
  },
  { name: 'a sandbox', policy: `${strict}; sandbox allow-scripts allow-same-origin allow-forms` },
]

for (const { name, policy, more = {}, before = '' } of rows) {
  test(`a host with ${name}, in nested closed shadow roots, has its token without a violation`, async ({ page }) => {
    const html = hostPage({
      nonce,
      capture: doors.capture,
      key,
      scheme: 'light',
      preset: 'bubble',
      lang: 'en',
      script: '/sallyport.js',
    })
    const headers =
      policy === undefined ? more : { ...more, 'content-security-policy': `${policy}; frame-src ${doors.capture}` }
    await pays(page, doors.serve(headers, html.replace('<script', `${before}<script`)))
  })
}
