/** What scripts of the page, and other windows, do with messages: listening, answering first, forging, offering ports. */
import type { EnginePage } from '../engines/browser.ts'
import { cards, fillCard } from '../../testing/index.ts'
import { type Asked, attack, expect, type Field } from './attack.ts'
import { call, puppetPage, script, shopPage } from './pages.ts'
import type { Edit } from './weaken.ts'

const loot = (page: EnginePage): Promise<unknown[]> => page.evaluate(() => window.loot)
/** Seven digits in a row, whatever stands between them, or a secret that writes. */
const precious = /(\d[\s-]*){7}|\b[cs]s_/

/** The customer's page with a capture asked for; what the element says in the end. */
async function askOn({ page }: Field, address: string, asked: Asked): Promise<{ result: Promise<object> }> {
  await page.goto(address)
  const result = page.evaluate((wanted) => window.pay(wanted), asked)
  result.catch(() => {})
  return { result }
}

/** In `<head>`, before anything of ours: hears every window message, and every port that comes with one. */
const listening = script(() => {
  window.loot = []
  addEventListener(
    'message',
    ({ data, ports }) => {
      window.loot.push(data)
      for (const port of ports) port.addEventListener('message', (event) => window.loot.push('port', event.data))
    },
    true,
  )
})

/** A widget and a frame that make the channel in the other direction, as other products do. */
const portToHost: { frame: Edit[]; widget: Edit[] } = {
  frame: [
    {
      file: 'frame/handshake.ts',
      take: "own.parent.postMessage(hello, '*')",
      put: "const { port1, port2 } = new MessageChannel(); window.parent.postMessage(hello, '*', [port2]); onPort({ port: port1, origin: '' })",
    },
  ],
  widget: [
    {
      file: 'widget/handshake.ts',
      take: 'const { port1, port2 } = new Channel()',
      put: 'const port1 = event.ports[0]; if (!port1) return; callbacks.onPort(port1); return; const port2 = port1',
    },
  ],
}

attack('A script of the page listens', {
  had: 'A script on the customer page that came first',
  defended: [
    'it sees one hello, no port and no token',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const { result } = await askOn(field, site.page(shopPage(field, { before: listening })), asked)
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true, token: expect.stringMatching(/^tok_test_/) })
      expect(await loot(page)).toEqual([{ sallyport: 'hello', v: 1, n: expect.any(String) }])
    },
  ],
  undefended: [
    'where the frame sends a port to the page, the script hears every word on it, the token too',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const frameOrigin = await site.weak({ frame: portToHost.frame })
      const widget = await site.widgetWithout(portToHost.widget)
      const { result } = await askOn(
        field,
        site.page(shopPage(field, { frameOrigin, widget, before: listening })),
        asked,
      )
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true })
      expect(await loot(page)).toContainEqual(
        expect.objectContaining({ t: 'complete', token: (await field.state(asked)).token?.id }),
      )
    },
  ],
})

/** Keeps what would run in some seconds, so that nobody needs to wait for it. */
const keepingTime = script(() => {
  const late: TimerHandler[] = []
  const wait = window.setTimeout
  Object.assign(window, {
    setTimeout: (run: TimerHandler, ms?: number) => {
      if ((ms ?? 0) >= 4_000) late.push(run)
      return wait(run, ms)
    },
    someSecondsLater: () => {
      for (const run of late) if (typeof run === 'function') run()
    },
  })
})

/** Answers the hello before the widget does, opens the capture, and keeps what it is told. */
const answering = (asked: Asked): string =>
  script(
    (command) => {
      window.loot = []
      addEventListener(
        'message',
        ({ data, source, origin }) => {
          if (data?.sallyport !== 'hello') return
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = (event) => window.loot.push(event.data)
          source?.postMessage({ sallyport: 'port', v: 1, n: data.n }, { targetOrigin: origin, transfer: [port2] })
          port1.postMessage(command)
        },
        true,
      )
    },
    call('a', 'open', asked),
  )

const everyPort: Edit[] = [
  { file: 'frame/handshake.ts', take: 'if (taken) {', put: 'if (false) {' },
  {
    file: 'frame/host.ts',
    take: 'this.#port = port',
    put: 'const before = this.#port; let seq = 0; this.#port = before ? { postMessage: (m) => { before.postMessage(m); port.postMessage({ ...m, seq: ++seq }) } } : port',
  },
]

attack('A script of the page answers the hello before the widget does', {
  had: 'A script on the customer page that came first, and the client secret that it read there',
  defended: [
    "the widget's own port is refused: the form closes, the widget says `channel.lost`, and the script has hints alone",
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const before = keepingTime + answering(asked)
      const { result } = await askOn(field, site.page(shopPage(field, { before })), asked)
      const frame = await field.frame()
      await expect(frame.locator('#ending-text')).toHaveText('This form cannot be used here. Nothing was stored.')
      await expect(field.number(frame)).toBeHidden()
      await page.evaluate(() => window.someSecondsLater())
      expect(await result).toEqual({ ok: false, code: 'channel.lost' })
      expect(await loot(page)).toContainEqual(expect.objectContaining({ t: 'error', code: 'channel.lost' }))
      expect(JSON.stringify(await loot(page))).not.toMatch(/tok_/)
      expect((await field.state(asked)).state).toMatch(/^(created|offered)$/)
    },
  ],
  undefended: [
    'where the frame takes every port, the customer pays, the script hears it all and nobody notices',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const frameOrigin = await site.weak({ frame: everyPort })
      const { result } = await askOn(
        field,
        site.page(shopPage(field, { frameOrigin, before: answering(asked) })),
        asked,
      )
      await fillCard(page, cards.visa)
      await expect.poll(() => loot(page)).toContainEqual(expect.objectContaining({ t: 'complete' }))
      expect((await field.state(asked)).state).toBe('completed')
      await Promise.race([result, page.close()])
    },
  ],
})

/** Keeps the number of the hello, and offers a port of its own when it is told to. */
const offeringLate = script(() => {
  window.loot = []
  addEventListener('message', ({ data, source, origin }) => {
    if (data?.sallyport !== 'hello') return
    addEventListener('late', () => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = (event) => window.loot.push(event.data)
      source?.postMessage({ sallyport: 'port', v: 1, n: data.n }, { targetOrigin: origin, transfer: [port2] })
    })
  })
})

attack('A script of the page offers a second port while the customer types', {
  had: 'A script on the customer page that heard the hello',
  defended: [
    'the form closes, what was typed is gone, and the agent hears that the shield failed',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const { result } = await askOn(field, site.page(shopPage(field, { before: offeringLate })), asked)
      await fillCard(page, cards.visa, { submit: false })
      await page.evaluate(() => dispatchEvent(new Event('late')))
      expect(await result).toEqual({ ok: false, code: 'channel.lost' })
      expect(await loot(page)).toEqual([])
      expect(await field.number(await field.frame()).inputValue()).toBe('')
      await expect.poll(() => field.events(asked)).toContain('capture.shield.failed')
    },
  ],
  undefended: [
    'where the frame takes every port, the script hears the rest and the token',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const frameOrigin = await site.weak({ frame: everyPort })
      const { result } = await askOn(field, site.page(shopPage(field, { frameOrigin, before: offeringLate })), asked)
      await fillCard(page, cards.visa, { submit: false })
      await page.evaluate(() => dispatchEvent(new Event('late')))
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
      await expect.poll(() => loot(page)).toContainEqual(expect.objectContaining({ t: 'complete' }))
    },
  ],
})

attack('A script of the page plays the widget from beginning to end', {
  had: 'The page, and the client secret of the capture',
  defended: [
    'it hears hints, brand, last four digits and a token; no other digit and no secret of the session',
    async (field) => {
      const { page, site, form } = field
      const asked = await field.ask()
      await page.goto(site.page(puppetPage(form())))
      await page.waitForFunction(() => window.port)
      await page.evaluate((message) => window.say(message), call('a', 'open', asked))
      await fillCard(page, cards.visa)
      await expect
        .poll(() => loot(page))
        .toContainEqual(expect.objectContaining({ t: 'complete', brand: 'visa', last4: '4242' }))
      expect(JSON.stringify(await loot(page))).not.toMatch(precious)
    },
  ],
  undefended: [
    'where hints carry values, as in other products, it has the card',
    async (field) => {
      const { page, site, form } = field
      const asked = await field.ask()
      const values: Edit = {
        file: 'frame/host.ts',
        take: 'seq: this.#seq, ...event',
        put: "seq: this.#seq, ...event, values: Array.from(document.querySelectorAll('input'), (input) => input.value)",
      }
      await page.goto(site.page(puppetPage(form(await site.weak({ frame: [values] })))))
      await page.waitForFunction(() => window.port)
      await page.evaluate((message) => window.say(message), call('a', 'open', asked))
      await fillCard(page, cards.visa)
      await expect.poll(async () => JSON.stringify(await loot(page))).toContain('4242 4242 4242 4242')
      expect(JSON.stringify(await loot(page))).toMatch(precious)
    },
  ],
})

/** Makes events with the right origin and source; only the browser's own mark of trust is out of reach. */
const forge = (data: object, page: EnginePage, origin: string): Promise<void> =>
  page.evaluate(
    ([forged, from]) => {
      const source = document.querySelector('sallyport-capture')?.shadowRoot?.querySelector('iframe')?.contentWindow
      const by = document.createElement('script')
      by.textContent = `window.forge = (data, origin, source) => dispatchEvent(new MessageEvent('message', { data, origin, source }))`
      document.head.append(by)
      ;(window as unknown as { forge(...forged: unknown[]): void }).forge(forged, from, source ?? null)
    },
    [data, origin] as const,
  )

const hello = { sallyport: 'hello', v: 1, n: '0'.repeat(32) }

attack('A script of the page forges a hello with the right origin and source', {
  had: 'A script on the customer page, while the customer types',
  defended: [
    'the widget takes no event that a script made, and the customer pays',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const { result } = await askOn(field, site.page(shopPage(field)), asked)
      await fillCard(page, cards.visa, { submit: false })
      await forge(hello, page, field.capture)
      await fillCard(page, cards.visa)
      expect(await result).toMatchObject({ ok: true, status: 'completed' })
    },
  ],
  undefended: [
    'where origin and source are enough, the form is torn from under the hands of the customer',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      const widget = await site.widgetWithout([
        { file: 'widget/handshake.ts', take: 'if (!event.isTrusted) return', put: '' },
      ])
      const { result } = await askOn(field, site.page(shopPage(field, { widget })), asked)
      await fillCard(page, cards.visa, { submit: false })
      await forge(hello, page, field.capture)
      expect(await result).toEqual({ ok: false, code: 'channel.lost' })
    },
  ],
})

const forgedToken = `tok_test_${'z'.repeat(26)}`
const complete = { sp: 1, seq: 1, t: 'complete', token: forgedToken, brand: 'visa', last4: '4242' }

attack('A script of the page forges the word that the card is in', {
  had: 'A script on the customer page',
  defended: [
    'our element hears its frame on a port alone: its promise waits on, and it tells nobody',
    async (field) => {
      const { page, site } = field
      const asked = await field.ask()
      await askOn(field, site.page(shopPage(field)), asked)
      await fillCard(page, cards.visa, { submit: false })
      const told = page.evaluate(
        () => new Promise((resolve) => addEventListener('sallyport:complete', (event) => resolve(event))),
      )
      told.catch(() => {})
      await forge(complete, page, field.capture)
      await forge({ sallyport: 'complete', ...complete }, page, field.capture)
      const quiet = page.waitForTimeout(200).then(() => 'quiet')
      expect(await Promise.race([told, quiet])).toBe('quiet')
      // The words of the fields are on their way; the forged one must not be among what arrives.
      await expect.poll(async () => (await field.state(asked)).state).toBe('collecting')
    },
  ],
  undefended: [
    'a host that compares origin and source believes the forged token',
    async (field) => {
      const { page, site, form } = field
      const naive = `<body><sallyport-capture></sallyport-capture>${script((address) => {
        window.loot = []
        const iframe = document.createElement('iframe')
        iframe.src = address
        document.querySelector('sallyport-capture')?.attachShadow({ mode: 'open' }).append(iframe)
        addEventListener('message', ({ data, origin, source }) => {
          if (origin !== new URL(address).origin || source !== iframe.contentWindow) return
          if (data.t === 'complete') window.loot.push(data.token)
        })
      }, form())}</body>`
      await page.goto(site.page(naive))
      await forge(complete, page, field.capture)
      expect(await loot(page)).toEqual([forgedToken])
    },
  ],
})

/** An advertisement in a frame of its own, which reaches its neighbour by number and offers it a port. */
const advertisement = script(() => {
  window.loot = []
  addEventListener('message', ({ data }) => {
    if (data !== 'now') return
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (event) => window.loot.push(event.data)
    parent.frames[0]?.postMessage({ sallyport: 'port', v: 1, n: '0'.repeat(32) }, '*', [port2])
    port1.postMessage({ id: 'a', type: 'APPLY', path: ['ping'], argumentList: [] })
  })
})

/** What the advertisement hears on its port, as often as it is asked. */
async function offerFromBeside(
  { page, site, frame, embedded }: Field,
  form: string,
): Promise<() => Promise<unknown[]>> {
  const advert = site.page(`<body>${advertisement}</body>`, site.evil)
  await page.goto(site.page(`<body><iframe src="${form}"></iframe><iframe src="${advert}"></iframe></body>`))
  await frame()
  const beside = await embedded(advert)
  await page.evaluate(() => window.frames[1]?.postMessage('now', '*'))
  return () => beside.evaluate(() => window.loot)
}

attack('An advertisement beside the form offers it a port', {
  had: 'A frame of its own on the customer page, and the frame of the form by number',
  defended: [
    'only the parent may offer, and only with the number of the hello: the form does not answer',
    async (field) => {
      const heard = await offerFromBeside(field, field.form())
      await field.page.waitForTimeout(300)
      expect(await heard()).toEqual([])
    },
  ],
  undefended: [
    'where any window may offer, the form takes the port of the advertisement and answers it',
    async (field) => {
      const weak = await field.site.weak({
        frame: [
          { file: 'frame/handshake.ts', take: 'if (event.source !== own.parent) return', put: '' },
          { file: 'frame/handshake.ts', take: 'if (offered(event.data) !== n) return', put: '' },
          { file: 'frame/handshake.ts', take: 'event.origin !== origin || ', put: '' },
        ],
      })
      const heard = await offerFromBeside(field, field.form(weak))
      await expect.poll(heard).toContainEqual({
        id: 'a',
        type: 'RAW',
        value: { ok: true },
      })
    },
  ],
})
