import ReactWebChat, { createStore } from 'botframework-webchat'
import { type ComponentProps, useMemo } from 'react'
import { Hideable } from '../react/Hideable.tsx'
import { CardAttachment, cardType } from './CardAttachment.tsx'
import { makeDirectLine } from './direct-line.ts'

type Props = ComponentProps<typeof ReactWebChat>
type Middleware = Extract<Props['attachmentMiddleware'], (...input: never) => unknown>

/** Attachments of our own content type are card forms; all others are Web Chat's. */
const attachmentMiddleware: Middleware = () => (next) => (props) =>
  props?.attachment.contentType === cardType ? <CardAttachment content={props.attachment.content} /> : next(props)

/** Colours of the page, by name: they change with the colour scheme. */
const looks = {
  accent: 'var(--brand)',
  subtle: 'var(--soft)',
  backgroundColor: 'var(--paper)',
  bubbleMaxWidth: 460,
  bubbleBorderWidth: 0,
  bubbleBorderRadius: 12,
  bubbleBackground: 'var(--bubble)',
  bubbleTextColor: 'var(--ink)',
  bubbleFromUserBackground: 'var(--brand)',
  bubbleFromUserTextColor: 'var(--on-brand)',
  bubbleFromUserBorderWidth: 0,
  bubbleFromUserBorderRadius: 12,
  sendBoxBackground: 'var(--paper)',
  sendBoxBorderTop: '1px solid var(--line)',
  sendBoxTextColor: 'var(--ink)',
  sendBoxPlaceholderColor: 'var(--soft)',
  timestampColor: 'var(--soft)',
  hideUploadButton: true,
  primaryFont: 'system-ui, sans-serif',
}

export function App() {
  const directLine = useMemo(makeDirectLine, [])
  const store = useMemo(() => createStore(), [])
  // Hidden and not taken away: Web Chat forgets what was said when it is unmounted.
  const chat = (open: boolean) => (
    <section className="chat" hidden={!open}>
      <ReactWebChat
        attachmentMiddleware={attachmentMiddleware}
        directLine={directLine}
        store={store}
        styleOptions={looks}
        userID="customer"
      />
    </section>
  )
  return <Hideable chat={chat} />
}
