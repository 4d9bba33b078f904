/** Bytes become lines of text: whatever the encoding says of itself, and however long a line is. */

import { TextDecoder } from 'node:util'

/** A piece of one line. Lines are counted from 0; pieces of a line come in order, the last one of it says so. */
export interface LinePiece {
  line: number
  text: string
  ends: boolean
}

/** What a byte order mark says; null where there is none. */
export function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}

/**
 * UTF-8, or UTF-16 where a byte order mark says so; bytes that are neither become U+FFFD, so that no file is refused for
 * one bad byte. A line is given in as many pieces as it comes in: one of gigabytes is never held whole.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LinePiece> {
  let decoder: TextDecoder | null = null
  let head: Uint8Array = new Uint8Array(0)
  let line = 0
  /** Whether the current line has given a piece: a file that ends with a line break has no empty line behind it. */
  let open = false

  function* pieces(text: string): Generator<LinePiece> {
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      yield { line, text: text.slice(from, at), ends: true }
      line += 1
      open = false
      from = at + 1
    }
    if (from < text.length) {
      yield { line, text: text.slice(from), ends: false }
      open = true
    }
  }

  for await (const chunk of bytes) {
    if (decoder !== null) {
      yield* pieces(decoder.decode(chunk, { stream: true }))
      continue
    }
    // A mark may be cut in two.
    head = Buffer.concat([head, chunk])
    if (head.length < 2) continue
    decoder = new TextDecoder(utf16Of(head) ?? 'utf-8')
    yield* pieces(decoder.decode(head, { stream: true }))
  }
  yield* pieces(decoder === null ? new TextDecoder().decode(head) : decoder.decode())
  if (open) yield { line, text: '', ends: true }
}
