/** The composer guard's notice: what the person sees, hears and may do, what the page is told, and what is left when it goes. */
import { expect } from '@playwright/test'
import { axeFinds } from './axe-finds.ts'
import { card, choose, guarded, notice, press, sent, told, write, written } from './composer.ts'
import { openComposers } from './composer-page.ts'
import { test } from './form-in-chat.ts'
import { countListeners } from './listeners.ts'

test.describe.configure({ mode: 'parallel' })

test('nothing of the composer is in an event, a log or the network, and the page hears of each stop', async ({
  page,
  doors,
}) => {
  const seen: string[] = []
  page.on('console', (message) => seen.push(message.text()))
  page.on('request', (request) => seen.push(request.url() + (request.postData() ?? '')))
  await guarded(page, doors, 'framework')
  await write(page, 'framework', `my card is ${card}, cvc 123`)
  await press(page)
  await choose(page, 'Use the secure form')
  await expect.poll(() => told(page)).toHaveLength(2)
  expect(await told(page)).toEqual([
    {
      type: 'sallyport:leak',
      kinds: ['pan', 'cvc'],
      surface: 'composer',
      action: 'blocked',
      members: expect.any(String),
    },
    { type: 'sallyport:guard', kinds: ['pan', 'cvc'], open: false, members: expect.any(String) },
  ])
  for (const { members } of await told(page))
    expect(members.split(',').sort().join()).toMatch(/^(action,)?isTrusted,kinds(,open)?(,surface)?$/)
  await expect(page.locator('sallyport-notice [role=status]')).toHaveText('Thank you. The secure form is on its way.')
  expect(await written(page)).toBe('my card is ••••, cvc ••••')
  // But for ports, which may be 41234.
  expect(seen.join('\n').replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1')).not.toMatch(/4242|123/)
  expect(await sent(page)).toEqual([])
})

test('the keyboard alone: the focus stays, the alert is said, both ways are reached, and the form that stands open gets it', async ({
  page,
  doors,
}) => {
  await guarded(page, doors, 'textarea')
  await page.evaluate(() => {
    // What stands in for an open form: its size and its frame are all that is looked at.
    const form = document.createElement('sallyport-capture')
    form.attachShadow({ mode: 'open' }).append(document.createElement('iframe'))
    document.querySelector('h1')?.after(form)
    window.guard({ onCard: ({ open }: { open: boolean }) => window.sent.push(`asked, open: ${open}`) })
  })
  await write(page, 'textarea', card)
  await press(page)
  await expect(page.getByRole('alert')).toContainText('This looks like a card number')
  await expect(page.locator('textarea')).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(page.locator('sallyport-notice button').last()).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(page.locator('sallyport-notice button').first()).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.locator('sallyport-capture iframe')).toBeFocused()
  expect(await sent(page)).toEqual(['asked, open: true'])
  expect(await written(page)).toBe('')
})

test('taking it out gives the composer back, with the keyboard in it, and undo gives nobody a way past', async ({
  page,
  doors,
}) => {
  await guarded(page, doors, 'textarea')
  await write(page, 'textarea', `take ${card}`)
  await press(page)
  await choose(page, 'Take the number out')
  await expect(page.locator('textarea')).toBeFocused()
  await page.keyboard.press('Control+Z')
  await expect.poll(() => written(page)).toBe(`take ${card}`)
  await press(page)
  expect(await sent(page)).toEqual([])
  await expect(page.getByRole('alert')).toBeVisible()
})

for (const [width, scheme] of [
  [360, 'dark'],
  [1280, 'light'],
] as const)
  test(`at ${width} px, ${scheme}: the notice fits, and axe finds nothing`, async ({ page, doors }) => {
    await page.setViewportSize({ width, height: 740 })
    await guarded(page, doors, 'editable', { scheme })
    await write(page, 'editable', `card ${card}`)
    await press(page)
    await expect(notice(page)).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
    for (const one of await page.locator('sallyport-notice button').all())
      expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(44)
    expect(await axeFinds(page)).toEqual([])
    expect(await page.evaluate(() => window.broken)).toEqual([])
  })

test('it speaks the language of the page, by a file whose hash is inside it, and another file is not taken (control)', async ({
  page,
  doors,
}) => {
  const says = async (): Promise<string> => {
    await guarded(page, doors, 'input', { lang: 'de-AT' })
    await page.waitForLoadState('networkidle')
    await write(page, 'input', card)
    await press(page)
    return notice(page).locator('p').textContent().then(String)
  }
  const spoken = 'vier zwei vier zwei '.repeat(4)
  const saysSpoken = async (): Promise<string[]> => {
    await page.evaluate(() => {
      window.mount('input')
      window.guard()
    })
    await page.waitForLoadState('networkidle')
    await write(page, 'input', spoken)
    await press(page)
    return sent(page)
  }
  expect(await says()).toContain('Kartennummer')
  expect(await saysSpoken(), 'its number words are known').toEqual([])
  await page.route('**/guard/de.json', (route) =>
    route.fulfill({ json: { lang: 'de', words: { number: 'Bitte die Karte hierher' } } }),
  )
  expect(await says()).toContain('This looks like a card number')
  expect(await saysSpoken(), 'nor are its words (control)').toEqual([spoken])
})

test('a hundred mounts leave no listener, no notice, and nothing on a signal', async ({ page, doors }) => {
  const counts = await countListeners(page)
  const live = async () => Object.fromEntries(Object.entries(await counts()).filter(([, count]) => count !== 0))
  await openComposers(page, doors)
  await page.evaluate(() => window.mount('textarea'))
  const before = await live()
  await page.evaluate(() => window.guard({ signal: window.signal }))
  expect(await live(), 'a guard listens').not.toEqual(before)
  await page.evaluate(() => {
    for (let mount = 0; mount < 100; mount += 1) {
      window.mount('textarea')
      const own = new AbortController()
      window.guard({ signal: mount % 2 === 0 ? window.signal : own.signal })
      if (mount % 2 === 1) own.abort()
    }
    window.guarding?.release()
  })
  expect(await live()).toEqual(before)
  await expect(page.locator('sallyport-notice')).toHaveCount(0)
  // Released: the chat is the page's own again.
  await write(page, 'textarea', card)
  await press(page)
  expect(await sent(page)).toEqual([card])
})

test('what the agent has just asked for is looked at more strictly, and what can never work is refused in words', async ({
  page,
  doors,
}) => {
  await guarded(page, doors, 'input')
  await page.evaluate(() => window.guarding?.arm('cvc', { turns: 1 }))
  await write(page, 'input', '123')
  await press(page)
  await expect(notice(page)).toContainText('card details')
  expect(await sent(page)).toEqual([])
  const words = await page.evaluate(() => {
    const tries: (() => unknown)[] = [
      () => window.guarding?.arm('number', { turns: 1 }),
      () => window.guarding?.arm('pan', { turns: 0 }),
      () => Reflect.apply(window.Sallyport?.guardComposer ?? String, null, [null]),
    ]
    return tries.map((one) => {
      try {
        return String(one())
      } catch (error) {
        return String(error)
      }
    })
  })
  expect(words).toEqual([
    "TypeError: arm() needs 'pan', 'cvc' or 'expiry', and turns from 1 to 8",
    "TypeError: arm() needs 'pan', 'cvc' or 'expiry', and turns from 1 to 8",
    'TypeError: guardComposer() needs an element',
  ])
})
