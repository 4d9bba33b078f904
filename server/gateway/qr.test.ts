import fc from 'fast-check'
import { decodeQR } from 'qr/decode.js'
import { describe, expect, it } from 'vitest'
import { qrPathPattern, qrSizeMax } from '../../protocol/link.ts'
import { limits } from '../../protocol/limits.ts'
import { qrOf } from './qr.ts'

/** What a camera would see of the path, drawn as the widget draws it: runs of height 1, four light modules around. */
function picture({ size, path }: { size: number; path: string }, scale = 4) {
  const side = (size + 8) * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x = '', y = '', run = ''] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let row = 0; row < scale; row += 1)
      for (let column = 0; column < Number(run) * scale; column += 1) {
        const at = ((Number(y) + 4) * scale + row) * side + (Number(x) + 4) * scale + column
        data.fill(0, at * 4, at * 4 + 3)
      }
  }
  return { width: side, height: side, data }
}

const secret = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/)
const host = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,50}\.[a-z]{2,8}){1,3}(:\d{2,5})?$/)

describe('the QR code of a link', () => {
  it('is read back as the link, whatever origin and secret, from what the widget draws', () => {
    fc.assert(
      fc.property(host, secret, (where, letters) => {
        const url = `https://${where}/l#${letters}`
        const qr = qrOf(url)
        expect(decodeQR(picture(qr))).toBe(url)
        expect(qr.path).toMatch(qrPathPattern)
      }),
      { numRuns: 25 },
    )
  })

  it('of the longest address that there can be stays in the bounds that the widget parses by', () => {
    const { size, path } = qrOf(`https://${'a'.repeat(253)}:65535/l#${'A'.repeat(22)}`)
    expect(size).toBeLessThanOrEqual(qrSizeMax)
    expect(path.length).toBeLessThanOrEqual(limits.qrPathLengthMax)
    expect(path).toMatch(qrPathPattern)
  })

  it('of another link is not taken for this one (control)', () => {
    const [one, other] = ['A', 'B'].map((letter) => `https://capture.example/l#${letter.repeat(22)}`)
    expect(decodeQR(picture(qrOf(other ?? '')))).not.toBe(one)
  })
})
