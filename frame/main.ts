/** The frame's one script: the handshake first, synchronously, then the form. */
import { CaptureForm } from './capture.ts'
import { foldable } from './fold.ts'
import { element } from './form.ts'
import { exposeGuarded } from './guard.ts'
import { shakeHands, type PortTaken } from './handshake.ts'
import { Host, tellHeight } from './host.ts'
import { dress } from './dress.ts'
import type { Answer } from '../protocol/port-to-host.ts'
import type { ErrorCode } from '../protocol/errors.ts'

const host = new Host()
let capture: CaptureForm | null = null
let measure = (): void => {}

// Without its style the form is one that nobody should trust: it says no hello, and the widget loads the page once more.
// Browsers run a module after the sheets of its page; where one does not, the sheet's own word is waited for. Computed
// styles would not do: a chat that is hidden has none.
const begin = (): void => shakeHands(window, bind, () => capture?.compromised('channel.lost'))
if (isStyled()) begin()
else document.querySelector('link')?.addEventListener('load', begin)

capture = new CaptureForm({
  document,
  host,
  channel: 'web',
  ancestors: Array.from(location.ancestorOrigins ?? []),
  measure: () => measure(),
})
const form = capture
foldable(document, (folded) => {
  measure()
  host.tell({ t: 'folded', folded })
})
addEventListener('pagehide', ({ persisted }) => (persisted ? form.sleep() : form.detach()))
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) form.wake()
})

function bind({ port }: PortTaken): void {
  host.bind(port)
  const done: Answer = { ok: true }
  const answer = (code: ErrorCode | null): Answer => (code === null ? done : { ok: false, code })
  exposeGuarded(port, {
    dress: (command) => {
      const notes = dress(document, command)
      measure()
      return { ok: true, ...(Object.keys(notes).length > 0 && { notes }) }
    },
    open: (command) => answer(form.open(command)),
    close: () => {
      form.detach()
      return done
    },
    ping: () => done,
    focus: () => {
      form.focus()
      return done
    },
  })
  measure = tellHeight(element(document, 'card'), (height) => host.tell({ t: 'resize', height }))
}

/** A sheet that did not come is empty, or may not be read, by browser. */
function isStyled(): boolean {
  try {
    return (document.styleSheets[0]?.cssRules.length ?? 0) > 0
  } catch {
    return false
  }
}
