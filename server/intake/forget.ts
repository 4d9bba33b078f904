/**
 * Keys that node:crypto has taken (a record's data key, the ephemeral half of its wrap) are zeroed by OpenSSL when their
 * handle is collected, and an idle process collects nothing: the last card's key would lie in memory until the next one.
 * So intake collects once it has been idle for a moment after a card; under load it happens by itself.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const idleMs = 500

export function makeForget(): () => void {
  setFlagsFromString('--expose-gc')
  // Sound: the flag above defines `gc` in every context made after it.
  const collect = runInNewContext('gc') as () => void
  let timer: NodeJS.Timeout | null = null
  return () => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(collect, idleMs)
    timer.unref()
  }
}
