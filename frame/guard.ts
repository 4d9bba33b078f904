/**
 * Comlink behind a guard. Comlink alone walks any property path it is sent, up to `__proto__` (its issue 603), and
 * deserialises handlers; here it sees only calls that were parsed and built anew: `APPLY`, one known name, raw arguments
 * of that name's shape. What it answers is parsed too, so that a thrown error never carries its message and stack out.
 */
import { expose, transferHandlers, type Endpoint } from 'comlink'
import { parseCommand, type Command } from '../protocol/port-to-frame.ts'
import { parseAnswer, type Answer } from '../protocol/port-to-host.ts'
import type { DressCommand, OpenCommand } from '../protocol/port.ts'

export interface Commands {
  dress(command: DressCommand): Answer
  open(command: OpenCommand): Answer
  close(): Answer
  ping(): Answer
  focus(): Answer
}

/** The part of a MessagePort that is used. */
export interface RawPort {
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  postMessage(message: unknown): void
  start(): void
}

/** Lets commands through to `commands`. `onRefused` is told of each message that was ours in form and is not allowed. */
export function exposeGuarded(port: RawPort, commands: Commands, onRefused: () => void = () => {}): void {
  // A second lock: without handlers nothing can be deserialised into a proxy or a thrown value.
  transferHandlers.clear()
  const target: Commands = Object.assign(Object.create(null), commands)
  expose(target, guardedEndpoint(port, onRefused))
}

export function guardedEndpoint(port: RawPort, onRefused: () => void): Endpoint {
  return {
    addEventListener(_type, listener) {
      port.addEventListener('message', (event) => {
        const command = event.isTrusted && event.ports.length === 0 ? parsed(event.data) : 'refused'
        if (command === 'refused') onRefused()
        // Comlink reads `data` and `origin` alone; what it gets is ours, not the message.
        else if (command !== null) deliver(listener, new MessageEvent('message', { data: envelope(command) }))
      })
    },
    // Comlink takes its listener off when it is released, which nobody may do from outside.
    removeEventListener() {},
    postMessage(message) {
      port.postMessage(lawful(message))
    },
    start: () => port.start(),
  }
}

function parsed(data: unknown): Command | null | 'refused' {
  try {
    return parseCommand(data)
  } catch {
    return 'refused'
  }
}

const envelope = (command: Command): object => ({
  id: command.id,
  type: 'APPLY',
  path: [command.name],
  argumentList: 'argument' in command ? [{ type: 'RAW', value: command.argument }] : [],
})

function deliver(listener: EventListenerOrEventListenerObject, event: MessageEvent): void {
  if (typeof listener === 'function') listener(event)
  else listener.handleEvent(event)
}

/** An answer as it may leave; anything else, a thrown error above all, leaves as `system.internal`. */
function lawful(message: unknown): object {
  const wire = message as { id?: unknown } // only read, and passed on when it is the id of a call that was parsed
  try {
    const answer = parseAnswer(message)
    if (answer !== null) return { id: answer.id, type: 'RAW', value: answer.answer }
  } catch {
    // Falls through to the one answer that says nothing.
  }
  const value: Answer = { ok: false, code: 'system.internal' }
  return { id: String(wire.id), type: 'RAW', value }
}
