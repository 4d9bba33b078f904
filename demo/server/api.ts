import express, { type Request, type Response, type Router } from 'express'
import { catalogue } from '../agent/catalogue.ts'
import { httpLimits } from '../../server/http-limits.ts'
import { jsonBody } from '../../server/json-body.ts'
import type { ConversationAnswer, Entry, FormLinkAnswer, FormSecretAnswer } from '../talk.ts'
import type { Conversation, Conversations } from './conversations.ts'
import { refuse } from './refuse.ts'

/**
 * What the shop's page asks the shop's server. The conversation's id is a cookie that scripts cannot read; requests of
 * other sites are refused by it (`SameSite=Strict`) and by their JSON content type.
 */
const cookieName = 'harbour_conversation'
const textLengthMax = 500
/** A person in a chat does not send more; a script that plays with the sandbox may start a new conversation. */
const messagesMax = 200

export function api(conversations: Conversations, secureCookie: boolean): Router {
  const router = express.Router()
  router.use(jsonBody(httpLimits.demoBodyBytesMax))

  const ofRequest = (req: Request): Conversation | null => {
    const id = cookieOf(req)
    return id === null ? null : conversations.find(id)
  }
  const withConversation =
    (act: (conversation: Conversation, req: Request, res: Response) => unknown) =>
    async (req: Request, res: Response) => {
      const conversation = ofRequest(req)
      if (conversation === null) return refuse(res, 'conversation_gone')
      await act(conversation, req, res)
    }

  router.post('/conversation', (req, res) => {
    const fresh = req.body?.fresh === true
    const before = ofRequest(req)
    if (fresh && before) conversations.leave(before)
    const known = fresh ? null : before
    const lost = known === null && cookieOf(req) !== null && !fresh
    const conversation = known ?? conversations.begin()
    if (lost)
      conversation.add({
        kind: 'notice',
        text: 'The shop’s server was started again. It keeps no conversations, so this is a new one.',
      })
    res.cookie(cookieName, conversation.id, { httpOnly: true, sameSite: 'strict', secure: secureCookie, path: '/' })
    const answer: ConversationAnswer = {
      id: conversation.id,
      lost,
      catalogue: catalogue.map(({ id, name, line, price }) => ({ id, name, line, price })),
    }
    res.json(answer)
  })

  router.post(
    '/say',
    withConversation((conversation, req, res) => {
      const text: unknown = req.body?.text
      if (typeof text !== 'string' || text.trim() === '' || text.length > textLengthMax) return refuse(res, 'malformed')
      conversation.heard += 1
      if (conversation.heard > messagesMax) return refuse(res, 'enough')
      conversation.agent.hear(text.trim())
      res.status(202).json({})
    }),
  )

  router.post(
    '/form',
    withConversation(async (conversation, req, res) => {
      const id: unknown = req.body?.capture_id
      const secret = typeof id === 'string' ? await conversation.agent.formSecret(id).catch(() => null) : null
      if (secret === null) return refuse(res, 'form_gone')
      const answer: FormSecretAnswer = { client_secret: secret }
      res.set('cache-control', 'no-store').json(answer)
    }),
  )

  // The form did not come to this page. Asked again while its link is good, the answer is the same.
  router.post(
    '/form-link',
    withConversation(async (conversation, req, res) => {
      const id: unknown = req.body?.capture_id
      const link = typeof id === 'string' ? await conversation.agent.formLink(id).catch(() => null) : null
      if (link === null) return refuse(res, 'form_gone')
      res.set('cache-control', 'no-store').json(link satisfies FormLinkAnswer)
    }),
  )

  // The page's hint, sent on `sallyport:guard`: a card was kept from being sent, and the customer chose the form.
  router.post(
    '/would-use-form',
    withConversation((conversation, _req, res) => {
      conversation.agent.wouldUseForm()
      res.status(202).json({})
    }),
  )

  // The page's hint, sent on `sallyport:complete`. The agent compares it; nothing hangs on it.
  router.post(
    '/hint',
    withConversation((conversation, req, res) => {
      const { capture_id: id, token } = req.body ?? {}
      if (typeof id === 'string' && typeof token === 'string') conversation.agent.pageSays(id, token)
      res.status(202).json({})
    }),
  )

  router.get(
    '/received',
    withConversation((conversation, _req, res) => {
      res.json({ received: conversation.entries.filter((entry) => entry.kind === 'received') })
    }),
  )

  router.get(
    '/talk',
    withConversation((conversation, req, res) => stream(conversation, req, res)),
  )
  return router
}

const cookieOf = (req: Request): string | null =>
  new RegExp(`(?:^|; )${cookieName}=(chat_[a-z]{26})(?:;|$)`).exec(req.headers.cookie ?? '')?.[1] ?? null

function stream(conversation: Conversation, req: Request, res: Response): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  const send = (entry: Entry): void => {
    res.write(`id: ${entry.n}\ndata: ${JSON.stringify(entry)}\n\n`)
  }
  const tellTyping = (): void => {
    res.write(`event: typing\ndata: ${JSON.stringify(conversation.typing)}\n\n`)
  }
  const after = Number(req.headers['last-event-id'] ?? 0)
  for (const entry of conversation.entries) if (entry.n > after) send(entry)
  res.write('event: caught_up\ndata: true\n\n')
  tellTyping()
  const quiet = conversation.listen((entry) => (entry ? send(entry) : tellTyping()))
  const beat = setInterval(() => {
    conversation.lastSeen = Date.now()
    res.write(': still here\n\n')
  }, 15_000)
  res.on('close', () => {
    clearInterval(beat)
    quiet()
  })
}
