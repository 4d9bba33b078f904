/** How far long work is: one line that is written anew on a terminal, and a line every ten percent elsewhere. */
const everyMs = 200

export function progressLine(out: NodeJS.WriteStream = process.stderr) {
  let shownMs = 0
  let tenth = -1
  let open = false
  const end = (): void => {
    if (open) out.write('\n')
    open = false
  }
  return {
    /** How many, where nobody knows of how many. */
    count(what: string, done: number): void {
      if (!out.isTTY || Date.now() - shownMs < everyMs) return
      shownMs = Date.now()
      open = true
      out.write(`\r  ${what} ${done}   `)
    },
    show(what: string, done: number, of: number): void {
      const part = of === 0 ? 1 : done / of
      if (out.isTTY) {
        if (Date.now() - shownMs < everyMs && part < 1) return
        shownMs = Date.now()
        open = true
        out.write(`\r  ${what} ${Math.floor(part * 100)} %   `)
        return
      }
      const now = Math.floor(part * 10)
      if (now === tenth || of < 100e6) return
      tenth = now
      out.write(`  ${what} ${now * 10} %\n`)
    },
    end,
  }
}
