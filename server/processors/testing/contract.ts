/**
 * What every adapter has to do, over real HTTP. Adapters share no code; they share this:
 * `processorContract('sandbox', makeSandbox)`.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeId } from '../../../protocol/ids.ts'
import {
  type AuthorizeRequest,
  type ChangeRequest,
  decide,
  type Outcome,
  outcomeStates,
  type Processor,
  type Send,
} from '../processor.ts'

/** An adapter, the processor behind it, and numbers that behave there. */
export interface ContractSubject {
  processor: Processor
  cards: { good: string; declined: string; insufficientFunds: string; challenged?: string }
  currency: string
  /** As egress does it: fills slots with this card, sends, gives back typed fields. */
  ask<T>(card: string | null, run: (processor: Processor, send: Send) => Promise<T>): Promise<T | Outcome>
  close(): Promise<void>
}

export function processorContract(name: string, make: () => Promise<ContractSubject>): void {
  describe(`the ${name} adapter`, () => {
    let subject: ContractSubject
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(() => subject.close())

    const order = (more: Partial<AuthorizeRequest> = {}): AuthorizeRequest => ({
      amountMinor: 8_000,
      currency: subject.currency,
      operation: 'sale',
      idempotencyKey: randomUUID(),
      reference: makeId('chg_'),
      token: makeId('tok_test_'),
      ...more,
    })
    const authorize = (request: AuthorizeRequest, card = subject.cards.good) =>
      subject.ask(card, (processor, send) => processor.authorize(request, send))
    const change = (kind: 'capture' | 'void' | 'refund', to: Outcome, more: Partial<ChangeRequest> = {}) => {
      const request = {
        processorRef: to.processorRef ?? '',
        amountMinor: 8_000,
        currency: subject.currency,
        idempotencyKey: randomUUID(),
        ...more,
      }
      return subject.ask(null, (processor, send) => processor[kind](request, send))
    }
    const get = (query: { processorRef?: string; reference: string }) =>
      subject.ask(null, (processor, send) => processor.get(query, send))
    const meaning = (outcome: Outcome) => decide(subject.processor, outcome.code)

    test('captures a sale at once', async () => {
      const outcome = await authorize(order())
      expect(outcome).toMatchObject({ state: 'captured', books: { capturedMinor: 8_000, refundedMinor: 0 } })
      expect(outcome.processorRef).toBeDefined()
    })

    test('finds a payment by its own id and by our reference, and knows when there is none', async () => {
      const request = order({ operation: 'authorize' })
      const made = await authorize(request)
      expect(made.state).toBe('authorized')
      const { processorRef = '' } = made
      expect(await get({ processorRef, reference: request.reference })).toMatchObject({
        state: 'authorized',
        processorRef,
      })
      if (!subject.processor.capabilities.readByReference) return
      expect(await get({ reference: request.reference })).toMatchObject({ state: 'authorized', processorRef })
      expect(await get({ reference: makeId('chg_') })).toBeNull()
    })

    test('captures an authorization, in parts where it says that it can', async () => {
      const made = await authorize(order({ operation: 'authorize' }))
      const { partialCapture, multiCapture } = subject.processor.capabilities
      if (partialCapture) {
        expect(await change('capture', made, { amountMinor: 5_000 })).toMatchObject({
          state: 'partially_captured',
          books: { capturedMinor: 5_000 },
        })
        if (multiCapture)
          expect(await change('capture', made, { amountMinor: 3_000 })).toMatchObject({
            state: 'captured',
            books: { capturedMinor: 8_000 },
          })
      } else expect((await change('capture', made)).state).toBe('captured')
    })

    test('voids an authorization, and refuses to capture it then with a code that its table decides', async () => {
      const made = await authorize(order({ operation: 'authorize' }))
      expect((await change('void', made)).state).toBe('voided')
      const late = await change('capture', made)
      expect(meaning(late)).toMatchObject({ state: 'failed', code: 'processor.action_failed' })
    })

    test('refunds twice in parts, and not a third time', async () => {
      const made = await authorize(order())
      expect(await change('refund', made, { amountMinor: 3_000 })).toMatchObject({
        state: 'partially_refunded',
        books: { refundedMinor: 3_000 },
      })
      expect(await change('refund', made, { amountMinor: 5_000 })).toMatchObject({
        state: 'refunded',
        books: { refundedMinor: 8_000 },
      })
      expect(meaning(await change('refund', made, { amountMinor: 1 }))).toMatchObject({ state: 'failed' })
    })

    test('tells a decline from a lack of funds', async () => {
      const declined = await authorize(order(), subject.cards.declined)
      expect([declined.state, meaning(declined).code]).toEqual(['declined', 'processor.declined'])
      const poor = await authorize(order(), subject.cards.insufficientFunds)
      expect([poor.state, meaning(poor).code]).toEqual(['declined', 'processor.insufficient_funds'])
    })

    test('asks for a challenge where the card does', async () => {
      const { challenged } = subject.cards
      if (challenged === undefined) return
      expect(await authorize(order(), challenged)).toMatchObject({ state: 'action_required', nextAction: '3ds' })
    })

    test('repeats the first answer for a known key, and takes another body under it for an open question', async () => {
      const request = order()
      const first = await authorize(request)
      expect(await authorize(request)).toEqual(first)
      expect(meaning(await authorize({ ...request, amountMinor: 8_001 })).state).toBe('unknown')
      const once = { amountMinor: 1_000, idempotencyKey: randomUUID() }
      await change('refund', first, once)
      expect((await change('refund', first, once)).books?.refundedMinor).toBe(1_000)
      expect(
        (await get({ processorRef: first.processorRef ?? '', reference: request.reference }))?.books?.refundedMinor,
      ).toBe(1_000)
    })

    test('lists what was made or changed since, page by page, with what the ledger needs to write it', async () => {
      const { list } = subject.processor
      if (list === undefined) return
      const earlier = await authorize(order())
      await new Promise((resolve) => setTimeout(resolve, 30))
      const sinceMs = Date.now()
      const requests = Array.from({ length: 60 }, (_, at) =>
        order({ order: `order 20261129${String(at).padStart(4, '0')}` }),
      )
      for (const request of requests) await authorize(request)
      const changed = await change('refund', earlier, { amountMinor: 1_000 })
      const found = []
      for (let after: string | undefined; ; ) {
        const from = after === undefined ? {} : { after }
        const page = await subject.ask(
          null,
          (processor, send) => processor.list?.({ sinceMs, ...from }, send) ?? never(),
        )
        if (!('payments' in page)) throw new Error('the list was refused')
        found.push(...page.payments)
        after = page.next
        if (after === undefined) break
      }
      expect(new Set(found.map(({ processorRef }) => processorRef)).size).toBe(found.length)
      const byReference = new Map(found.map((payment) => [payment.reference, payment]))
      for (const { reference, token, amountMinor, order: of } of requests) {
        expect(byReference.get(reference)).toMatchObject({
          token,
          order: of,
          amountMinor,
          currency: subject.currency,
          operation: 'sale',
          outcome: { state: 'captured', books: { capturedMinor: amountMinor, refundedMinor: 0 } },
        })
      }
      expect(found.find(({ processorRef }) => processorRef === changed.processorRef)?.outcome).toMatchObject({
        state: 'partially_refunded',
        books: { refundedMinor: 1_000 },
      })
    })

    test('says nothing of what it does not know: an unlisted code decides nothing', () => {
      expect(decide(subject.processor, 'no such code').state).toBe('unknown')
      expect(decide(subject.processor, 'constructor').state).toBe('unknown')
      expect(decide(subject.processor, undefined).state).toBe('unknown')
    })

    test('has states and limits of the contract', async () => {
      expect(outcomeStates).toContain((await authorize(order())).state)
      expect(subject.processor.capabilities.idempotencyTtlHours).toBeGreaterThan(0)
      for (const [route, slots] of Object.entries(subject.processor.slots)) {
        expect(route).toMatch(/^(GET|POST) \//)
        expect(Object.values(slots)).toContain('pan')
        expect(Object.values(slots)).not.toContain('credential')
      }
    })
  })
}

const never = (): never => {
  throw new Error('this adapter has no list')
}
