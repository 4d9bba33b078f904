/** An answer of bounded size, whole; rejects for one that is cut or larger. */
import type { IncomingMessage } from 'node:http'

export function readAnswer(answer: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let length = 0
    answer.on('data', (part: Buffer) => {
      length += part.length
      if (length > bytesMax) answer.destroy(new Error('the answer is too large'))
      else parts.push(part)
    })
    answer.once('error', reject)
    answer.once('end', () => resolve(Buffer.concat(parts, length)))
  })
}
