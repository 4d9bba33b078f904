import ReactWebChat, { createStore } from 'botframework-webchat'
import { type ComponentProps, useMemo, useState } from 'react'
import { CardAttachment, cardType } from './CardAttachment.tsx'
import { makeDirectLine } from './direct-line.ts'

type Props = ComponentProps<typeof ReactWebChat>
type Middleware = Extract<Props['attachmentMiddleware'], (...input: never) => unknown>

/** Attachments of our own content type are card forms; all others are Web Chat's. */
const attachmentMiddleware: Middleware = () => (next) => (props) =>
  props?.attachment.contentType === cardType ? <CardAttachment content={props.attachment.content} /> : next(props)

const looks = {
  bubbleMaxWidth: 460,
  bubbleBorderWidth: 0,
  bubbleBorderRadius: 12,
  bubbleBackground: '#eef1f4',
  bubbleFromUserBackground: '#0b5c66',
  bubbleFromUserTextColor: '#ffffff',
  bubbleFromUserBorderWidth: 0,
  bubbleFromUserBorderRadius: 12,
  hideUploadButton: true,
  primaryFont: 'system-ui, sans-serif',
}

export function App() {
  const directLine = useMemo(makeDirectLine, [])
  const store = useMemo(() => createStore(), [])
  const [open, setOpen] = useState(true)
  return (
    <main>
      <nav>
        <b>Harbour Rooms</b>
        <button type="button" onClick={() => setOpen(!open)}>
          {open ? 'Hide chat' : 'Show chat'}
        </button>
      </nav>
      {/* Hidden and not taken away: Web Chat forgets what was said when it is unmounted. */}
      <section className="chat" hidden={!open}>
        <ReactWebChat
          attachmentMiddleware={attachmentMiddleware}
          directLine={directLine}
          store={store}
          styleOptions={looks}
          userID="customer"
        />
      </section>
    </main>
  )
}
