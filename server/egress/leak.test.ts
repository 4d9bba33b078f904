import type pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeLog } from '../log.ts'
import { type RunningGateway, startCharging, type TestCharging } from '../testing/charging.ts'
import { mintToken, type TestCard } from '../testing/mint.ts'

const numbers: Record<TestCard, string> = {
  visa: '4242424242424242',
  mastercard: '5555555555554444',
  amex: '378282246310005',
  declined: '4000000000000002',
  insufficient_funds: '4000000000009995',
  challenge: '4000000000003220',
}

let charging: TestCharging
let gateway: RunningGateway
const lines: string[] = []
beforeAll(async () => {
  const log = makeLog('egress', { write: (line: string) => void lines.push(line) } as pino.DestinationStream)
  charging = await startCharging({ log })
  gateway = await charging.startEgress({ log, timeoutMs: 700 })
})
afterAll(() => charging?.close())

/** Every row of the vault as text; bytes come as hex. */
async function wholeVault(): Promise<string> {
  const tables = await charging.sql<{ name: string }>(
    "select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'",
  )
  let text = ''
  for (const { name } of tables) {
    const rows = await charging.sql<{ row: string }>(`select t::text as row from "${name}" t`)
    text += rows.map(({ row }) => row).join('\n')
  }
  return text
}

const holds = (text: string, number: string): boolean =>
  [number, Buffer.from(number).toString('hex'), Buffer.from(number).toString('base64').slice(0, -4)].some((one) =>
    text.includes(one),
  )

describe('charging', () => {
  test('leaves no card number in logs, answers, events, the vault or errors, whatever the outcome', async () => {
    const said: unknown[] = []
    for (const card of Object.keys(numbers) as TestCard[]) {
      // sound: the keys are the union
      for (const amount_minor of card === 'visa' || card === 'declined' ? [8_000, 8_091, 8_092] : [8_000]) {
        const { token } = await mintToken(charging.vault, card)
        said.push(await gateway.charge({ token, amount_minor }).catch((error: unknown) => error))
        said.push(await gateway.charge({ token, amount_minor: 99_999 }).catch((error: unknown) => error))
      }
    }
    const vault = await wholeVault()
    const answers = said
      .map((one) => (one instanceof Error ? `${one.stack}${JSON.stringify(one)}` : JSON.stringify(one)))
      .join()
    for (const number of Object.values(numbers)) {
      for (const [where, text] of Object.entries({ lines: lines.join(''), vault, answers }))
        expect(holds(text, number), where).toBe(false)
    }
    expect(vault).toContain('4242')
    expect(lines.join('')).toContain('charge.settled')
  }, 60_000)

  test('would be caught if it did (control): the same search finds a planted number in each spelling', async () => {
    const planted = numbers.visa
    for (const text of [planted, Buffer.from(planted).toString('hex'), Buffer.from(planted).toString('base64')]) {
      await charging.sql('insert into audit (entry) values ($1)', [text])
      expect(holds(await wholeVault(), planted)).toBe(true)
      await charging.sql('delete from audit where entry = $1', [text])
    }
    await charging.sql('update records set body = $1 where token = (select token from records limit 1)', [
      Buffer.from(`x${planted}`),
    ])
    expect(holds(await wholeVault(), planted)).toBe(true)
  })

  test('says that the CVC is lost where the keyd that held its key is gone', async () => {
    const { token } = await mintToken(charging.vault, 'declined')
    await charging.vault.restart('keyd')
    const { charge } = await gateway.charge({ token })
    expect(charge).toMatchObject({ state: 'declined', error: { code: 'processor.declined', cvc: 'lost' } })
    const events = await charging.events(charge.id)
    expect(events.at(-1)).toMatchObject({ type: 'charge.declined', data: { cvc: 'lost' } })
  })
})
