/** Web Chat's connection, spoken to the shop's own chat instead of a bot service: two observables and one call. */
import { type Message, openTalk } from '../talk.ts'
import { cardType } from './CardAttachment.tsx'

type Observer<T> = { next?(value: T): void; complete?(): void } | ((value: T) => void)

/** As much of an observable as Web Chat asks for; whoever comes later is told everything from the beginning. */
function makeObservable<T>(): { next(value: T): void; subscribe(observer: Observer<T>): { unsubscribe(): void } } {
  const past: T[] = []
  const observers = new Set<(value: T) => void>()
  return {
    next(value) {
      past.push(value)
      for (const observer of observers) observer(value)
    },
    subscribe(observer) {
      const hear = (value: T): void => (typeof observer === 'function' ? observer(value) : observer.next?.(value))
      past.forEach(hear)
      observers.add(hear)
      return { unsubscribe: () => observers.delete(hear) }
    },
  }
}

const online = 2

export function makeDirectLine() {
  const activity$ = makeObservable<object>()
  const connectionStatus$ = makeObservable<number>()
  connectionStatus$.next(online)
  /** Which activity of the chat a message of ours is an echo of. */
  const sent: string[] = []
  const talk = openTalk((message) =>
    activity$.next(asActivity(message, message.from === 'customer' ? sent.shift() : undefined)),
  )
  return {
    activity$,
    connectionStatus$,
    postActivity({
      type,
      text,
      channelData,
    }: {
      type: string
      text?: string
      channelData?: { clientActivityID?: string }
    }) {
      const id = crypto.randomUUID()
      if (type === 'message' && text !== undefined) {
        sent.push(channelData?.clientActivityID ?? '')
        talk.say(text)
      }
      return {
        subscribe: (observer: Observer<string>) =>
          void (typeof observer === 'function' ? observer(id) : observer.next?.(id)),
      }
    },
    end: () => talk.close(),
  }
}

const asActivity = ({ id, from, text, card }: Message, clientActivityID?: string): object => ({
  id: String(id),
  type: 'message',
  from: { id: from, role: from === 'customer' ? 'user' : 'bot' },
  timestamp: new Date().toISOString(),
  text,
  ...(clientActivityID && { channelData: { clientActivityID } }),
  ...(card && { attachments: [{ contentType: cardType, content: card }] }),
})
