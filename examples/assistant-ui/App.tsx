import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  type ThreadMessageLike,
  ThreadPrimitive,
  useExternalStoreRuntime,
} from '@assistant-ui/react'
import { useState } from 'react'
import { Hideable } from '../react/Hideable.tsx'
import { useTalk } from '../react/useTalk.ts'
import type { Message } from '../talk.ts'
import { AskForCard, askForCard, type CardResult } from './AskForCard.tsx'

export function App() {
  const { messages, say } = useTalk()
  const [results, setResults] = useState<Record<string, CardResult>>({})
  const runtime = useExternalStoreRuntime({
    messages,
    convertMessage: (message: Message) => asThreadMessage(message, results),
    onNew: async ({ content }) => {
      const [part] = content
      if (part?.type === 'text') say(part.text)
    },
    onAddToolResult: ({ toolCallId, result }) =>
      setResults((all) => ({ ...all, [toolCallId]: result as unknown as CardResult })), // sound: AskForCard gives no other
  })
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <AskForCard />
      <Hideable chat={(open) => open && <Thread />} />
    </AssistantRuntimeProvider>
  )
}

/**
 * A request for a card is a tool call. Its arguments are a model's context, so the client secret is none of them: it
 * travels as the artifact, which is for the page alone.
 */
function asThreadMessage({ id, from, text, card }: Message, results: Record<string, CardResult>): ThreadMessageLike {
  if (from === 'customer') return { id: String(id), role: 'user', content: text }
  const content: Exclude<ThreadMessageLike['content'], string>[number][] = [{ type: 'text', text }]
  if (card === undefined) return { id: String(id), role: 'assistant', content }
  const { captureId } = card
  const result = results[captureId]
  content.push({
    type: 'tool-call',
    toolName: askForCard,
    toolCallId: captureId,
    args: { captureId },
    artifact: card,
    result,
  })
  const status = result
    ? ({ type: 'complete', reason: 'stop' } as const)
    : ({ type: 'requires-action', reason: 'tool-calls' } as const)
  return { id: String(id), role: 'assistant', content, status }
}

const Thread = () => (
  <ThreadPrimitive.Root className="chat">
    <ThreadPrimitive.Viewport className="messages">
      <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
    </ThreadPrimitive.Viewport>
    <ComposerPrimitive.Root className="composer">
      <ComposerPrimitive.Input aria-label="Your message" rows={1} />
      <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
    </ComposerPrimitive.Root>
  </ThreadPrimitive.Root>
)

const Text = ({ text }: { text: string }) => <p>{text}</p>
const UserMessage = () => (
  <MessagePrimitive.Root className="message customer">
    <MessagePrimitive.Parts components={{ Text }} />
  </MessagePrimitive.Root>
)
const AssistantMessage = () => (
  <MessagePrimitive.Root className="message agent">
    <MessagePrimitive.Parts components={{ Text }} />
  </MessagePrimitive.Root>
)
