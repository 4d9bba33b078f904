/** What the stations of a charge share within egress. */
import type { EgressConfig } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import type { Processor } from '../processors/processor.ts'
import type { Credentials } from './credentials.ts'
import type { Ledger } from './ledger.ts'
import type { Reach } from './reach.ts'

export interface Egress {
  config: EgressConfig
  ledger: Ledger
  keyd: InnerCall
  credentials: Credentials
  /** By the name in an account's row. */
  processors: ReadonlyMap<string, Processor>
  reach: Reach
  log: Log
  now: () => number
  /** Thumbprint of this egress' request key: grants name it, and leases begin with it. */
  instance: string
  /** `instance:boot`, who holds leases. */
  holder: string
  processorKeySecret: Uint8Array
}
