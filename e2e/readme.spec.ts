import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from './stack.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const block = (language: string, holding: string): string => {
  const found = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].find(
    ([, name, code]) => name === language && code?.includes(holding),
  )
  if (found?.[2] === undefined) throw new Error(`the README has no ${language} block with ${holding}`)
  return found[2]
}

/** The README's snippets, letter by letter but for the addresses of this run, on a page of the tenant's origin. */
test('the snippets of the README for the page, the agent and Playwright take a payment', async ({ page, stack }) => {
  const addresses = (code: string): string =>
    code
      .replaceAll('http://127.0.0.1:7401', stack.urls.gateway)
      .replaceAll('http://capture.localhost:7402', stack.urls.capture)
      .replace('pk_test_…', stack.tenant.publishable_key)
  const embed = addresses(block('html', 'sallyport-capture')).replace('const show =', 'window.show =')
  await page.route(`${stack.urls.demo}/readme`, (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>shop</title>${embed}` }),
  )
  // A page that a test makes up has no address, so Chromium takes it for a public one that asks for loopback.
  await page.context().grantPermissions(['local-network-access'], { origin: stack.urls.demo })
  await page.goto(`${stack.urls.demo}/readme`)

  const folder = join(root, 'test-results', 'readme')
  mkdirSync(folder, { recursive: true })
  const snippet = (name: string) => {
    const file = join(folder, `${name}.ts`)
    writeFileSync(file, addresses(block('ts', name)))
    return import(pathToFileURL(file).href)
  }
  process.env['SHOP_SECRET_KEY'] = stack.tenant.secret_key
  const { takePayment } = await snippet('takePayment')
  const { payInTheForm } = await snippet('payInTheForm')

  let shown: Promise<unknown> = Promise.resolve()
  const paid = takePayment('readme', (message: object) => {
    shown = page.evaluate(
      (request) => (window as unknown as { show(request: object): Promise<unknown> }).show(request),
      message,
    )
  })
  await payInTheForm(page)
  const charge = await paid
  expect(charge).toMatchObject({ state: 'captured', amount_minor: 8000, card: { brand: 'visa', last4: '4242' } })
  expect(await shown).toMatchObject({ status: 'completed', last4: '4242' })
  rmSync(folder, { recursive: true, force: true })
})
