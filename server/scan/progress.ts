import { size, type Totals } from './report.ts'

/** Where a long scan stands, on the terminal alone: a line that is written over, never part of a pipe's output. */
export interface Progress {
  at(totals: Totals): void
  /** Takes the line away, before something else is printed. */
  clear(): void
}

interface Terminal {
  isTTY?: boolean
  write(text: string): unknown
}

const everyMs = 200

/** @param expected bytes in all, or null where nobody can tell. */
export function progressOn(terminal: Terminal, expected: number | null, now: () => number): Progress {
  if (terminal.isTTY !== true) return { at: () => undefined, clear: () => undefined }
  const began = now()
  let said = began
  let shown = false
  return {
    at(totals) {
      if (now() - said < everyMs) return
      said = now()
      shown = true
      terminal.write(`\r\u001b[2K${inWords(totals, expected, now() - began)}`)
    },
    clear() {
      if (shown) terminal.write('\r\u001b[2K')
      shown = false
    },
  }
}

/** `1.2 GB of 3.4 GB, 85 MB/s, 26 s left, 2 findings` */
export function inWords({ bytes, findings }: Totals, expected: number | null, elapsedMs: number): string {
  const aSecond = elapsedMs === 0 ? 0 : (bytes * 1000) / elapsedMs
  const parts = [expected === null ? size(bytes) : `${size(bytes)} of ${size(Math.max(expected, bytes))}`]
  if (aSecond > 0) parts.push(`${size(aSecond)}/s`)
  if (expected !== null && aSecond > 0 && expected > bytes)
    parts.push(`${Math.ceil((expected - bytes) / aSecond)} s left`)
  parts.push(`${findings} finding${findings === 1 ? '' : 's'}`)
  return parts.join(', ')
}
