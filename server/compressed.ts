/**
 * Files that never change while the process lives, compressed once: a page and its script come to a phone in a third of
 * their bytes. Nothing that is compressed here holds a secret or a word of the caller's, so no length tells anything.
 */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Request, Response } from 'express'

type Encoding = 'br' | 'gzip'

export interface Compressed {
  readonly whole: Buffer
  readonly encoded: Readonly<Record<Encoding, Buffer>>
}

export function compressed(whole: Buffer): Compressed {
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: whole.length }
  return { whole, encoded: { br: brotliCompressSync(whole, { params }), gzip: gzipSync(whole, { level: 9 }) } }
}

/** As the caller takes it; caches are told that it depends on that. */
export function sendCompressed(request: Request, response: Response, file: Compressed): void {
  response.vary('Accept-Encoding')
  // Our order, not the caller's, who mostly has none.
  const encoding = (['br', 'gzip'] as const).find((one) => request.acceptsEncodings(one) === one)
  if (encoding === undefined) return void response.send(file.whole)
  response.setHeader('Content-Encoding', encoding)
  response.send(file.encoded[encoding])
}
