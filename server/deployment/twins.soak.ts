/**
 * Two of each process on one database, one of them killed every few seconds, while cards are charged. No capture and no charge
 * that was answered is lost or twice at the processor, every event has its place, and both logs verify.
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
import { readPayments } from '../auditor/processor-file.ts'
import { roles } from '../config.ts'
import { ownSocket } from '../database/run-folder.ts'
import { instancesOf } from '../process-users.ts'
import { type Stack, startStack } from '../testing/stack.ts'

const minutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 5)
const payers = 4

let stack: Stack
let sallyport: Sallyport
beforeAll(async () => {
  stack = await startStack({
    env: { SALLYPORT_OF_EACH: '2', SALLYPORT_DEMO: '0', SALLYPORT_OPENS_PER_MINUTE: '100000' },
  })
  sallyport = createSallyport({ baseUrl: stack.urls.gateway, secretKey: stack.tenant.secret_key })
}, 100_000)
afterAll(() => stack.stop())

test(
  `${minutes} minutes of kills among two of each: nothing that was answered is lost or twice, and both logs verify`,
  async () => {
    const until = Date.now() + minutes * 60_000
    const captured = new Set<string>()
    let [tried, failed, slowestMs, kills] = [0, 0, 0, 0]
    const paying = Array.from({ length: payers }, async (_, payer) => {
      for (let n = 0; Date.now() < until; n += 1) {
        const began = performance.now()
        try {
          const amount = { amount_minor: 8_000, currency: 'EUR' }
          const { id } = await sallyport.captures.create({ conversation: `talk-${payer}`, purpose: 'pay', amount })
          const { token } = await sallyport.test.complete(id)
          if (token === undefined) throw new Error('no token')
          const charge = await sallyport.charges.create({
            token: token.id,
            ...amount,
            reference: `twins-${payer}-${n}`,
          })
          if (charge.state === 'captured') captured.add(charge.id)
          slowestMs = Math.max(slowestMs, performance.now() - began)
        } catch {
          // What was under way in the process that was killed.
          failed += 1
        }
        tried += 1
      }
    })
    const victims = roles.flatMap((role) => instancesOf(role, 2))
    while (Date.now() < until) {
      await delay(1_500 + Math.random() * 2_500)
      await stack.kill(victims[Math.floor(Math.random() * victims.length)] ?? 'keyd')
      kills += 1
    }
    await Promise.all(paying)

    const payments = readPayments(readFileSync(join(stack.home, 'processor/state.json'), 'utf8'))
    const byCharge = new Map<string, number>()
    for (const { reference: charge } of payments) byCharge.set(charge, (byCharge.get(charge) ?? 0) + 1)
    expect([...captured].filter((charge) => byCharge.get(charge) !== 1)).toEqual([])
    expect([...byCharge].filter(([, count]) => count > 1)).toEqual([])

    const told = new Set<string>()
    const last = new Map<string, number>()
    for await (const event of sallyport.events({ signal: AbortSignal.timeout(15_000) })) {
      expect(event.sequence, event.subject).toBe((last.get(event.subject) ?? 0) + 1)
      last.set(event.subject, event.sequence)
      if (event.type === 'charge.captured') told.add(event.subject)
    }
    expect([...captured].filter((charge) => !told.has(charge))).toEqual([])

    const keeper: Keeper = { socket: ownSocket(stack.home, 'keeper') }
    await vi.waitFor(
      async () => {
        for (const name of ['vault', 'keyd'] satisfies LogName[]) {
          const [key] = ((await namedLogs(keeper)).find((log) => log.name === name)?.key ?? '')
            .split('\n')
            .flatMap(readKeys)
          if (key === undefined) throw new Error('no key')
          const verdict = await verifyLog(httpSource(keeper, name), { key })
          expect(verdict, verdict.ok ? name : `${name}: ${verdict.says}`).toMatchObject({ ok: true })
        }
      },
      { timeout: 60_000, interval: 2_000 },
    )
    process.stderr.write(
      `${tried} payments tried, ${captured.size} captured, ${failed} cut off by ${kills} kills; the slowest took ${Math.round(slowestMs)} ms\n`,
    )
    expect(captured.size).toBeGreaterThan(kills)
    // A kill cuts off what that one process had under way, and stops nobody else.
    expect(failed).toBeLessThanOrEqual(kills * payers)
  },
  (minutes + 4) * 60_000,
)
