/**
 * The road without a browser: both canaries are sealed as the frame seals and submitted at the capture origin. Sale,
 * authorization with capture and void, decline, refund, and what goes wrong on the way.
 */
import { createSallyport, type Sallyport } from '../../agent/index.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import type { Stack } from '../../server/testing/stack.ts'
import { type Canary, mistyped } from './canary.ts'
import { asSuperuser } from './deployment.ts'
import { startEchoingProcessor } from './echoing-processor.ts'

export interface Walked {
  captures: string[]
  tokens: string[]
  charges: string[]
  /** How each charge of the canary ended. */
  states: string[]
  /** What a processor outside was sent: here the canaries must be. */
  received: string
  /** What each error path answered, by the name of the path. */
  refused: Record<string, { status: number; code: string | undefined }>
}

const amount = { amount_minor: 4_200, currency: 'EUR' }
export const conversation = 'leak-hunt'

export async function walkApi(stack: Stack, canary: Canary): Promise<Walked> {
  const sallyport = createSallyport({ baseUrl: stack.direct.gateway, secretKey: stack.tenant.secret_key })
  const road = new ApiRoad(stack, sallyport, canary)
  await road.sales()
  await road.declined()
  await road.errors()
  await road.brokenDatabase()
  await road.noteStates()
  return road.walked
}

class ApiRoad {
  readonly walked: Walked = { captures: [], tokens: [], charges: [], states: [], received: '', refused: {} }
  readonly #stack: Stack
  readonly #sallyport: Sallyport
  readonly #canary: Canary

  constructor(stack: Stack, sallyport: Sallyport, canary: Canary) {
    this.#stack = stack
    this.#sallyport = sallyport
    this.#canary = canary
  }

  async sales(): Promise<void> {
    const { charges } = this.#sallyport
    const sale = await this.#charge({})
    await charges.refund(sale, { amount_minor: 1_000, reference: 'part' })
    await charges.refund(sale)
    await charges.capture(await this.#charge({ operation: 'authorize' }))
    await charges.void(await this.#charge({ operation: 'authorize' }))
    // Done, and answered with a 5xx: it is `unknown` until it is asked again.
    await charges.settled(await this.#charge({ amount_minor: 4_292 }))
  }

  /** The account leads to a processor that declines and tells everything that it was sent. */
  async declined(): Promise<void> {
    const processor = await startEchoingProcessor()
    const lead = (url: string) =>
      asSuperuser(this.#stack, 'vault', (db) => db.query('update accounts set base_url = $1', [url]))
    await lead(processor.url)
    try {
      await this.#charge({})
    } finally {
      await lead(this.#stack.urls.processor)
      await processor.close()
    }
    this.walked.received = processor.received.join('\n')
  }

  async errors(): Promise<void> {
    const { pan, cvc } = this.#canary
    const { frame, attached } = await this.#attach()
    const good = { number: pan, cvcCanary: cvc }
    const submit = async (name: string, body: unknown): Promise<void> => {
      const answer = await frame.post<{ code?: string }>('/v1/submit', attached.session_secret, body)
      this.#note(name, answer)
    }
    const sealed = await frame.seal(attached, good)
    await submit('bad check digit', await frame.seal(attached, { ...good, number: mistyped(this.#canary) }))
    await submit('unknown key', { ...sealed, key_id: 'hk_unknown' })
    await submit('another epoch', { ...sealed, epoch: attached.epoch + 1 })
    await submit('cut ciphertext', { ...sealed, ciphertext: sealed.ciphertext.slice(0, -4) })
    // A frame that is broken, or is not ours, and sends what it should have sealed.
    await submit('digits beside the seal', { ...sealed, number: pan, cvc })
    await submit('digits in place of the seal', { ...sealed, enc: pan, ciphertext: cvc })
    await submit('bad JSON', `{"number":"${pan}","cvc":"${cvc}"`)
    await submit('no object', `"${pan} ${cvc}"`)
    await submit('too large', JSON.stringify({ ...sealed, name: `${pan}${cvc}`.repeat(400) }))
    const item = { kind: 'completed', field: 'number', brand: 'visa', last4: pan }
    this.#note('digits in progress', await frame.progress(attached, [item]))
    this.#note('digits as a route', await frame.post(`/v1/${pan}?cvc=${encodeURIComponent(cvc)}`, cvc, {}))
    for (const path of [`/f/${pan}`, `/f/pk_test_${pan}`, `/assets/${pan}.js`, `/errors/${pan}?${pan}`]) {
      await fetch(`${this.#stack.direct.capture}${path}`, { headers: { referer: `http://${pan}.test/` } })
    }
    const attach = { v: 1, capture_id: pan, channel: 'web', ancestors: [], build: pan }
    this.#note('digits as a capture', await frame.post('/v1/attach', cvc, attach))
    this.#note('digits as a type', await frame.post('/v1/submit', pan, sealed, { 'content-type': `text/${pan}` }))
    this.#note('digits as an origin', await frame.post('/v1/submit', pan, sealed, { origin: `http://${pan}.test` }))
  }

  /** The table that a card would be written to is away: intake answers with a 5xx, and logs why. */
  async brokenDatabase(): Promise<void> {
    const { frame, attached } = await this.#attach()
    const sealed = await frame.seal(attached, { number: this.#canary.pan, cvcCanary: this.#canary.cvc })
    const rename = (from: string, to: string) =>
      asSuperuser(this.#stack, 'vault', (db) => db.query(`alter table ${from} rename to ${to}`))
    await rename('records', 'records_away')
    this.#note('broken database', await frame.submit(attached, sealed))
    await rename('records_away', 'records')
    // The same bytes again, as the form sends them.
    this.#note('mended database', await frame.submit(attached, sealed))
  }

  async noteStates(): Promise<void> {
    for (const id of this.walked.charges) this.walked.states.push((await this.#sallyport.charges.get(id)).state)
  }

  #note(name: string, { status, body }: { status: number; body: { code?: string } }): void {
    this.walked.refused[name] = { status, code: body.code }
  }

  async #attach() {
    const { id, client_secret: secret } = await this.#sallyport.captures.create({
      conversation,
      purpose: 'pay',
      amount: { ...amount, amount_minor: 5_000 },
    })
    this.walked.captures.push(id)
    const frame = new TestFrame(this.#stack.direct.capture, id)
    const { body: attached } = await frame.attach(secret, [this.#stack.urls.demo])
    return { frame, attached }
  }

  async #charge(request: { operation?: 'authorize'; amount_minor?: number }): Promise<string> {
    const { frame, attached } = await this.#attach()
    const { body } = await frame.submit(
      attached,
      await frame.seal(attached, { number: this.#canary.pan, cvcCanary: this.#canary.cvc }),
    )
    if (body.token === undefined) throw new Error(`the canary was not taken: ${body.code}`)
    this.walked.tokens.push(body.token)
    const reference = `order-${this.walked.tokens.length}`
    const charge = await this.#sallyport.charges.create({ token: body.token, ...amount, reference, ...request })
    this.walked.charges.push(charge.id)
    return charge.id
  }
}

/** What the agents' API and the demo tell of all this, route by route. */
export async function readEverything(
  stack: Stack,
  { captures, tokens, charges }: Walked,
): Promise<{ answers: string[]; events: string[] }> {
  const read = async (path: string): Promise<string> => {
    const headers = { authorization: `Bearer ${stack.tenant.secret_key}` }
    return (await fetch(`${stack.direct.gateway}${path}`, { headers })).text()
  }
  const answers = await Promise.all([
    ...captures.map((id) => read(`/v1/captures/${id}`)),
    ...tokens.map((id) => read(`/v1/tokens/${id}`)),
    ...charges.map((id) => read(`/v1/charges/${id}`)),
    read(`/v1/captures?conversation=${conversation}`),
    read('/openapi.json'),
  ])
  const events = await Promise.all(captures.map((id) => read(`/v1/captures/${id}/events`)))
  for (let after = ''; ; ) {
    const page = await read(`/v1/events?limit=500${after}`)
    events.push(page)
    const { events: some, next } = JSON.parse(page)
    if (some === undefined) throw new Error(`the events were refused: ${page}`)
    if (some.length === 0) return { answers, events }
    after = `&after=${encodeURIComponent(next)}`
  }
}
