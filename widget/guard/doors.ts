/**
 * One set of listeners on the window for all guards, in the capture phase: before any framework's, wherever those listen.
 * A guard is held weakly: a page that drops a composer without a word keeps neither the guard nor, with the last one, the
 * listeners.
 */
export interface Listener {
  hear(event: Event): void
}

/** All that may send, change or follow a message. */
const heard = [
  'keydown',
  'keypress',
  'keyup',
  'beforeinput',
  'input',
  'paste',
  'drop',
  'pointerdown',
  'pointerup',
  'mousedown',
  'mouseup',
  'touchstart',
  'touchend',
  'click',
  'submit',
  'formdata',
  'focusin',
  'sallyport:ready',
] as const

const guards = new Set<WeakRef<Listener>>()
let open: AbortController | null = null

function hear(event: Event): void {
  for (const one of guards) {
    const guard = one.deref()
    if (guard === undefined) guards.delete(one)
    else guard.hear(event)
  }
  closeIfUnused()
}

function closeIfUnused(): void {
  if (guards.size > 0) return
  open?.abort()
  open = null
}

export function enter(guard: Listener): () => void {
  const reference = new WeakRef(guard)
  guards.add(reference)
  if (open === null) {
    open = new AbortController()
    listen(window, hear, open.signal)
  }
  return () => {
    guards.delete(reference)
    closeIfUnused()
  }
}

export function listen(target: EventTarget, hear: (event: Event) => void, signal: AbortSignal): void {
  for (const type of heard) target.addEventListener(type, hear, { capture: true, signal })
}
