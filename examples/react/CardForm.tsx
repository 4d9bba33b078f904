import 'sallyport/react' // registers the element, and tells TypeScript what it takes
import type { CaptureProgressEvent, CaptureResult, SallyportCapture } from 'sallyport'
import { useEffect, useEffectEvent, useRef, useState } from 'react'

interface Props {
  captureId: string
  clientSecret: string
  onEnd?: (result: CaptureResult) => void
}

/** A card form as a message of the chat. Give it the capture's id as its `key`: one element, one capture. */
export function CardForm({ captureId, clientSecret, onEnd }: Props) {
  const form = useRef<SallyportCapture>(null)
  const [hint, setHint] = useState('')

  // No reason to ask anew: a parent that renders hands over another function each time.
  const ended = useEffectEvent((result: CaptureResult) => {
    setHint('') // the form's last line says it from here on
    onEnd?.(result)
  })
  useEffect(() => {
    // Lets go of the form when this message leaves the page. The capture itself goes on: shown again, it is asked for again.
    const gone = new AbortController()
    form.current
      ?.request({ captureId, clientSecret, signal: gone.signal })
      .then((result) => ended(result))
      // What went wrong stands in the form or below it, and the agent hears it from the server.
      .catch(() => {})
    return () => gone.abort()
  }, [captureId, clientSecret])

  const progress = ({ brand, last4 }: CaptureProgressEvent) => brand && setHint(`${brand} ending in ${last4}`)
  return (
    <>
      <sallyport-capture
        ref={form}
        publishable-key={import.meta.env.VITE_PUBLISHABLE_KEY}
        frame-origin={import.meta.env.VITE_FRAME_ORIGIN}
        onsallyport:progress={progress}
        onsallyport:error={({ code }) => setHint(code)}
      />
      <small>{hint}</small>
    </>
  )
}
