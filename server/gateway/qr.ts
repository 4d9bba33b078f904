/** The QR code of a link as the widget can draw it without a library: see `LinkQr` in protocol/link.ts. */
import { encodeQR } from 'qr'
import type { LinkQr } from '../../protocol/link.ts'

export function qrOf(text: string): LinkQr {
  // The package draws a quiet zone of one at least; ours is the drawer's. `medium` mends what a screen's reflections hide.
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 1 })
    .slice(1, -1)
    .map((row) => row.slice(1, -1))
  return { size: rows.length, path: rows.map(runsOf).join('') }
}

function runsOf(row: readonly boolean[], y: number): string {
  let path = ''
  for (let x = 0; x < row.length; x += 1) {
    if (!row[x]) continue
    const from = x
    while (row[x + 1]) x += 1
    path += `M${from} ${y}h${x + 1 - from}`
  }
  return path
}
