/** The composer guard, as built: what a person types, pastes or drops into a chat is not sent when there is a card in it. */
import { expect, type Page } from '@playwright/test'
import { axeFinds } from './axe-finds.ts'
import type { Doors } from './capture-door.ts'
import { composerKinds, type ComposerKind, openComposers } from './composer-page.ts'
import { test } from './form-in-chat.ts'

test.describe.configure({ mode: 'parallel' })

const card = '4242 4242 4242 4242'
const notice = (page: Page) => page.locator('sallyport-notice section')
const choose = (page: Page, name: string) => page.locator('sallyport-notice button', { hasText: name }).click()
const sent = (page: Page): Promise<string[]> => page.evaluate(() => window.sent)
const told = (page: Page) => page.evaluate(() => window.told)
const written = (page: Page): Promise<string> => page.evaluate(() => window.written())

/** Puts the keyboard into the composer, wherever it is; a closed root gives itself to nobody else. */
async function enter(page: Page, kind: ComposerKind): Promise<void> {
  await page.evaluate((kind) => {
    const inside = kind === 'nested' || kind === 'host' || kind === 'plain'
    const deep = (one: Element): HTMLElement | null => {
      const trees = one.shadowRoot ?? one
      for (const child of trees.children) {
        if (/^(INPUT|TEXTAREA)$/.test(child.tagName) || child.hasAttribute('contenteditable'))
          return child as HTMLElement // sound: by its name
        const found = deep(child)
        if (found !== null) return found
      }
      return null
    }
    ;(inside ? deep(window.composer) : window.composer)?.focus()
  }, kind)
}

async function write(page: Page, kind: ComposerKind, text: string): Promise<void> {
  await enter(page, kind)
  await page.keyboard.insertText(text)
}

async function press(page: Page): Promise<void> {
  await page.keyboard.press('Enter')
}

async function click(page: Page): Promise<void> {
  const box = await page.evaluate(() => {
    const place = document.getElementById('place')
    const find = (one: Element): DOMRect | null => {
      for (const child of (one.shadowRoot ?? one).children) {
        if (child.tagName === 'SALLYPORT-NOTICE') continue
        if (child.matches('button, [role=button], .send')) return child.getBoundingClientRect()
        const found = find(child)
        if (found !== null) return found
      }
      return null
    }
    return place && find(place)?.toJSON()
  })
  if (!box) throw new Error('no button is shown')
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
}

const submit = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const forms = (one: ParentNode): HTMLFormElement[] =>
      [...one.querySelectorAll('*')].flatMap((child) => [
        ...(child instanceof HTMLFormElement ? [child] : []),
        ...(child.shadowRoot ? forms(child.shadowRoot) : []),
      ])
    for (const form of forms(document)) form.requestSubmit()
  })

const ways: Record<ComposerKind, readonly ((page: Page) => Promise<void>)[]> = {
  input: [press, click, submit],
  textarea: [press, click],
  editable: [press, click],
  shadow: [press, click, submit],
  nested: [press, click, submit],
  host: [press, click],
  closed: [press],
  framework: [press, click],
  plain: [press, click],
}

for (const kind of composerKinds) {
  test(`${kind}: a card is sent by no way, and by every way without the guard (control)`, async ({ page, doors }) => {
    await openComposers(page, doors)
    for (const way of ways[kind]) {
      await page.evaluate((kind) => window.mount(kind), kind)
      await write(page, kind, `my card is ${card}`)
      await way(page)
      expect((await sent(page)).at(-1)?.trim(), way.name).toBe(`my card is ${card}`)
      await page.evaluate(() => {
        window.sent.length = 0
        window.guard()
      })
      await write(page, kind, 'hello')
      await way(page)
      expect(
        (await sent(page)).map((one) => one.trim()),
        way.name,
      ).toEqual(['hello'])
      await write(page, kind, `my card is ${card}`)
      await way(page)
      await way(page)
      expect(
        (await sent(page)).map((one) => one.trim()),
        way.name,
      ).toEqual(['hello'])
      if (kind !== 'closed') await expect(notice(page)).toContainText('This looks like a card number')
      // What is left can be sent by the same way.
      if (kind !== 'closed') {
        await choose(page, 'Take the number out')
        await expect.poll(() => written(page)).toBe('my card is ••••')
        await enter(page, kind)
        await way(page)
        expect(
          (await sent(page)).map((one) => one.trim()),
          way.name,
        ).toEqual(['hello', 'my card is ••••'])
        await expect(notice(page)).toHaveCount(0)
      }
    }
    expect(await page.evaluate(() => window.broken)).toEqual([])
  })
}

/** One chat of a kind, guarded. */
async function guarded(page: Page, doors: Doors, kind: ComposerKind, options: { lang?: string; scheme?: string } = {}) {
  await openComposers(page, doors, options)
  await page.evaluate((kind) => {
    window.mount(kind)
    window.guard()
  }, kind)
}

test('a card over two messages is not completed, nor group by group, and whoever says something else may', async ({
  page,
  doors,
}) => {
  await guarded(page, doors, 'input')
  const says = async (text: string): Promise<void> => {
    await write(page, 'input', text)
    await press(page)
  }
  await says('4242 4242')
  await says('one moment please')
  await says('4242 4242')
  expect(await sent(page)).toEqual(['4242 4242', 'one moment please'])
  await choose(page, 'Take the number out')
  await expect.poll(() => written(page)).toBe('')
  await says('room 12, please')
  expect((await sent(page)).at(-1)).toBe('room 12, please')
  // Control: each half alone is let through where nothing was said before.
  await page.evaluate(() => {
    window.mount('input')
    window.guard()
    window.sent.length = 0
  })
  await says('4242 4242')
  expect(await sent(page)).toEqual(['4242 4242'])
})

test('what the page sent in a way of its own counts as said', async ({ page, doors }) => {
  await guarded(page, doors, 'textarea')
  await write(page, 'textarea', '4242 4242')
  await page.evaluate(() => {
    if (window.composer instanceof HTMLTextAreaElement) {
      window.sent.push(window.composer.value)
      window.composer.value = ''
    }
  })
  await write(page, 'textarea', '4242 4242')
  await press(page)
  expect(await sent(page)).toEqual(['4242 4242'])
  await choose(page, 'Take the number out')
  // Control: what the person took back was not said.
  await page.evaluate(() => {
    window.mount('textarea')
    window.guard()
  })
  await write(page, 'textarea', '4242 4242')
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')
  await write(page, 'textarea', '4242 4242')
  await press(page)
  expect(await sent(page)).toEqual(['4242 4242', '4242 4242'])
})

test('what is pasted or dropped is told of at once, and not sent', async ({ page, doors, context }) => {
  await guarded(page, doors, 'textarea')
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate((card) => navigator.clipboard.writeText(card), card)
  await enter(page, 'textarea')
  await page.keyboard.press('Control+V')
  await expect(notice(page)).toContainText('This looks like a card number')
  expect(await told(page), 'nobody tried to send it yet').toEqual([])
  await press(page)
  expect(await sent(page)).toEqual([])
  await page.evaluate(() => {
    window.mount('editable')
    window.guard()
  })
  const box = await page.locator('[contenteditable]').boundingBox()
  if (box === null) throw new Error('the editor is not shown')
  const session = await context.newCDPSession(page)
  const data = { items: [{ mimeType: 'text/plain', data: card }], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data })
  await expect.poll(async () => (await written(page)).trim()).toBe(card)
  await expect(notice(page)).toContainText('This looks like a card number')
  await page.locator('#place [role=button]').click()
  expect(await sent(page)).toEqual([])
})

test('an Enter that ends a composition is left to the input method, and does not send a card to a page that takes it for one', async ({
  page,
  doors,
  context,
}) => {
  await guarded(page, doors, 'textarea')
  const session = await context.newCDPSession(page)
  const compose = async (text: string): Promise<void> => {
    await enter(page, 'textarea')
    await session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    await page.keyboard.press('Enter')
  }
  // Control: this page does not ask whether an Enter is a composition's.
  await compose('カード')
  expect(await sent(page)).toEqual(['カード'])
  await compose('４２４２４２４２４２４２４２４２')
  expect(await sent(page)).toEqual(['カード'])
  await session.send('Input.insertText', { text: '４２４２４２４２４２４２４２４２' })
  await press(page)
  expect(await sent(page)).toEqual(['カード'])
  await expect(notice(page)).toContainText('This looks like a card number')
})

test('a form that is sent or read by a script carries the message without the card', async ({ page, doors }) => {
  await openComposers(page, doors)
  await page.evaluate(() => window.mount('input'))
  const read = (): Promise<unknown> =>
    page.evaluate(() => {
      const form = document.querySelector('form')
      return form && new FormData(form).get('message')
    })
  await write(page, 'input', `my card is ${card}`)
  expect(await read()).toBe(`my card is ${card}`)
  await page.evaluate(() => window.guard())
  expect(await read()).toBe('my card is ••••')
  const submitted = page.waitForRequest('**/sent?*')
  await page.evaluate(() => {
    const form = document.querySelector('form')
    if (form === null) return
    form.action = '/sent'
    form.submit()
  })
  expect(new URL((await submitted).url()).searchParams.get('message')).toBe('my card is ••••')
})

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
  expect(seen.join('\n')).not.toMatch(/4242|123/)
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
  await page.addInitScript(() => {
    const live = new Map<string, number>()
    const { signal } = new AbortController()
    const change = (type: string, by: number): unknown => live.set(type, (live.get(type) ?? 0) + by)
    const isWatched = (target: unknown): boolean => [window, document, signal].some((one) => one === target)
    const add = EventTarget.prototype.addEventListener
    const remove = EventTarget.prototype.removeEventListener
    EventTarget.prototype.addEventListener = function (type, listener, options) {
      add.call(this, type, listener, options)
      if (!isWatched(this)) return
      change(type, 1)
      if (typeof options === 'object') options.signal?.addEventListener('abort', () => change(type, -1))
    }
    EventTarget.prototype.removeEventListener = function (type, listener, options) {
      remove.call(this, type, listener, options)
      if (isWatched(this)) change(type, -1)
    }
    Object.assign(window, { signal, live: () => Object.fromEntries([...live].filter(([, count]) => count !== 0)) })
  })
  await openComposers(page, doors)
  const live = () => page.evaluate(() => (window as unknown as { live(): object }).live())
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
