/**
 * **collect**, for the page that tries looks on: a form of the sandbox like any other, that no conversation waits for.
 * It asks for an amount, since a look has to suit one, and nobody charges what comes of it. Never holds a digit.
 */
import type { RequestHandler } from 'express'
import { createSallyport } from '../../agent/index.ts'
import type { ThemingFormAnswer } from '../talk.ts'
import { newId } from './conversations.ts'
import { refuse } from './refuse.ts'

/** Anybody may open the page, and each form is a row in the database: a reader needs a handful in a minute. */
const formsMax = 60
const windowMs = 60_000

export interface ThemingSettings {
  gatewayUrl: string
  secretKey: string
  now?: () => number
  fetch?: typeof fetch
}

export function themingForms({ gatewayUrl, secretKey, now = Date.now, fetch }: ThemingSettings): RequestHandler {
  const sallyport = createSallyport({ baseUrl: gatewayUrl, secretKey, ...(fetch && { fetch }) })
  let made: number[] = []
  return async (_req, res) => {
    made = made.filter((at) => at > now() - windowMs)
    if (made.length >= formsMax) return refuse(res, 'enough')
    made.push(now())
    const capture = await sallyport.captures.create({
      conversation: newId(),
      purpose: 'pay',
      amount: { amount_minor: 11_800, currency: 'EUR' },
    })
    const answer: ThemingFormAnswer = { capture_id: capture.id, client_secret: capture.client_secret }
    res.set('cache-control', 'no-store').json(answer)
  }
}
