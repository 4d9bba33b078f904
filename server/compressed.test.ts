import { createServer, get as request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compressed, sendCompressed } from './compressed.ts'

const text = Buffer.from('The chat never sees your card. '.repeat(100))
const app = express()
app.get('/', (request, response) => sendCompressed(request, response, compressed(text)))
const server = createServer(app)
let address: string

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server's address
})
afterAll(() => server.close())

/** Without fetch's own decoding. */
async function get(accepted: string): Promise<{ encoding: string | null; vary: string | null; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    request(address, { headers: { 'accept-encoding': accepted } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({
          encoding: response.headers['content-encoding'] ?? null,
          vary: response.headers.vary ?? null,
          bytes: Buffer.concat(parts),
        }),
      )
    }).on('error', reject)
  })
}

describe('a file that is compressed once', () => {
  test.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.1', 'gzip', gunzipSync],
  ])('comes to who takes %s as %s', async (accepted, encoding, opened) => {
    const answer = await get(accepted)
    expect(answer).toMatchObject({ encoding, vary: 'Accept-Encoding' })
    expect(answer.bytes.length).toBeLessThan(text.length / 3)
    expect(opened(answer.bytes)).toEqual(text)
  })

  test.each(['identity', '', 'zstd', 'br;q=0, gzip;q=0'])('comes as it is to who takes "%s"', async (accepted) => {
    expect(await get(accepted)).toEqual({ encoding: null, vary: 'Accept-Encoding', bytes: text })
  })
})
