/**
 * Between an adapter and the wire: fills its templates, sends them, and gives back the typed members it named. Holds
 * card and credential for the time of one operation; nothing that the processor said goes further than its types.
 */
import type { Card } from '../../crypto/card-bytes.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Outcome, Processor, Reply, Send, Template } from '../processors/processor.ts'
import type { ChargeRow } from './charge-row.ts'
import type { Egress } from './context.ts'
import { fill } from './fill.ts'
import { readAnswer } from './read-answer.ts'
import { scrub } from './scrub.ts'
import { send as sendFilled, Unsent } from './send.ts'

export interface Question<T> {
  row: Pick<ChargeRow, 'id' | 'tenant' | 'account' | 'processor' | 'base_url'>
  card?: Card
  /** Makes the attempt durable as `sending`; not for `get`, which changes nothing. */
  beforeFirstByte?: () => Promise<void>
  run: (processor: Processor, send: Send) => Promise<T>
}

export function processorOf(egress: Egress, row: { processor: string }): Processor {
  const processor = egress.processors.get(row.processor)
  if (processor === undefined) throw new SallyportError('system.unavailable')
  return processor
}

/**
 * Resolves to the adapter's outcome, and to `unknown` for whatever goes wrong after the first byte.
 * Rejects where provably nothing was sent: with processor.unavailable, or with what `beforeFirstByte` threw.
 */
export async function ask<T>(egress: Egress, question: Question<T>): Promise<T | Outcome> {
  const { row, card, run } = question
  const { config, credentials, log } = egress
  const processor = processorOf(egress, row)
  const credential = await credentials.borrow(row.account, row.tenant)
  let left = false

  const beforeFirstByte = async (): Promise<void> => {
    if (left) return
    await question.beforeFirstByte?.()
    left = true
  }
  const send = async (template: Template): Promise<Reply> => {
    const filled = fill(template, processor, { credential, ...(card === undefined ? {} : { card }) })
    const answer = await sendFilled(filled, {
      baseUrl: row.base_url,
      timeoutMs: config.processor_timeout_ms,
      dangerouslyAllowHttp: config.mode === 'sandbox' && config.dangerously_allow_http,
      beforeFirstByte,
    })
    egress.reach.worked(row.base_url)
    try {
      if (answer.status === 401) credentials.drop(row.account)
      const echoes = card === undefined ? 0 : scrub(answer.body, card.number)
      if (echoes > 0) log.warn({ event: 'processor.echoed_card', charge: row.id, count: echoes })
      return { status: answer.status, fields: readAnswer(answer.body, template.allow) }
    } finally {
      answer.body.fill(0)
    }
  }

  try {
    return await run(processor, send)
  } catch (error) {
    if (left) {
      log.warn({ event: 'processor.unclear', charge: row.id, error })
      return { state: 'unknown' }
    }
    if (error instanceof SallyportError) throw error
    if (error instanceof Unsent) {
      egress.reach.failed(row.base_url)
      throw new SallyportError('processor.unavailable', { cause: error })
    }
    throw new SallyportError('system.internal', { cause: error })
  } finally {
    credential.wipe()
  }
}
