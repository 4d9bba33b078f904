/**
 * Files that never change while the process lives, compressed once, when the first caller takes them so: a page and its
 * script come to a phone in a third of their bytes. Nothing that is compressed here holds a secret or a word of the
 * caller's, so no length tells anything.
 */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Request, Response } from 'express'

const encodings = {
  br: (whole: Buffer): Buffer => {
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: whole.length }
    return brotliCompressSync(whole, { params })
  },
  gzip: (whole: Buffer): Buffer => gzipSync(whole, { level: 9 }),
}
// Our order, not the caller's, who mostly has none.
const preferred = ['br', 'gzip'] as const

export interface Compressed {
  readonly whole: Buffer
  readonly encoded: Partial<Record<keyof typeof encodings, Buffer>>
}

export const compressed = (whole: Buffer): Compressed => ({ whole, encoded: {} })

/** As the caller takes it; caches are told that it depends on that. */
export function sendCompressed(request: Request, response: Response, { whole, encoded }: Compressed): void {
  response.vary('Accept-Encoding')
  const encoding = preferred.find((one) => request.acceptsEncodings(one) === one)
  if (encoding === undefined) return void response.send(whole)
  response.setHeader('Content-Encoding', encoding)
  encoded[encoding] ??= encodings[encoding](whole)
  response.send(encoded[encoding])
}
