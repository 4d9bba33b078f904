/** How many cards may be tried, and where: each number with its reason. Those that a deployment may set are in `CardLimits`. */
export interface CardLimits {
  /** From one address (a /64 of IPv6) in a window. Above a large family's, or an office's behind one address. */
  perAddress: number
  /** With the same first six digits, at one tenant, in a window. The largest issuer has a twentieth of ordinary cards. */
  perBin: number
  /** At one tenant in a window, before a processor approves one of them: what whoever tries cards at once can try. */
  unproven: number
}

export const cardLimits: CardLimits = { perAddress: 10, perBin: 30, unproven: 12 }

export const cardTesting = {
  windowMs: 600_000,
  /** The same card again, at one tenant: somebody mends an expiry date, or a code, more often than anyone believes. */
  perCard: 10,
  /**
   * A card costs two, and an approval gives three back: ordinary customers, of whom one in six is declined and one in twelve goes
   * away, earn more than they cost, and cards of which few are approved use up what there is.
   */
  cost: 2,
  approvalGives: 3,
  /**
   * The breaker looks at the last twenty outcomes of cards that came in here, and at no fewer than ten: above 0.7 it opens. With one in
   * seven declined that is seven times in 100,000 for the first ten, and practically never for twenty.
   */
  breaker: { threshold: 0.7, size: 20, minimumNumberOfCalls: 10 },
  /** Open for so long, each time twice as long; a card that is approved between begins again. */
  openMs: { first: 900_000, growth: 2, last: 14_400_000 },
  /**
   * After a breaker was open the tenant's budget is one card, until this long after: trust comes back by approvals. Not longer, for
   * that one card may be somebody's who goes away before it is charged.
   */
  slowStartMs: 1_800_000,
  /**
   * So many approvals close a breaker, if at no time more were declined than approved: one card in fifty of a bought list is good, and
   * that one must not begin everything anew. A shop of whose cards one in seven is declined is let through nine times in ten.
   */
  trustedAfter: 3,
  /** Outcomes count for cards that came in so lately; a subscription's renewals are no card testing. */
  youngMs: 3_600_000,
  /** How often outcomes are looked up. */
  followMs: 250,
  /** Refusals of one kind become one audit entry in so long. */
  auditEveryMs: 60_000,
  /** Tenants of whom a process remembers outcomes. */
  tenantsMax: 10_000,
} as const
