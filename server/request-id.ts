/**
 * The id of the request that is being worked on, from the edge to the processor. It travels with the work instead of
 * through every signature: log lines and calls to other processes take it from here, so that none is written without.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

const storage = new AsyncLocalStorage<string>()

/** Everything that `work` starts, and what follows from that, belongs to this request. */
export const withRequestId = <T>(requestId: string, work: () => T): T => storage.run(requestId, work)

/** Undefined where no request is behind the work: timers, the sequencer, the start of a process. */
export const currentRequestId = (): string | undefined => storage.getStore()
