import { makeAssistantToolUI } from '@assistant-ui/react'
import type { CaptureRequest } from 'sallyport'
import { CardForm } from '../react/CardForm.tsx'

export const askForCard = 'ask_for_card'

/** What the conversation keeps of it, and a model may read. The token is the server's to tell. */
export interface CardResult {
  status: 'completed' | 'canceled'
}

/** The tool's face in the thread: the card form. */
export const AskForCard = makeAssistantToolUI<{ captureId: string }, CardResult>({
  toolName: askForCard,
  render: ({ artifact, addResult }) => {
    const card = artifact as CaptureRequest // sound: App.tsx makes these calls, each with one
    return <CardForm key={card.captureId} {...card} onEnd={({ status }) => addResult({ status })} />
  },
})
