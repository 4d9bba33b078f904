/** The detector as it is built finds the same in Chromium as in Node, and lets the same text through. */
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, type Page, test } from '@playwright/test'
import { casesOf, families, sets } from '../detect/testing/families.ts'
import { noiseClasses } from '../detect/testing/noise-classes.ts'
import { seeded } from '../detect/testing/random.ts'
import type { Api } from '../detect/testing/run.ts'

const built = join(import.meta.dirname, '..', 'dist', 'client')
const talks = [
  ...Object.keys(families).flatMap((name) =>
    Object.values(sets).flatMap((set) => casesOf(name, set, 2).map(({ turns }) => turns.map(({ text }) => text))),
  ),
  ...Object.values(noiseClasses).flatMap((make) => [1, 2, 3].map((seed) => [make(seeded(seed))])),
  ['\ud835 4242\u00ad4242 4242 4242 \udfce'],
  ['constructor __proto__ toString'],
]

/** Runs in either: everything that is said about each message, and about the talk word by word. */
function findAll(api: Api, all: readonly (readonly string[])[]): string[] {
  return all.map((texts) => {
    const guard = api.createGuard()
    const pushed = texts.flatMap((text, turn) =>
      text
        .split(/(?<=\s)/)
        .map((word, index, words) => guard.push(word, { turn, speaker: 'a', final: index === words.length - 1 })),
    )
    return JSON.stringify([texts.map((text) => [api.detect(text), api.redact(text)]), pushed, guard.flush()])
  })
}

/** The built files from an origin of their own, so that the browser loads what a page would load. */
async function open(page: Page): Promise<void> {
  await page.route('http://detect.localhost/**', (route) => {
    const path = new URL(route.request().url()).pathname
    if (path === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>detect</title>' })
    expect(extname(path)).toBe('.js')
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(built, path), 'utf8') })
  })
  await page.goto('http://detect.localhost/')
}

test('a few hundred talks have the same findings in Chromium as in Node, to the byte', async ({ page }) => {
  const inNode = findAll(await import(pathToFileURL(join(built, 'detect.js')).href), talks)
  await open(page)
  const inChromium = await page.evaluate(
    `import('/detect.js').then((api) => (${findAll.toString()})(api, ${JSON.stringify(talks)}))`,
  )
  expect(talks.length).toBeGreaterThan(300)
  expect(inNode.filter((one) => one.includes('"kind":"pan"')).length).toBeGreaterThan(150)
  expect(inChromium).toEqual(inNode)
})
