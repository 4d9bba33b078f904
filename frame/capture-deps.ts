import type { AttachAnswer } from '../protocol/capture-http.ts'
import type { Channel } from '../protocol/capture-states.ts'
import type { Host } from './host.ts'

/** What the form of one capture needs of where it stands: the frame in a chat, or the link's own page. */
export interface CaptureDeps {
  document: Document
  host: Host
  channel: Channel
  /** `location.ancestorOrigins`; empty on a page of its own. */
  ancestors: readonly string[]
  /** What has been taken up before the form was there: the link's page does it by its own way. */
  attached?: AttachAnswer
  /** The card's height may have changed: told before the end is. */
  measure(): void
}
