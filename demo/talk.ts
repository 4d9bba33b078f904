/**
 * What the shop's server tells the shop's page: one numbered list of entries for each conversation, the chat and what
 * the agent received together, so that the page can be reloaded and go on. A client secret is never in it, nor a link.
 */
export interface Reply {
  label: string
  /** The one that most people want next. */
  main?: true
}

export interface Money {
  amount_minor: number
  currency: string
}

export type Said = { kind: 'said'; by: 'agent' | 'customer'; text: string; replies?: Reply[] }
export type Notice = { kind: 'notice'; text: string }
export type FormShown = { kind: 'form'; capture_id: string; title: string; amount: Money }
export type FormEnded = {
  kind: 'form_ended'
  capture_id: string
  state: 'completed' | 'failed' | 'canceled' | 'expired'
  brand?: string
  last4?: string
}
export type Receipt = {
  kind: 'receipt'
  order: string
  title: string
  amount: Money
  brand: string
  last4: string
  state: 'paid' | 'refunded'
}
/** Everything that reached the agent from Sallyport, as it came; `json` has one member replaced, see `journal.ts`. */
export type Received = {
  kind: 'received'
  what: 'event' | 'answer'
  name: string
  sentence: string
  facts: [string, string][]
  json: unknown
}
export type EntryBody = Said | Notice | FormShown | FormEnded | Receipt | Received
export type Entry = EntryBody & { n: number; at: string }

export interface CatalogueItem {
  id: string
  name: string
  line: string
  price: Money
}

/** `POST /api/conversation` */
export interface ConversationAnswer {
  id: string
  /** The page had a conversation that this server does not know (any more). */
  lost: boolean
  catalogue: CatalogueItem[]
}
/** `POST /api/form-link` `{ capture_id }`: as the agent has it from Sallyport, for the customer's page alone. */
export type { CaptureLink as FormLinkAnswer } from '../agent/index.ts'
/** `POST /api/theming-form`: a form to try a look on. */
export interface ThemingFormAnswer {
  capture_id: string
  client_secret: string
}
/** `POST /api/form` `{ capture_id }` */
export interface FormSecretAnswer {
  client_secret: string
}
