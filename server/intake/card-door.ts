/**
 * Card testing met at the door: whether one more card may be tried here. Budgets in `card-budgets.ts`, a breaker on what
 * processors say in `decline-breaker.ts`; here they are put together, counted and told. Holds the first six digits for a call.
 */
import type pg from 'pg'
import type { VaultFact } from '../audit/vault-log.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../metrics/registry.ts'
import { type CardBudget, CardBudgets, cardBudgetNames, type CardTried } from './card-budgets.ts'
import { type CardLimits, cardTesting } from '../card-limits.ts'
import { DeclineBreakers } from './decline-breaker.ts'

export interface CardDoor {
  /** False: no further card for now. Rejects where the database is away. */
  admit(card: CardTried): Promise<boolean>
  /** This token was made of a card that was admitted. */
  made(token: string): Promise<void>
  /** What a processor said to a charge. */
  heard(outcome: ChargeOutcome): Promise<void>
  /** How many tenants' breakers are open. */
  open(): number
  /** Writes what is left for the audit log. */
  close(): Promise<void>
}

export interface ChargeOutcome {
  tenant: string
  charge: string
  token: string
  declined: boolean
}

export interface CardDoorDeps {
  db: pg.Pool
  key: Uint8Array
  limits: CardLimits
  log: Log
  registry: Registry
  audit: (fact: VaultFact) => Promise<string>
}

/** For a sandbox, where only published test numbers are taken: there is nothing to be tried out. */
export const openCardDoor: CardDoor = {
  admit: () => Promise.resolve(true),
  made: () => Promise.resolve(),
  heard: () => Promise.resolve(),
  open: () => 0,
  close: () => Promise.resolve(),
}

export function cardDoor({ db, key, limits, log, registry, audit }: CardDoorDeps): CardDoor {
  const budgets = new CardBudgets({ db, key, limits })
  const refused = registry.counter({
    name: 'sallyport_cards_refused_total',
    help: 'Cards that were refused because too many were tried, by the budget; outside they all look the same.',
    labels: { budget: cardBudgetNames },
  })
  const opened = registry.counter({
    name: 'sallyport_card_breaker_opened_total',
    help: 'How often so many cards of a tenant were declined that no further ones were taken.',
    labels: {},
  })
  const write = async (fact: VaultFact): Promise<void> => {
    await db.query('insert into audit (entry) values ($1)', [await audit(fact)])
  }
  const breakers = new DeclineBreakers(async (tenant, openMs) => {
    opened.add({})
    log.error({ event: 'cards.breaker_open', tenant, ms: openMs })
    await budgets.open(tenant, openMs)
    await write({ action: 'alarm', result: 'done', reason: 'cards_declined', tenant })
  })
  registry.gauge(
    { name: 'sallyport_cards_paused_tenants', help: 'Tenants of whom no card is taken for now.', labels: {} },
    () => [{ labels: {}, value: breakers.open }],
  )

  // Refusals are coalesced, so that noise cannot fill the disk: the first is written at once, the others by the minute.
  const untold = new Map<string, { tenant: string; reason: CardBudget; count: number }>()
  const tell = async (): Promise<void> => {
    const all = [...untold]
    for (const [name, { tenant, reason, count }] of all) {
      if (count === 0) untold.delete(name)
      else {
        untold.set(name, { tenant, reason, count: 0 })
        await write({ action: 'card', result: 'refused', reason, tenant, count })
      }
    }
  }
  const timer = setInterval(() => {
    tell().catch((error: unknown) => log.warn({ event: 'audit.write_failed', error }))
  }, cardTesting.auditEveryMs).unref()
  const count = (tenant: string, reason: CardBudget): void => {
    refused.add({ budget: reason })
    const name = `${tenant} ${reason}`
    const known = untold.get(name)
    if (known !== undefined) {
      known.count += 1
      return
    }
    untold.set(name, { tenant, reason, count: 0 })
    log.warn({ event: 'cards.refused', tenant, reason })
    write({ action: 'card', result: 'refused', reason, tenant, count: 1 }).catch((error: unknown) =>
      log.warn({ event: 'audit.write_failed', error }),
    )
  }

  return {
    admit: async (card) => {
      const over = await budgets.take(card)
      if (over !== null) count(card.tenant, over)
      return over === null
    },
    made: (token) => budgets.made(token),
    heard: async ({ tenant, charge, token, declined }) => {
      if (!(await budgets.isYoung(token))) return
      if (!declined) await budgets.approved(tenant, charge)
      await breakers.heard(tenant, declined)
    },
    open: () => breakers.open,
    close: async () => {
      clearInterval(timer)
      await tell()
    },
  }
}
