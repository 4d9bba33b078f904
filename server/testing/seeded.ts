/** Chance for tests that can be had again: whoever uses it prints the seed. */
export type Random = () => number

/** Mulberry32: the same run for the same seed. */
export function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a soak begins with, unless a run is to be had again. */
export const freshSeed = (): number => Number(process.env['SALLYPORT_SOAK_SEED'] ?? Date.now() % 2_147_483_647)

/** In another order; the list itself stays. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
