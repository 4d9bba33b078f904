/** Where the form does not come, or its channel ends: a code by name within eight seconds, and the link in its place. */
import { expect, type Page } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { limits } from '../protocol/limits.ts'
import { axeFinds } from './axe-finds.ts'
import { hostPage, plainPage, problem } from './capture-door.ts'
import { comesByItself } from './capture-lost.ts'
import { ask, heard, linkTo, nextCapture, requestOf, says, test } from './form-in-chat.ts'
import { begin } from './look.ts'

test.describe.configure({ mode: 'parallel' })

test.describe('a form', () => {
  test('complaint 20: that does not allow the frame is told so by name', async ({ page, doors }) => {
    await page.goto(`${doors.host}/?noframes`)
    expect(await page.evaluate((wanted) => window.ask(wanted), requestOf(doors))).toMatchObject({
      ok: false,
      code: 'channel.csp',
    })
  })

  test('shows the same form by link where its frame did not come: phrase, link and code, in the dark, at 320 px', async ({
    page,
    doors,
  }) => {
    await page.clock.install()
    await page.setViewportSize({ width: 320, height: 900 })
    await page.goto(`${doors.host}/?noframes&scheme=dark`)
    await page.evaluate((wanted) => window.ask(wanted), requestOf(doors))
    const link = linkTo(doors.capture, 'ar')
    await page.evaluate((made) => window.element.showLink(made), link)
    expect(await axeFinds(page)).toEqual([])
    const card = await page.evaluate(() => {
      const [shown, ...more] = window.element.shadowRoot?.querySelectorAll('section') ?? []
      const { href, target, rel } = shown?.querySelector('a') ?? {}
      return {
        cards: 1 + more.length,
        texts: [...(shown?.children ?? [])].map((child) => child.textContent).filter((text) => text !== ''),
        alert: shown?.querySelector('[role="alert"]')?.textContent,
        lang: [shown?.lang, shown?.dir],
        anchor: [href, target, rel],
        runs: shown?.querySelector('path')?.getAttribute('d'),
        wide: document.documentElement.scrollWidth,
      }
    })
    const { words } = link
    expect(card).toEqual({
      cards: 1,
      texts: [words.title, words.phrase, link.phrase, words.open, words.scan, words.next],
      alert: words.title,
      lang: ['ar', 'rtl'],
      anchor: [link.url, '_blank', 'noreferrer'],
      runs: link.qr.path,
      wide: 320,
    })
    expect((await heard(page)).violations.filter((one) => !one.startsWith('frame-src'))).toEqual([])
    // One that leads elsewhere, whoever made it, is none of ours; and the next request takes its place.
    const refused = await page.evaluate(
      (made) => {
        try {
          return void window.element.showLink(made)
        } catch (error) {
          return String(error)
        }
      },
      linkTo('http://evil.example', 'ar'),
    )
    expect(refused).toBe('TypeError: showLink() needs a link to frame-origin')
    const cards = () => page.evaluate(() => window.element.shadowRoot?.querySelectorAll('section').length)
    await page.evaluate((wanted) => window.ask({ ...wanted }), requestOf(doors))
    expect(await cards()).toBe(0)
    // Nor does it stand there when nobody can open it or pick its phrase any more; a newer one has a time of its own.
    const usefulMs = limits.linkTtlMs + limits.linkPickMs
    await page.evaluate((made) => window.element.showLink(made), link)
    await page.clock.fastForward(usefulMs - 60_000)
    await page.evaluate((made) => window.element.showLink(made), link)
    await page.clock.fastForward(usefulMs - 60_000)
    expect(await cards()).toBe(1)
    await page.clock.fastForward(60_000)
    expect(await cards()).toBe(0)
  })

  test('whose form waits for intake, is not listed, or is of another version, hears each by a code of its own', async ({
    page,
    context,
    doors,
  }) => {
    const asks = async (here: Page): Promise<Record<string, unknown>> => {
      await here.goto(doors.host)
      return here.evaluate((wanted) => window.ask(wanted), requestOf(doors))
    }
    // An intake that takes the request and never answers: the form waits on, and the host may offer the link.
    doors.intake.before = (path) => (path === '/v1/attach' ? new Promise(() => {}) : undefined)
    const started = Date.now()
    await page.goto(doors.host)
    page.evaluate((wanted) => window.ask(wanted), requestOf(doors)).catch(() => {})
    await expect
      .poll(async () => (await heard(page)).events.at(-1))
      .toMatchObject({ name: 'error', code: 'channel.timeout', fatal: false })
    expect(Date.now() - started).toBeLessThan(9_500)

    nextCapture(doors)
    doors.intake.before = (path) => (path === '/v1/attach' ? problem(403, 'channel.origin') : undefined)
    expect(await asks(await context.newPage())).toMatchObject({ ok: false, code: 'channel.origin' })

    const other = await context.newPage()
    const hello = "parent.postMessage({ sallyport: 'hello', v: 2, n: '0'.repeat(32) }, '*')"
    await other.route('**/f/pk_*', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html><script>${hello}</script>` }),
    )
    expect(await asks(other)).toMatchObject({ ok: false, code: 'channel.version' })
  })

  comesByItself('script', /\/assets\/.*\.js$/)

  test('complaint 7: whose frame does not come hears why, in eight seconds', async ({ context, doors }) => {
    /** What the promise says, what stands in the chat, and what is printed for whoever builds the page. */
    const meets = async (address: string, onLine: boolean, code: string, words: string): Promise<string[]> => {
      const here = await context.newPage()
      await says(here, { onLine })
      await here.route('http://capture.example/**', (route) => route.abort())
      const printed: string[] = []
      here.on('console', (message) => printed.push(message.text()))
      await here.goto(address)
      const started = Date.now()
      expect(await here.evaluate((wanted) => window.ask(wanted), requestOf(doors))).toMatchObject({ ok: false, code })
      expect(Date.now() - started).toBeLessThan(9_500)
      expect(await here.evaluate(() => window.element.shadowRoot?.querySelector('p')?.textContent)).toBe(words)
      return printed.filter((line) => line.startsWith('Sallyport: '))
    }
    const away = 'The card form could not load. Please go on in the chat.'
    const unlisted = (mode: string): string => `${doors.host}/?key=pk_${mode}_unknown${'k'.repeat(20)}`
    const elsewhere = doors.serve({}, hostPage({ ...plainPage, capture: 'http://capture.example' }))
    const [told, live, alone] = await Promise.all([
      meets(unlisted('test'), true, 'channel.blocked', away),
      meets(unlisted('live'), true, 'channel.blocked', away),
      // A capture origin on this machine needs no network: its absence explains nothing.
      meets(unlisted('test'), false, 'channel.blocked', away),
      meets(elsewhere, true, 'channel.blocked', away),
      meets(
        elsewhere,
        false,
        'channel.offline',
        'This device has no connection, so the card form cannot go on for now.',
      ),
    ])
    // Whoever builds the page reads what to compare; no customer's console does.
    expect(live).toEqual([])
    for (const lines of [told, alone]) {
      expect(lines).toHaveLength(1)
      for (const part of ["tenant's", 'key', 'frame-origin', doors.host, doors.capture])
        expect(lines[0]).toContain(part)
    }
  })

  test('whose frame is sent elsewhere hears that the channel is lost', async ({ page, doors }) => {
    const { result } = await ask(page, doors)
    await page.evaluate(() => window.element.shadowRoot?.querySelector('iframe')?.setAttribute('src', 'about:blank'))
    // Whoever sent it elsewhere gets no second try by way of the page: what comes next is the server's to say.
    expect(await result).toMatchObject({ ok: false, code: 'channel.lost', retryable: false })
  })

  test('whose script answers the hello first gains no token, and the widget says that the channel is lost', async ({
    page,
    doors,
  }) => {
    await page.addInitScript(() => {
      if (location.pathname.startsWith('/f/')) return
      addEventListener(
        'message',
        (event) => {
          if (event.data?.sallyport !== 'hello') return
          const { port1, port2 } = new MessageChannel()
          Object.assign(window, { stolen: [] })
          port1.onmessage = ({ data }) => (window as unknown as { stolen: unknown[] }).stolen.push(data)
          ;(event.source as Window).postMessage({ sallyport: 'port', v: 1, n: event.data.n }, event.origin, [port2])
        },
        true,
      )
    })
    await page.goto(doors.host)
    expect(await page.evaluate((wanted) => window.ask(wanted), requestOf(doors))).toMatchObject({
      ok: false,
      code: 'channel.lost',
    })
    expect(doors.intake.epoch).toBe(0)
    expect(
      JSON.stringify(await page.evaluate(() => (window as unknown as { stolen: unknown[] }).stolen)),
    ).not.toContain('token')
  })

  test('can forge no hello and no event', async ({ page, doors }) => {
    await page.goto(doors.host)
    await page.evaluate(() => window.element.preload())
    await page.evaluate((origin) => {
      const iframe = window.element.shadowRoot?.querySelector('iframe')
      window.dispatchEvent(
        new MessageEvent('message', {
          data: { sallyport: 'hello', v: 1, n: '0'.repeat(32) },
          origin,
          source: iframe?.contentWindow ?? null,
        }),
      )
    }, doors.capture)
    const result = begin(page, doors.intake)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ status: 'completed' })
  })
})
