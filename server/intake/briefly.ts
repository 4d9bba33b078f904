/** What is read by every submission and changes once a month: asked of the database once a second, however many come. */
export const brieflyMs = 1_000

export interface Briefly<T> {
  (key: string): Promise<T>
  /** The next call asks again. */
  forget(key: string): void
}

/** Calls that come while the first is under way wait for it. What failed is not kept. `keysMax` at most are; then all go. */
export function briefly<T>(load: (key: string) => Promise<T>, now: () => number, keysMax = 1_000): Briefly<T> {
  const known = new Map<string, { value: Promise<T>; untilMs: number }>()
  const read = (key: string): Promise<T> => {
    const found = known.get(key)
    if (found !== undefined && found.untilMs > now()) return found.value
    if (known.size >= keysMax) known.clear()
    const value = load(key)
    const entry = { value, untilMs: now() + brieflyMs }
    known.set(key, entry)
    value.catch(() => {
      if (known.get(key) === entry) known.delete(key)
    })
    return value
  }
  return Object.assign(read, { forget: (key: string): void => void known.delete(key) })
}
