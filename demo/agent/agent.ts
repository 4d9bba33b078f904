import { SallyportError, type CaptureLink, type ChargeAnswer } from '../../agent/index.ts'
import { withoutCardNumber } from '../card-number.ts'
import type { EntryBody, Reply } from '../talk.ts'
import { catalogue, priceOf, type Item } from './catalogue.ts'
import { Checkout, type FormEnd, type Order } from './checkout.ts'
import { answersTo, byLink, declined, hello, hints } from './phrases.ts'
import { understand, type Meaning, type Topic } from './understand.ts'

/**
 * The scripted agent of one conversation: what it says, and when. It answers questions while the form stands, helps
 * where a field is refused, takes a decline in its stride and gives a receipt. It never sees a digit but the last four.
 */
export interface AgentParts {
  conversation: string
  gatewayUrl: string
  secretKey: string
  write: (entry: EntryBody) => void
  typing: (on: boolean) => void
  /** How long the agent seems to type. Nought in tests. */
  pause: (ms: number) => Promise<void>
}

export interface Agent {
  hear(text: string): void
  /** The page's hint that the customer would rather use the form: they had begun to write a card. What, nobody is told. */
  wouldUseForm(): void
  /** The page's hint that the form is complete, with the token that it was told. */
  pageSays(captureId: string, token: string): void
  /** Power over the open form, for the page alone. Null: there is no such form here. */
  formSecret(captureId: string): Promise<string | null>
  /** The page could not show the form: the same by link, for that page alone. Null: there is no such form here. */
  formLink(captureId: string): Promise<CaptureLink | null>
  /** The customer went away: an open form is taken back. */
  leave(): void
  close(): void
}

const yes: Reply = { label: 'Yes, pay by card', main: true }
const another: Reply = { label: 'Use another card', main: true }
const formAgain: Reply = { label: 'Show the form again', main: true }
const tryAgain: Reply = { label: 'Try again', main: true }
const askAgain: Reply = { label: 'Ask the bank again', main: true }
const notNow: Reply = { label: 'Not now' }
const somethingElse: Reply = { label: 'Something else, please' }
const refundIt: Reply = { label: 'Refund my order' }
const items = (): Reply[] => catalogue.slice(0, 4).map(({ name }) => ({ label: name }))

export function startAgent(parts: AgentParts): Agent {
  let speech: Promise<void> = Promise.resolve()
  let order: Order | null = null
  let payment: { order: Order; charge: ChargeAnswer } | null = null
  const hinted = new Set<string>()

  /** One thing at a time leaves the agent's mouth, in order, after a moment of typing. */
  const say = (text: string, replies: Reply[] = []): void => {
    speech = speech.then(async () => {
      parts.typing(true)
      await parts.pause(Math.min(1200, 350 + text.length * 6))
      parts.typing(false)
      if (!checkout.closed) parts.write({ kind: 'said', by: 'agent', text, ...(replies.length > 0 && { replies }) })
    })
  }
  const show = (entry: EntryBody): void => {
    speech = speech.then(() => parts.write(entry))
  }

  const trouble = (error: unknown): void => {
    if (checkout.doing === 'unsettled') {
      return say(
        'I have no answer about your payment yet. Please do not pay again; I can ask the bank once more, and it cannot be charged twice.',
        [askAgain],
      )
    }
    const waits = error instanceof SallyportError && error.retryable
    say(
      waits
        ? 'The payment service does not answer just now. Shall we try once more in a moment?'
        : 'Something did not work on our side. Shall we try once more?',
      order ? [tryAgain, notNow] : items(),
    )
  }

  const checkout = new Checkout(parts, {
    rejected: (field, code) => {
      if (hinted.has(`${field} ${code}`)) return // said once; the form itself says it each time
      hinted.add(`${field} ${code}`)
      say(hints[code](field))
    },
    formEnded: (id, state, card) => {
      show({ kind: 'form_ended', capture_id: id, state, ...(card && { brand: card.brand, last4: card.last4 }) })
      if (state === 'completed') say('Thank you. I am asking your bank now.')
      else say(afterForm[state], state === 'canceled' ? [formAgain, somethingElse] : [formAgain, notNow])
    },
    checking: () =>
      say(
        'The bank has not answered clearly, so I am checking with it. Please do not pay again: it cannot be charged twice.',
      ),
    settled: tellOutcome,
    failed: trouble,
  })

  function tellOutcome(of: Order, charge: ChargeAnswer): void {
    if (charge.state === 'captured') {
      payment = { order: of, charge }
      order = null
      receipt()
      say(`All set: ${of.item.name} is booked. Your order number is ${of.reference.replace('-', '\u2011')}.`, [
        { label: 'Thank you' },
        somethingElse,
        refundIt,
      ])
    } else if (charge.state === 'declined') {
      say(declined(charge.error?.code), [another, notNow])
    } else if (charge.state === 'action_required') {
      say(
        'Your bank wants to ask you first, and this demonstration cannot show its page yet. Nothing was charged. Would another card do?',
        [another, notNow],
      )
    } else if (charge.state === 'failed') {
      say('The payment did not go through, and nothing was charged. Shall we try once more?', [tryAgain, notNow])
    } else {
      order = null // not to be paid again by another card while nobody knows
      say(
        'The bank still has not said how it went. The front desk will look into it and write to you; you will not be charged twice.',
        [somethingElse],
      )
    }
  }

  function receipt(): void {
    if (!payment) return say('There is no receipt yet: nothing was charged.', after())
    const { order: of, charge } = payment
    show({
      kind: 'receipt',
      order: of.reference,
      title: of.item.name,
      amount: of.item.price,
      brand: charge.card?.brand ?? 'card',
      last4: charge.card?.last4 ?? '',
      state: charge.state === 'refunded' ? 'refunded' : 'paid',
    })
  }

  const after = (): Reply[] => {
    if (checkout.doing === 'unsettled') return [askAgain]
    if (checkout.doing !== 'nothing') return []
    if (order) return [yes, notNow]
    return payment?.charge.state === 'captured' ? [somethingElse, refundIt] : items()
  }

  const offer = (item: Item): void => {
    if (checkout.doing !== 'nothing')
      return say(
        `One thing at a time: we are still paying for ${order?.item.name ?? 'your order'}. I will gladly book more afterwards.`,
      )
    order = { item, reference: orderNumber() }
    say(
      `${item.name}: ${item.line.toLowerCase()}. That is ${priceOf(item.price)}. Shall I take the payment here in the chat?`,
      [yes, { label: 'What is included?' }, notNow],
    )
  }

  const pay = async (): Promise<void> => {
    if (checkout.doing === 'charging') return say('I am still waiting for the bank. It will not be charged twice.')
    if (checkout.doing === 'collecting') return say('The form is still open above. It waits for you.')
    if (checkout.doing === 'opening') return
    if (checkout.doing === 'unsettled') {
      say('I am asking the bank once more.')
      return checkout.settle()
    }
    if (!order) return say('Gladly. What shall it be?', items())
    hinted.clear()
    const id = await checkout.open(order)
    say('Here is the form. Take your time, and ask me anything meanwhile.')
    show({ kind: 'form', capture_id: id, title: order.item.name, amount: order.item.price })
  }

  const leaveIt = async (): Promise<void> => {
    if (checkout.doing === 'collecting') return checkout.cancel() // the event says the rest
    if (checkout.doing !== 'nothing')
      return say('I am waiting for the bank’s answer, and tell you as soon as I know.', after())
    say('Of course, no hurry. Nothing was charged.', order ? [formAgain, somethingElse] : items())
  }

  const question = (topic: Topic): Promise<void> =>
    checkout.whileWaiting(async () => {
      say(answerTo(topic), after())
      await speech
    })

  const answerTo = (topic: Topic): string => {
    const item = order?.item
    if (topic === 'included') return item?.included ?? 'Tell me which one you mean, and I will list it.'
    if (topic === 'price')
      return item
        ? `${item.name} is ${priceOf(item.price)}, taxes included.`
        : 'A night begins at €84.00, taxes included.'
    return answersTo[topic]
  }

  const refund = async (): Promise<void> => {
    if (!payment) return say('There is nothing to refund: nothing was charged.', after())
    const { order: of, charge } = payment
    if (charge.state === 'refunded')
      return say('That one is refunded already; the bank may take a few days to show it.', items())
    payment = { order: of, charge: await checkout.refund(charge) }
    if (payment.charge.state !== 'refunded')
      return say('The bank has not confirmed the refund yet. Please ask me again in a moment.', [refundIt])
    receipt()
    say(`Done: ${priceOf(of.item.price)} goes back to the same card. Is there anything else?`, [somethingElse])
  }

  const answer = async (meaning: Meaning): Promise<void> => {
    switch (meaning.kind) {
      case 'card_number':
        return say(
          'Please do not type your card here: this chat is read by programs. I have not kept it. The form is the safe place.',
          after(),
        )
      case 'item':
        return offer(meaning.item)
      case 'pay':
      case 'another_card':
        return pay()
      case 'not_now':
        return leaveIt()
      case 'question':
        return question(meaning.topic)
      case 'refund':
        return refund()
      case 'receipt':
        return receipt()
      case 'catalogue':
        return say(
          'With pleasure. Besides the rooms there is breakfast, a later checkout, bicycles and the boat.',
          catalogue.map(({ name }) => ({ label: name })),
        )
      case 'thanks':
        return say('With pleasure. Is there anything else?', after())
      case 'hello':
        return say('Hello! What may I book for you?', after())
      case 'unclear':
        return say(
          'I am a small scripted assistant and did not follow that. I can book something, answer a question about the house, or give a refund.',
          after(),
        )
    }
  }

  say(hello, items())
  return {
    hear(text) {
      parts.write({ kind: 'said', by: 'customer', text: withoutCardNumber(text) })
      answer(understand(text)).catch(trouble)
    },
    wouldUseForm: () => void pay().catch(trouble),
    // A page that is wrong about its token changes nothing: the agent charges the capture's own.
    pageSays: (captureId, token) => void checkout.compare(captureId, token).catch(() => {}),
    formSecret: (captureId) => checkout.secretOf(captureId),
    formLink: async (captureId) => {
      const offered = await checkout.linkTo(captureId)
      if (offered?.isNew) say(byLink(offered.link.phrase))
      return offered?.link ?? null
    },
    leave: () => {
      const closed = checkout.doing === 'collecting' ? checkout.cancel().catch(() => {}) : Promise.resolve()
      void closed.then(() => checkout.close())
    },
    close: () => checkout.close(),
  }
}

const afterForm: Record<Exclude<FormEnd, 'completed'>, string> = {
  canceled: 'No problem, the form is closed and nothing was charged. Shall I show it again when you are ready?',
  expired: 'The form’s time ran out, as a precaution. Nothing was charged. Shall I open a new one?',
  failed: 'The form could not be finished, and nothing was charged. Shall I open a new one?',
}

/** Letters alone: an order number that no search for card numbers stumbles over. */
function orderNumber(): string {
  const letters = 'ABCDEFGHKLMNPRSTUVWXYZ'
  return `HR-${[...crypto.getRandomValues(new Uint8Array(6))].map((byte) => letters[byte % letters.length]).join('')}`
}
