/** What intake's routes are given, so that none reaches for anything by itself. */
import type pg from 'pg'
import type { IntakeConfig } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import type { FingerprintAnswer, FingerprintCall } from '../records/keyd-calls.ts'
import type { SealingKey } from '../records/seal.ts'
import type { VaultFact } from '../audit/vault-log.ts'
import type { CardDoor } from './card-door.ts'
import type { HourKeys } from './hour-keys.ts'
import type { Languages } from './languages.ts'
import type { WriteToken } from './mint-statement.ts'
import type { Presence } from './presence.ts'
import type { RecentCaptures } from './recent-captures.ts'
import type { Tenant } from './tenants.ts'

export interface Intake {
  config: IntakeConfig
  db: pg.Pool
  keyd: InnerCall
  /** keyd's answer against a ticket; those that come together go together. */
  fingerprint: (call: FingerprintCall) => Promise<FingerprintAnswer>
  /** What it was at most a second ago: an admin's change is a second on its way to a card. */
  tenant: (id: string) => Promise<Tenant | null>
  /** The same, and asked for anew where a card could not be written with it. */
  sealingKey: (anew?: 'anew') => Promise<SealingKey>
  /** Those that are attached here. */
  recent: RecentCaptures
  writeToken: WriteToken
  hourKeys: HourKeys
  /** Of the frame's build. */
  languages: Languages
  /** Which frames are there. */
  presence: Presence
  /** Whether one more card may be tried. */
  cards: CardDoor
  log: Log
  /** One line for the vault's audit log. */
  audit: (fact: VaultFact) => Promise<string>
  now: () => number
  /** Called once a card has been handled: what the crypto library still holds of it is let go. */
  forget: () => void
}
