/**
 * Small checks for what the gateway answers, so that the built file needs no library. A check returns a value of its
 * type, with unknown members left out, or throws `Misshapen`. Words of closed lists are checked for their form alone:
 * a newer gateway may know a state or a reason that this file does not, and an agent must outlive that.
 */
export class Misshapen extends TypeError {
  constructor() {
    super('the answer does not have the documented shape')
  }
}

export type Check<T> = (value: unknown) => T
export interface Optional<T> {
  (value: unknown): T
  readonly optional: true
}
type OptionalKeys<S> = { [K in keyof S]: S[K] extends Optional<unknown> ? K : never }[keyof S]
type Value<C> = C extends Check<infer T> ? T : never
export type Shaped<S> = { [K in Exclude<keyof S, OptionalKeys<S>>]: Value<S[K]> } & {
  [K in OptionalKeys<S>]?: Value<S[K]>
}

const fail = (): never => {
  throw new Misshapen()
}

export const text =
  (pattern: RegExp): Check<string> =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : fail()

/** A word of a closed list of the protocol, by form. */
export const word =
  <T extends string>(): Check<T> =>
  (value) =>
    // Sound for every word this version knows; of others code only learns that they are none of those.
    typeof value === 'string' && /^[a-z0-9][a-z0-9_.-]{0,39}$/.test(value) ? (value as T) : fail()

export const int: Check<number> = (value) => (Number.isSafeInteger(value) ? Number(value) : fail())
export const flag: Check<boolean> = (value) => (typeof value === 'boolean' ? value : fail())
export const list =
  <T>(check: Check<T>): Check<T[]> =>
  (value) =>
    Array.isArray(value) ? value.map(check) : fail()
export const nullable =
  <T>(check: Check<T>): Check<T | null> =>
  (value) =>
    value === null ? null : check(value)

export const optional = <T>(check: Check<T>): Optional<T> =>
  Object.assign((value: unknown) => check(value), { optional: true } as const)

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const shape =
  <S extends Record<string, Check<unknown>>>(members: S): Check<Shaped<S>> =>
  (value) => {
    if (!isRecord(value)) return fail()
    const out: Record<string, unknown> = {}
    for (const [name, check] of Object.entries(members)) {
      if (value[name] === undefined && 'optional' in check) continue
      out[name] = check(value[name])
    }
    return out as Shaped<S> // sound: every member went through the check that gives it its type
  }

export const dictionary =
  <K extends string, V>(key: Check<K>, member: Check<V>): Check<Partial<Record<K, V>>> =>
  (value) =>
    // Sound: keys and values went through their checks.
    isRecord(value)
      ? (Object.fromEntries(Object.entries(value).map(([k, v]) => [key(k), member(v)])) as Partial<Record<K, V>>)
      : fail()
