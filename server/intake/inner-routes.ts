import { captureId, suspendRequest, tokenId } from '../../protocol/agent-http.ts'
import type { Capture, CaptureCommand } from '../../protocol/capture.ts'
import { hasEnded } from '../../protocol/capture-states.ts'
import { SallyportError } from '../../protocol/errors.ts'
import { callerId } from '../../protocol/events.ts'
import {
  innerCaptureCommand,
  innerClientSecret,
  innerCreateCapture,
  innerErase,
  innerLeak,
  innerLink,
  tenantId,
} from '../../protocol/inner-http.ts'
import { limits } from '../../protocol/limits.ts'
import type { InnerRequest, InnerRoutes } from '../doors/inner-door.ts'
import type { Intake } from './context.ts'
import { createCapture } from './create.ts'
import { eraser } from './erase.ts'
import { feed } from './feed.ts'
import { keepLeak } from './leak.ts'
import { makeLink } from './make-link.ts'
import { ownCapture, toAnswer } from './own-capture.ts'
import { parse } from './shapes.ts'
import { change, type StoredCapture } from './store.ts'
import { testRoutes } from './test-routes.ts'

const conversationId = callerId(limits.conversationLengthMax)

export function innerRoutes(intake: Intake): InnerRoutes {
  const erase = eraser(intake)
  const gatewayOnly = (handle: (body: unknown, request: InnerRequest) => Promise<unknown>) => ({
    callers: ['gateway' as const],
    handle,
  })

  /** Reads the capture first, so that another tenant's looks like none. */
  const command = (
    make: (
      stored: StoredCapture,
      body: { reason?: 'question' | 'handoff' | 'switching' | undefined },
    ) => CaptureCommand[],
  ) =>
    gatewayOnly(async (raw, { params }) => {
      const body = parse(innerCaptureCommand, raw)
      const { metadata } = await ownCapture(intake, body.tenant, params['id'] ?? '')
      const capture = await change(intake.db, params['id'] ?? '', (stored) => make(stored, body))
      return { capture: toAnswer(capture, metadata) }
    })

  return {
    'POST /captures': gatewayOnly((body) => createCapture(intake, parse(innerCreateCapture, body))),
    'GET /captures': gatewayOnly(async (_body, { query }) => {
      const { rows } = await intake.db.query<{ body: Capture; metadata: Record<string, string> | null }>({
        name: 'captures_of',
        text: 'select * from captures_of($1, $2, $3)',
        values: [
          parse(tenantId, query.get('tenant')),
          parse(conversationId, query.get('conversation')),
          limits.eventsPageMax,
        ],
      })
      return { captures: rows.map((row) => toAnswer(row.body, row.metadata)) }
    }),
    'GET /captures/:id': gatewayOnly(async (_body, { query, params }) => {
      const stored = await ownCapture(intake, parse(tenantId, query.get('tenant')), params['id'] ?? '')
      return { capture: toAnswer(stored.capture, stored.metadata), secret_version: stored.secretVersion }
    }),
    'POST /captures/:id/cancel': command((stored) =>
      hasEnded(stored.capture.state) && stored.capture.state === 'canceled' ? [] : [{ kind: 'cancel', by: 'agent' }],
    ),
    'POST /captures/:id/suspend': command((_stored, body) => [
      { kind: 'suspend', reason: parse(suspendRequest, { reason: body.reason }).reason ?? 'question' },
    ]),
    'POST /captures/:id/resume': command(() => [{ kind: 'resume' }]),
    'POST /captures/:id/client_secret': gatewayOnly(async (raw, { params }) => {
      const body = parse(innerClientSecret, raw)
      const stored = await ownCapture(intake, body.tenant, params['id'] ?? '')
      const { rows } = await intake.db.query({
        name: 'capture_secret',
        text: 'select capture_secret($1, $2, $3, $4) as done',
        values: [
          stored.capture.id,
          body.secret_version,
          Buffer.from(body.client_secret_hash, 'base64url'),
          limits.clientSecretTtlMs,
        ],
      })
      if (rows[0]?.done !== true) throw new SallyportError('system.conflict')
      return { expires_at: new Date(intake.now() + limits.clientSecretTtlMs).toISOString() }
    }),
    'POST /captures/:id/link': gatewayOnly((raw, { params }) =>
      makeLink(intake, parse(captureId, params['id']), parse(innerLink, raw)),
    ),
    'POST /leaks': gatewayOnly((raw) => keepLeak(intake, parse(innerLeak, raw))),
    'POST /tokens/:id/erase': gatewayOnly((raw, { params }) =>
      erase(parse(innerErase, raw).tenant, parse(tokenId, params['id'])),
    ),
    'GET /feed': gatewayOnly((_body, { query, signal }) => feed(intake, query, signal)),
    ...(intake.config.mode === 'sandbox' ? testRoutes(intake) : {}),
  }
}
