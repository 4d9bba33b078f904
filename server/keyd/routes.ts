/** keyd's inner door: who may ask what. Each line is one function that knows nothing of HTTP. */
import type pg from 'pg'
import { SallyportError } from '../../protocol/errors.ts'
import { readPage } from '../audit/log-feed.ts'
import type { KeydConfig } from '../config.ts'
import type { InnerHandler, InnerRoutes } from '../doors/inner-door.ts'
import { thumbprint } from '../grants/thumbprint.ts'
import { httpLimits } from '../http-limits.ts'
import type { KeyStore } from '../keys/store.ts'
import type { AuditPage } from '../records/keyd-calls.ts'
import type { KeydAudit } from './audit-log.ts'
import { openCredential } from './credential.ts'
import type { CvcKeys } from './cvc-keys.ts'
import { fingerprinter } from './fingerprint.ts'
import type { Ledger } from './ledger.ts'
import { openToken } from './open.ts'
import { parseAuditQuery, parseCheckpoint, parseCvcSettle } from './parse.ts'
import { Refusal } from './refusal.ts'
import { rewrapBatch } from './rewrap.ts'
import { cvcKeyMaker } from './ticket.ts'
import { tombstoneToken } from './tombstone.ts'
import { usedUp } from './used-up.ts'

export interface KeydParts {
  config: KeydConfig
  store: KeyStore
  pool: pg.Pool
  ledger: Ledger
  audit: KeydAudit
  cvcKeys: CvcKeys
  logId: string
  grantsFromS: number
  now: () => number
}

export function keydRoutes(parts: KeydParts): InnerRoutes {
  const { config, store, ledger, audit, cvcKeys, grantsFromS, now } = parts
  const { mode } = config
  const openDeps = {
    mode,
    store,
    ledger,
    audit,
    cvcKeys,
    grantsFromS,
    now,
    grantPublic: config.grant_public,
    egress: thumbprint(config.callers.egress),
  }
  const ticketDeps = { ...openDeps, ticketPublic: config.ticket_public }
  const fingerprint = fingerprinter(ticketDeps)
  const cvcKey = cvcKeyMaker(ticketDeps)

  return {
    'POST /open': { callers: ['egress'], handle: (body, { requestId }) => openToken(body, requestId, openDeps) },
    'POST /credential': {
      callers: ['egress'],
      handle: (body, { requestId }) => openCredential(body, requestId, { mode, store, audit }),
    },
    'POST /cvc/key': { callers: ['intake'], handle: (body, { requestId }) => cvcKey(body, requestId) },
    'POST /cvc/settle': {
      callers: ['egress'],
      handle: shaped(async (body, { requestId }) => {
        const { cvc_key: ref, charge } = parseCvcSettle(body)
        if (cvcKeys.settle(ref, charge)) {
          audit.trail({ actor: 'egress', action: 'cvc_settle', result: 'done', charge, request_id: requestId })
        }
        return {}
      }),
    },
    'POST /used-up': {
      callers: ['egress'],
      handle: shaped((body, { requestId }) => usedUp(body, requestId, { ledger, audit })),
    },
    'POST /fingerprint': { callers: ['intake'], handle: (body, { requestId }) => fingerprint.one(body, requestId) },
    'POST /fingerprints': { callers: ['intake'], handle: shaped((body) => fingerprint.many(body)) },
    'POST /tombstone': {
      callers: ['keeper'],
      handle: shaped((body, { requestId }) => tombstoneToken(body, requestId, { ledger, audit })),
    },
    'POST /rewrap': {
      callers: ['keeper'],
      bodyBytesMax: httpLimits.rewrapBodyBytesMax,
      handle: (body, { requestId }) => rewrapBatch(body, requestId, { store, audit }),
    },
    'GET /audit/entries': {
      callers: ['keeper'],
      handle: async (_body, { query }): Promise<AuditPage> => {
        const { after, limit } = parseAuditQuery(query)
        const { logId, size, before, rows, head } = await readPage(parts.pool, parts.logId, after, limit)
        const text = (hash: Buffer): string => hash.toString('base64url')
        return { log_id: logId, size, before: before === null ? null : text(before), rows: [...rows], head: text(head) }
      },
    },
    'POST /audit/checkpoint': {
      callers: ['keeper'],
      handle: shaped(async (body) => {
        const { size, checkpoint } = parseCheckpoint(body)
        if (!(await ledger.checkpointKeep(size, checkpoint))) throw new SallyportError('system.conflict')
        return {}
      }),
    },
  }
}

/** For routes without secrets: a shape that is wrong is said. */
const shaped =
  (handle: InnerHandler): InnerHandler =>
  async (body, request) => {
    try {
      return await handle(body, request)
    } catch (error) {
      if (error instanceof Refusal) throw new SallyportError('request.malformed')
      throw error
    }
  }
