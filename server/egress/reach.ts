/**
 * Whether a processor that could not be reached can be reached again. Asked before a card is opened: a token has few
 * openings, and an outage would use them up.
 */
import { connect } from 'node:net'

export interface Reach {
  failed(baseUrl: string): void
  worked(baseUrl: string): void
  /** True at once where the last connection came about. */
  test(baseUrl: string): Promise<boolean>
}

const testTimeoutMs = 2_000

export function makeReach(): Reach {
  const away = new Set<string>()
  return {
    failed: (baseUrl) => void away.add(baseUrl),
    worked: (baseUrl) => void away.delete(baseUrl),
    test: async (baseUrl) => !away.has(baseUrl) || connects(baseUrl),
  }
}

function connects(baseUrl: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(baseUrl)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) })
    const end = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket.setTimeout(testTimeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
