/**
 * Clients of a door that cost next to nothing beside it: requests are bytes made before, on connections that stay open, and
 * of an answer its status is read and its length. Node's own client takes as much of the machine as the door.
 */
import { connect, type Socket } from 'node:net'

const headEnd = Buffer.from('\r\n\r\n')

/** A POST as bytes. The body is JSON. */
export function rawPost({
  path,
  host,
  secret,
  body,
  headers = {},
}: {
  path: string
  host: string
  secret: string
  body: string
  /** Besides those that every request has. */
  headers?: Readonly<Record<string, string>>
}): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${secret}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

export interface Sent {
  seconds: number
  /** Of each, in the order of their answers. */
  latenciesMs: number[]
  /** In the order of the requests. */
  bodies: string[]
}

/** Each request once, by so many clients side by side; throws at the first answer that is no 200 or 201. */
export async function sendAll(port: number, requests: readonly Buffer[], clients: number): Promise<Sent> {
  const sockets = await Promise.all(Array.from({ length: clients }, () => opened(port)))
  const latenciesMs: number[] = []
  const bodies: string[] = []
  let next = 0
  const began = performance.now()
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        for (;;) {
          const at = next
          next += 1
          const request = requests[at]
          if (request === undefined) return
          const sent = performance.now()
          bodies[at] = await answered(socket, request)
          latenciesMs.push(performance.now() - sent)
        }
      }),
    )
    return { seconds: (performance.now() - began) / 1_000, latenciesMs, bodies }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function answered(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let got: Buffer = Buffer.alloc(0)
    const done = (): void => {
      socket.off('data', read)
      socket.off('close', closed)
    }
    const closed = (): void => {
      done()
      reject(new Error('the door closed a connection without an answer'))
    }
    const read = (part: Buffer): void => {
      got = got.length === 0 ? part : Buffer.concat([got, part])
      const end = got.indexOf(headEnd)
      if (end === -1) return
      const head = got.toString('latin1', 0, end)
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (got.length < end + headEnd.length + length) return
      const status = head.slice(9, 12)
      const body = got.toString('utf8', end + headEnd.length)
      done()
      if (status === '200' || status === '201') resolve(body)
      else reject(new Error(`${status}: ${body}`))
    }
    socket.on('data', read)
    socket.once('close', closed)
    socket.write(request)
  })
}
