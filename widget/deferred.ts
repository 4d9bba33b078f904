/** `Promise.withResolvers`, for browsers that have the rest but not that. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // Sound: a promise's executor has run when the constructor returns.
  return { promise, ...(settle as Omit<Deferred<T>, 'promise'>) }
}
