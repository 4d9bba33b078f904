/**
 * egress as a process of its own, which ends itself by SIGKILL at one point of a charge's way. What it is told comes over IPC;
 * everything else is egress as it is, over the real vault, keyd and processor.
 */
import pg from 'pg'
import type { EgressConfig } from '../../config.ts'
import type { Processor } from '../../processors/processor.ts'
import { sandbox } from '../../processors/sandbox/adapter.ts'
import { startEgress } from '../start.ts'
import { type CrashPoint, type CrashStep, crashSteps } from './crash-points.ts'

export interface CrashingEgress {
  config: EgressConfig
  point: CrashPoint | null
}

const duringMs = 1
const laterMs = 4

let point: CrashPoint | null = null
let seen = 0

const die = (): void => void process.kill(process.pid, 'SIGKILL')

/** Runs one step, and ends the process where the point says. */
async function passing<T>(step: CrashStep, work: () => Promise<T>): Promise<T> {
  if (point?.step !== step) return work()
  seen += 1
  if (seen !== point.nth) return work()
  const { moment } = point
  if (moment === 'before') die()
  const running = work()
  if (moment === 'during') setTimeout(die, duringMs)
  const result = await running
  if (moment === 'after') die()
  if (moment === 'later') setTimeout(die, laterMs)
  return result
}

type Query = (this: pg.Pool, ...args: unknown[]) => Promise<unknown>
// Sound: the pool's query with a configuration and without a callback, as the ledger asks, gives a promise.
const query = pg.Pool.prototype.query as unknown as Query
const crashing: Query = function (this: pg.Pool, ...args) {
  const [first] = args
  const name = typeof first === 'object' && first !== null && 'name' in first ? first.name : ''
  const step = crashSteps.find((one) => one === name)
  const run = (): Promise<unknown> => query.apply(this, args)
  return step === undefined ? run() : passing(step, run)
}
Object.assign(pg.Pool.prototype, { query: crashing })

const processor: Processor = {
  ...sandbox,
  authorize: (asked, send) => sandbox.authorize(asked, (template) => passing('processor', () => send(template))),
}

process.once('message', (told) => {
  // Sound: the test that forks this process says it.
  const { config, point: at } = told as CrashingEgress
  point = at
  void startEgress(config, { processors: [processor] }).then(() => process.send?.('ready'))
})
process.once('disconnect', () => process.exit(0))
