/**
 * A processor that declines every card and says in its answer which one it was, in as many ways as it can: in members,
 * names, headers and errors. It keeps what it was sent, which shows that the canaries went the whole road.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface EchoingProcessor {
  url: string
  /** The bodies that it was sent. */
  received: string[]
  close(): Promise<void>
}

export async function startEchoingProcessor(): Promise<EchoingProcessor> {
  const received: string[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      received.push(body)
      const { card, reference } = body === '' ? {} : JSON.parse(body)
      const number = String(card?.number ?? '')
      const cvc = String(card?.cvc ?? '')
      response.statusCode = 402
      response.setHeader('content-type', 'application/json')
      response.setHeader('x-echo', `${number} ${encodeURIComponent(cvc)}`)
      response.end(
        JSON.stringify({
          id: `pay_${'e'.repeat(26)}`,
          status: 'declined',
          amount_captured: 0,
          amount_refunded: 0,
          reference,
          error: { code: 'card_declined', message: `${number} with ${cvc} was declined` },
          [number]: Buffer.from(`${number} ${cvc}`).toString('base64'),
          echo: { card, hex: Buffer.from(number + cvc).toString('hex'), gzip: gzipSync(number).toString('base64') },
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // sound: it listens on TCP
    received,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
