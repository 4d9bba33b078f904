import type { CaptureRequest, SallyportCapture } from 'sallyport'
import type {} from 'sallyport/react' // types alone: the element comes by script tag
import { useEffect, useRef } from 'react'

/** The content type of an attachment that asks for a card. */
export const cardType = 'application/vnd.sallyport.capture'

/** A card form as an attachment of a message. */
export function CardAttachment({ content }: { content: unknown }) {
  const form = useRef<SallyportCapture>(null)
  const { captureId, clientSecret } = content as CaptureRequest // sound: direct-line.ts makes the attachments of this type
  useEffect(() => {
    // Lets go of the form when the message leaves the page. The capture itself goes on: shown again, it is asked for again.
    const gone = new AbortController()
    customElements
      .whenDefined('sallyport-capture')
      .then(() => form.current?.request({ captureId, clientSecret, signal: gone.signal }))
      // What went wrong stands in the form or below it, and the agent hears it from the server.
      .catch(() => {})
    return () => gone.abort()
  }, [captureId, clientSecret])
  return (
    <sallyport-capture
      key={captureId}
      ref={form}
      publishable-key={import.meta.env.VITE_PUBLISHABLE_KEY}
      frame-origin={import.meta.env.VITE_FRAME_ORIGIN}
    />
  )
}
