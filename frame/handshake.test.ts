import { describe, expect, it } from 'vitest'
import { shakeHands, type FrameWindow, type PortTaken } from './handshake.ts'

function frameIn(ancestor: string | undefined = 'https://shop.example') {
  const hellos: { message: { n: string }; targetOrigin: string }[] = []
  const taken: PortTaken[] = []
  let seconds = 0
  let listener: (event: MessageEvent) => void = () => {}
  const order: string[] = []
  const parent = {
    postMessage(message: unknown, targetOrigin: string) {
      order.push('hello')
      hellos.push({ message: message as { n: string }, targetOrigin })
    },
  }
  const own: FrameWindow = {
    parent,
    crypto,
    location: ancestor === undefined ? {} : { ancestorOrigins: [ancestor] },
    addEventListener(_type, given) {
      order.push('listen')
      listener = given
    },
  }
  shakeHands(
    own,
    (port) => taken.push(port),
    () => (seconds += 1),
  )
  const n = hellos[0]?.message.n ?? ''
  const port = () => ({
    closed: false,
    close() {
      this.closed = true
    },
  })
  const offer = (changes: object = {}) => {
    const event = {
      isTrusted: true,
      source: parent,
      origin: 'https://shop.example',
      ports: [port()],
      data: { sallyport: 'port', v: 1, n },
      ...changes,
    }
    listener(event as unknown as MessageEvent) // the members that are read
    return event
  }
  return { hellos, taken, offer, n, order, port, seconds: () => seconds }
}

describe('the frame', () => {
  it('listens before it says hello, and the hello holds nothing but its nonce', () => {
    const { hellos, order } = frameIn()
    expect(order).toEqual(['listen', 'hello'])
    expect(hellos).toEqual([
      { message: { sallyport: 'hello', v: 1, n: expect.stringMatching(/^[0-9a-f]{32}$/) }, targetOrigin: '*' },
    ])
  })

  it('takes the first port that its parent offers from the origin the browser names', () => {
    const { offer, taken } = frameIn()
    const { ports } = offer()
    expect(taken).toEqual([{ port: ports[0], origin: 'https://shop.example' }])
  })

  it.each([
    ['made by a script', { isTrusted: false }],
    ['from another window', { source: {} }],
    ['from another origin', { origin: 'https://shop.example.evil.test' }],
    ['of another nonce', { data: { sallyport: 'port', v: 1, n: 'f'.repeat(32) } }],
    ['of another version', { data: { sallyport: 'port', v: 2, n: '' } }],
    ['without a port', { ports: [] }],
    ['with an extra member', { data: { sallyport: 'port', v: 1, n: '', extra: 1 } }],
  ])('takes no offer %s, and still takes the right one after it', (_name, changes) => {
    const { offer, taken, seconds } = frameIn()
    offer(changes)
    expect(taken).toEqual([])
    expect(seconds()).toBe(0)
    offer()
    expect(taken).toHaveLength(1)
  })

  it('closes a second port and reports it', () => {
    const { offer, taken, seconds } = frameIn()
    offer()
    const second = offer()
    expect(second.ports[0]?.closed).toBe(true)
    expect(taken).toHaveLength(1)
    expect(seconds()).toBe(1)
  })

  it('takes no port of an opaque origin', () => {
    const { offer, taken } = frameIn('null')
    offer({ origin: 'null' })
    expect(taken).toEqual([])
  })
})
