export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The browser's own time, for what is given its time from outside. */
export const clock = {
  now: (): number => performance.now(),
  wait,
  setTimeout: (run: () => void, ms: number): unknown => setTimeout(run, ms),
  // Sound: what `setTimeout` above gave.
  clearTimeout: (timer: unknown): void => clearTimeout(timer as number | undefined),
}
