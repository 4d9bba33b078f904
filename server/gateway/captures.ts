import * as z from 'zod/mini'
import {
  type CaptureAnswer,
  captureAnswer,
  clientSecretAnswer,
  createCaptureAnswer,
  createCaptureRequest,
  suspendRequest,
} from '../../protocol/agent-http.ts'
import type { CaptureState } from '../../protocol/capture-states.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { callerId } from '../../protocol/events.ts'
import { idPattern, makeId } from '../../protocol/ids.ts'
import type { InnerCreateCapture } from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import { secretHash } from './derive.ts'
import { bound } from './idempotency.ts'
import type { CaptureCommandName } from './inner-calls.ts'
import { askForLink, type LinkParts, linkOf } from './links.ts'
import type { Sign } from './permissions.ts'
import { type Call, type Route, route } from './routes.ts'

/** Captures: the gateway makes id, client secret and ticket; intake keeps the capture. No digits are ever here. */
export interface CaptureParts extends LinkParts {
  sign: Sign
}

const id = idPattern('cap_')
const captureList = z.strictObject({ captures: z.array(captureAnswer) })
const listQuery = z.strictObject({ conversation: callerId(limits.conversationLengthMax) })
const one = { 200: { say: 'The capture.', shape: captureAnswer } }

export function captureRoutes(parts: CaptureParts): Route[] {
  const { intake, derive, sign } = parts
  /** The link of a capture that was asked for by link: the first one, or on a replay the one that opens now. */
  const firstLink = async (tenant: string, capture: CaptureAnswer, requestId: string) => {
    try {
      const made = await askForLink(parts, { tenant, capture: capture.id, after: 0, requestId })
      return { link: linkOf(parts, capture.id, made), state: made.capture.state }
    } catch (error) {
      // A capture that has ended before it had a link gets none.
      if (!(error instanceof SallyportError) || error.code !== 'system.conflict') throw error
      return { link: null, state: capture.state }
    }
  }

  const create = async (call: Call<z.infer<typeof createCaptureRequest>>) => {
    const { tenant, body, idempotencyKey: key, requestId } = call
    const path = 'POST /v1/captures'
    const captureId = key === undefined ? makeId('cap_') : derive.id('cap_', tenant, path, key)
    const request: InnerCreateCapture = {
      tenant,
      capture_id: captureId,
      client_secret_hash: secretHash(derive.clientSecret(captureId, 1)),
      ticket: await sign.ticket(tenant, captureId),
      request: body,
      ...(key !== undefined && { idempotency: bound(derive, tenant, path, key, body) }),
    }
    const { capture, secret_version: version, replayed } = await intake.createCapture(request, requestId)
    const answer: z.infer<typeof createCaptureAnswer> = {
      id: capture.id,
      // Derived from the version that intake has: a replay gives the secret that is valid now.
      client_secret: derive.clientSecret(capture.id, version),
      state: capture.state,
      link: null,
      expires_at: capture.expires_at,
      ...(body.channel === 'link' && (await firstLink(tenant, capture, requestId))),
    }
    return { status: replayed ? 200 : 201, body: answer, replayed } as const
  }

  /** Commands are goals: one that has been reached already is an answer, not a conflict. */
  const command =
    (name: CaptureCommandName, reached: (state: CaptureState) => boolean) =>
    async ({ tenant, id, body, requestId }: Call<z.infer<typeof suspendRequest>>) => {
      const reason = name === 'suspend' ? (body.reason ?? 'question') : undefined
      try {
        return { status: 200, body: await intake.commandCapture(tenant, id, name, reason, requestId) } as const
      } catch (error) {
        if (!(error instanceof SallyportError) || error.code !== 'system.conflict') throw error
        const { capture } = await intake.getCapture(tenant, id, requestId)
        if (!reached(capture.state)) throw error
        return { status: 200, body: capture } as const
      }
    }

  const freshSecret = async ({ tenant, id, requestId }: Call) => {
    let conflict: unknown
    // Somebody else may ask at the same moment; the version tells.
    for (let known = -1, tries = 0; tries < 3; tries += 1) {
      const { secret_version: version } = await intake.getCapture(tenant, id, requestId)
      if (version === known) break
      known = version
      const secret = derive.clientSecret(id, version + 1)
      try {
        const end = await intake.freshSecret(tenant, id, version, secretHash(secret), requestId)
        const body: z.infer<typeof clientSecretAnswer> = { id, client_secret: secret, expires_at: end }
        return { status: 200, body } as const
      } catch (error) {
        if (!(error instanceof SallyportError) || error.code !== 'system.conflict') throw error
        conflict = error
      }
    }
    throw conflict
  }

  return [
    route({
      method: 'post',
      path: '/v1/captures',
      operation: 'createCapture',
      tag: 'Captures',
      summary: 'Ask for a card',
      description:
        'Makes a capture: one request for card data inside a conversation. Hand `id` and `client_secret` to the chat ' +
        'page, never to a model. With `channel: link` it also has a `link` for another device. With an `Idempotency-Key`, the same request gives the same capture and secret.',
      idempotency: 'optional',
      body: createCaptureRequest,
      answers: {
        201: { say: 'A new capture.', shape: createCaptureAnswer },
        200: {
          say: 'The capture that this Idempotency-Key made before.',
          shape: createCaptureAnswer,
          replayable: true,
        },
      },
      refusals: [
        'request.idempotency_conflict',
        'request.idempotency_in_flight',
        'request.not_found',
        'channel.origin',
        'policy.account_not_allowed',
        'policy.channel_not_allowed',
        'policy.purpose_not_allowed',
      ],
      handle: create,
    }),
    route({
      method: 'get',
      path: '/v1/captures',
      operation: 'listCaptures',
      tag: 'Captures',
      summary: 'The captures of a conversation',
      description: `For an agent that was restarted and knows its conversation alone: the newest ${limits.eventsPageMax}.`,
      query: listQuery,
      answers: { 200: { say: 'The captures, newest first.', shape: captureList } },
      refusals: [],
      handle: async ({ tenant, query, requestId }) => ({
        status: 200,
        body: { captures: await intake.listCaptures(tenant, query.conversation, requestId) },
      }),
    }),
    route({
      method: 'get',
      path: '/v1/captures/:id',
      operation: 'getCapture',
      tag: 'Captures',
      summary: 'A capture',
      id,
      answers: one,
      refusals: ['request.not_found'],
      handle: async (call) => ({
        status: 200,
        body: (await intake.getCapture(call.tenant, call.id, call.requestId)).capture,
      }),
    }),
    route({
      method: 'post',
      path: '/v1/captures/:id/cancel',
      operation: 'cancelCapture',
      tag: 'Captures',
      summary: 'Take the request back',
      id,
      body: z.strictObject({}),
      answers: one,
      refusals: ['request.not_found', 'system.conflict'],
      handle: command('cancel', (state) => state === 'canceled'),
    }),
    route({
      method: 'post',
      path: '/v1/captures/:id/suspend',
      operation: 'suspendCapture',
      tag: 'Captures',
      summary: 'Pause, for instance while a question is answered',
      id,
      body: suspendRequest,
      answers: one,
      refusals: ['request.not_found', 'system.conflict'],
      handle: command('suspend', (state) => state === 'suspended'),
    }),
    route({
      method: 'post',
      path: '/v1/captures/:id/resume',
      operation: 'resumeCapture',
      tag: 'Captures',
      summary: 'Go on after a pause',
      id,
      body: z.strictObject({}),
      answers: one,
      refusals: ['request.not_found', 'system.conflict'],
      handle: command('resume', (state) => state === 'created' || state === 'offered' || state === 'collecting'),
    }),
    route({
      method: 'post',
      path: '/v1/captures/:id/client_secret',
      operation: 'createClientSecret',
      tag: 'Captures',
      summary: 'A fresh client secret',
      description: 'The one before it ends at once.',
      id,
      body: z.strictObject({}),
      answers: { 200: { say: 'The secret and its end.', shape: clientSecretAnswer } },
      refusals: ['request.not_found', 'system.conflict'],
      handle: freshSecret,
    }),
  ]
}
