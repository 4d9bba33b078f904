/** What the screen keeps and takes, each number with its reason; those of HTTP are in server/http-limits.ts. */
export const screenKeeps = {
  /** Longer than a person takes to go on with a number; nothing is remembered for more. */
  rememberMs: 120_000,
  /** How often what is over is looked for. */
  sweepMs: 5_000,
  /** Each holds at most 1,024 characters a speaker and a ledger of 64 digits: some tens of megabytes in all. */
  conversationsMax: 10_000,
  /** A talk has two sides, a call with a supervisor three. */
  speakersMax: 4,
  turnsPerRequestMax: 64,
  armedTurnsMax: 8,
  /** Reports that wait for the gateway; what is over is counted and logged, and never holds a text up. */
  reportsMax: 1_000,
  reportTries: 4,
  reportPauseMs: 500,
  reportTimeoutMs: 10_000,
} as const
