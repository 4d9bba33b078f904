import type { ConversationAnswer, Entry, FormLinkAnswer, FormSecretAnswer, ThemingFormAnswer } from '../talk.ts'

/** The page's road to its own server: commands as JSON, the talk as a stream that goes on after the last entry seen. */
export class ShopError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the shop's server answered ${status}`)
    this.status = status
  }
}

async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(`/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new ShopError(response.status)
  return (await response.json()) as T // sound: the shop's own server, of the same build
}

export const openConversation = (fresh = false): Promise<ConversationAnswer> =>
  post('/conversation', fresh ? { fresh } : {})
export const say = (text: string): Promise<unknown> => post('/say', { text })
export const hint = (captureId: string, token: string): Promise<unknown> =>
  post('/hint', { capture_id: captureId, token })
/** The customer had begun to write a card, and chose the form instead. */
export const wouldUseForm = (): Promise<unknown> => post('/would-use-form', {})
export const formSecret = async (captureId: string): Promise<string> =>
  (await post<FormSecretAnswer>('/form', { capture_id: captureId })).client_secret
/** The form did not come: the agent offers it by link. */
export const formLink = (captureId: string): Promise<FormLinkAnswer> => post('/form-link', { capture_id: captureId })
/** A form of no conversation, to try a look on. */
export const themingForm = (): Promise<ThemingFormAnswer> => post('/theming-form', {})

export interface TalkListener {
  entry(entry: Entry): void
  typing(on: boolean): void
  /** All that was said before has arrived. */
  caughtUp(): void
  connected(yes: boolean): void
  /** The server does not know this conversation any more. */
  gone(): void
}

export function listen(listener: TalkListener): () => void {
  const source = new EventSource('/api/talk')
  let last = 0
  source.addEventListener('open', () => listener.connected(true))
  source.addEventListener('message', (event) => {
    const entry = JSON.parse(event.data) as Entry // sound: as above
    if (entry.n <= last) return // a stream that was opened anew begins at its beginning
    last = entry.n
    listener.entry(entry)
  })
  source.addEventListener('typing', (event) => listener.typing(event.data === 'true'))
  source.addEventListener('caught_up', () => listener.caughtUp())
  source.addEventListener('error', () => {
    listener.connected(false)
    // The browser itself tries again after a cut; an answer that is not a stream ends it.
    if (source.readyState === EventSource.CLOSED) listener.gone()
  })
  return () => source.close()
}
