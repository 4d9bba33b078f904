/** What intake's routes are given, so that none reaches for anything by itself. */
import type pg from 'pg'
import type { IntakeConfig } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { Log } from '../log.ts'
import type { VaultFact } from '../audit/vault-log.ts'
import type { CardDoor } from './card-door.ts'
import type { HourKeys } from './hour-keys.ts'
import type { Languages } from './languages.ts'
import type { Presence } from './presence.ts'

export interface Intake {
  config: IntakeConfig
  db: pg.Pool
  keyd: InnerCall
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
