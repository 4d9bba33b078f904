/**
 * How many cards may be tried (rate-limiter-flexible, its rows in the vault database, so that every intake counts the same).
 * Keys are keyed hashes; no digit and no address is in one. Every card does the same work, whatever becomes of it: which
 * budget refused, or whether the card was seen before, is not in the time that an answer takes.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { type CardLimits, cardTesting } from '../card-limits.ts'
import { neighbourhood } from './refusals.ts'

export interface CardTried {
  tenant: string
  /** As express tells it. Undefined: the caller had gone before anybody could ask whence; all of these are one address. */
  address: string | undefined
  /** The first six digits. */
  bin: string
  /** keyd's. */
  fingerprint: string
  /** It is to be charged now; a card that is only kept has no outcome to wait for. */
  pays: boolean
}

export const cardBudgetNames = ['address', 'bin', 'card', 'breaker', 'unproven'] as const
export type CardBudget = (typeof cardBudgetNames)[number]

/** Of these everything comes from one peer: a proxy that nobody named, or a test. They are nobody's address. */
const nobodys = new BlockList()
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  nobodys.addSubnet(network, bits, 'ipv4')
nobodys.addAddress('::1', 'ipv6')
nobodys.addSubnet('fc00::', 7, 'ipv6')
nobodys.addSubnet('fe80::', 10, 'ipv6')

const isNobodys = (address: string): boolean => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family === 0 || nobodys.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

export interface CardBudgetOptions {
  db: pg.Pool
  /** A key of intake's; the one for these hashes is derived from it, so that all intakes have the same. */
  key: Uint8Array
  limits: CardLimits
}

export class CardBudgets {
  readonly #key: Buffer
  readonly #limiters: Record<CardBudget | 'young' | 'counted', RateLimiterPostgres>
  readonly #beingGiven = new Set<Promise<unknown>>()

  constructor({ db, key, limits }: CardBudgetOptions) {
    this.#key = Buffer.from(hkdfSync('sha256', key, '', 'sallyport card budgets', 32))
    const limiter = (name: string, points: number, durationMs: number, clears = false): RateLimiterPostgres =>
      new RateLimiterPostgres({
        storeClient: db,
        storeType: 'pool',
        tableName: 'card_budgets',
        tableCreated: true,
        clearExpiredByTimeout: clears,
        keyPrefix: name,
        points,
        duration: durationMs / 1_000,
      })
    const { windowMs, youngMs, perCard, cost } = cardTesting
    this.#limiters = {
      address: limiter('address', limits.perAddress, windowMs, true),
      bin: limiter('bin', limits.perBin, windowMs),
      card: limiter('card', perCard, windowMs),
      breaker: limiter('breaker', 1_000_000_000, windowMs),
      unproven: limiter('unproven', limits.unproven * cost, windowMs),
      young: limiter('young', 1_000_000_000, youngMs),
      counted: limiter('counted', 1, youngMs * 2),
    }
  }

  /**
   * Null where the card may go on, else the first budget that it is over. Rejects where the database is away. What is over
   * another budget uses nothing of the tenant's, so that one address cannot use up everybody's.
   */
  async take(card: CardTried): Promise<CardBudget | null> {
    const { tenant } = card
    const nobody = card.address !== undefined && isNobodys(card.address)
    const narrow = await Promise.all([
      this.#take('address', nobody ? null : ['', neighbourhood(card.address ?? 'gone')]),
      this.#take('bin', [tenant, card.bin]),
      this.#take('card', [tenant, card.fingerprint]),
      this.#take('breaker', [tenant]),
    ])
    const over = narrow.find((name) => name !== null) ?? null
    const pays = over === null && card.pays
    const unproven = await this.#take('unproven', pays ? [tenant] : null, cardTesting.cost)
    if (unproven !== null) this.#giveBack(tenant)
    return over ?? unproven
  }

  /** What was refused costs nothing: else a flood would use up what approvals bring. Nobody waits for it. */
  #giveBack(tenant: string): void {
    // Where it fails, the window's end brings the same.
    const given = this.#limiters.unproven
      .reward(this.#hash('unproven', [tenant]), cardTesting.cost)
      .catch(() => undefined)
      .finally(() => this.#beingGiven.delete(given))
    this.#beingGiven.add(given)
  }

  /** A token was made here: what becomes of its charges counts. */
  async made(token: string): Promise<void> {
    await this.#limiters.young.penalty(this.#hash('young', [token]), 1)
  }

  async isYoung(token: string): Promise<boolean> {
    return (await this.#limiters.young.get(this.#hash('young', [token]))) !== null
  }

  /** Once for each charge, whichever intake hears of it first. */
  async approved(tenant: string, charge: string): Promise<void> {
    if ((await this.#take('counted', [charge])) !== null) return
    await this.#limiters.unproven.reward(this.#hash('unproven', [tenant]), cardTesting.approvalGives)
  }

  /** No card for so long, then one; each approval lets more. Every intake hears of the same outcomes and says the same. */
  async open(tenant: string, openMs: number): Promise<void> {
    const { unproven, breaker } = this.#limiters
    const untilMs = openMs + cardTesting.slowStartMs
    // What comes back late must not come on top of the one card.
    await Promise.all(this.#beingGiven)
    await breaker.block(this.#hash('breaker', [tenant]), openMs / 1_000)
    await unproven.set(this.#hash('unproven', [tenant]), unproven.points - cardTesting.cost, untilMs / 1_000)
  }

  /** The name where it is over. A null subject does the same work in a place of its own and is never over. */
  async #take<N extends CardBudget | 'counted'>(
    name: N,
    subject: readonly string[] | null,
    points = 1,
  ): Promise<N | null> {
    try {
      await this.#limiters[name].consume(this.#hash(name, subject ?? ['', '', 'nobody']), points)
      return null
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      return subject === null ? null : name
    }
  }

  #hash(name: string, subject: readonly string[]): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, ...subject]))
      .digest('base64url')
  }
}
