/**
 * Processes are killed at random while cards are charged, for as long as `npm run soak` says. Afterwards both logs verify, and
 * every payment that the processor has was opened for. What a kill leaves of an opening that nobody sent with has a line that
 * says so.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createSallyport, type Sallyport } from '../../agent/index.ts'
import type { LogName } from '../audit/checkpoint.ts'
import { verifyLog } from '../audit/verify-log.ts'
import { httpSource, type Keeper, namedLogs } from '../auditor/http-source.ts'
import { readKeys } from '../auditor/key-file.ts'
import { matchLogs } from '../auditor/match.ts'
import { readPayments } from '../auditor/processor-file.ts'
import { readEntries } from '../auditor/read-entries.ts'
import { ownSocket } from '../database/run-folder.ts'
import { type Stack, type StackProcess, startStack } from '../testing/stack.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 5)
const payers = 3
const victims: readonly StackProcess[] = ['keeper', 'keyd', 'egress']

let stack: Stack
let sallyport: Sallyport
beforeAll(async () => {
  stack = await startStack({ env: { SALLYPORT_DEMO: '0', SALLYPORT_OPENS_PER_MINUTE: '100000' } })
  sallyport = createSallyport({ baseUrl: stack.urls.gateway, secretKey: stack.tenant.secret_key })
}, 100_000)
afterAll(() => stack.stop())

async function pay(reference: string): Promise<void> {
  const amount = { amount_minor: 8_000, currency: 'EUR' }
  const { id } = await sallyport.captures.create({ conversation: 'talk-1', purpose: 'pay', amount })
  const { token } = await sallyport.test.complete(id)
  if (token !== undefined) await sallyport.charges.create({ token: token.id, ...amount, reference })
}

test(
  `${minutes} minutes of kills: both logs verify, and every payment was opened for`,
  async () => {
    const until = Date.now() + minutes * 60_000
    let [tried, kills, count] = [0, 0, 0]
    const paying = Array.from({ length: payers }, async (_, payer) => {
      while (Date.now() < until) {
        count += 1
        // What fails at a kill is found again below, in the logs and at the processor.
        await pay(`soak-${payer}-${count}`).catch(() => delay(200))
        tried += 1
      }
    })
    while (Date.now() < until) {
      await delay(2_000 + Math.random() * 4_000)
      await stack.kill(victims[kills % victims.length] ?? 'keyd')
      kills += 1
    }
    await Promise.all(paying)

    const keeper: Keeper = { socket: ownSocket(stack.home, 'keeper') }
    const read = async (name: LogName) => {
      const [key] = ((await namedLogs(keeper)).find((log) => log.name === name)?.key ?? '')
        .split('\n')
        .flatMap(readKeys)
      if (key === undefined) throw new Error('no key')
      const verdict = await verifyLog(httpSource(keeper, name), { key })
      expect(verdict, verdict.ok ? name : `${name}: ${verdict.says}`).toMatchObject({ ok: true })
      return readEntries(httpSource(keeper, name), verdict.ok ? verdict.size : 0)
    }
    // Until what trails is written and signed, and what is unknown was asked about.
    const report = await vi.waitFor(
      async () => {
        const payments = readPayments(readFileSync(join(stack.home, 'processor/state.json'), 'utf8'))
        const found = matchLogs({ keyd: await read('keyd'), vault: await read('vault'), payments, youngMs: 0 })
        expect(found.findings).toEqual([])
        return found
      },
      { timeout: 60_000, interval: 3_000 },
    )
    const { openings, charges, payments, unsent } = report
    process.stderr.write(
      `${tried} payments tried, ${kills} kills; ${openings} openings, ${charges} charges, ${payments} payments at the processor; ` +
        `${unsent} openings without a charge\n`,
    )
    expect(openings).toBeGreaterThan(kills)
    expect(unsent).toBeLessThanOrEqual(kills * payers)
  },
  (minutes + 4) * 60_000,
)
