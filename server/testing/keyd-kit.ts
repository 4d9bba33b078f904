/**
 * A keyd for tests: a fresh database and key store, the keys of all its callers, and makers of tokens, grants and
 * requests whose every part can be wrong. Starts keyd in-process, as often as a test wants.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { makeId } from '../../protocol/ids.ts'
import { type AuditEntry, parseEntry } from '../audit/entries.ts'
import type { Jwk, KeydConfig } from '../config.ts'
import { type InnerCall, innerClient } from '../doors/inner-client.ts'
import type { GrantClaims, TicketClaims } from '../grants/claims.ts'
import { signGrant, signTicket } from '../grants/sign.ts'
import { thumbprint } from '../grants/thumbprint.ts'
import { startKeyd } from '../keyd/start.ts'
import { createFileStore } from '../keys/file.ts'
import type { Epoch } from '../keys/store.ts'
import type { Log } from '../log.ts'
import { kekId, type Mandate, type RecordContext, recordSuite, recordVersion } from '../records/format.ts'
import {
  type CvcKeyRef,
  type FingerprintAnswer,
  type OpenAnswer,
  type OpenCall,
  toWireContext,
  type WireRecord,
} from '../records/keyd-calls.ts'
import { makeReplyKey, type ReplyKey } from '../records/reply.ts'
import { type SealedRecord, sealRecord } from '../records/seal.ts'
import { testDatabases } from './postgres.ts'
import { signsForKeyd } from './signs-for-keyd.ts'

export const makeJwk = (): Jwk => {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { kty: 'OKP', crv: 'Ed25519', x, d }
}
const publicOf = ({ kty, crv, x }: Jwk): Jwk => ({ kty, crv, x })
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} }
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

export interface SealedToken {
  token: string
  context: RecordContext
  record: SealedRecord
}

export interface KeydInstance {
  /** Of its door. */
  socket: string
  egress: InnerCall
  intake: InnerCall
  keeper: InnerCall
  /** Presents a grant and the records and gives back the opened data keys. */
  open(
    grant: string,
    records: readonly WireRecord[],
    reply?: ReplyKey,
  ): Promise<OpenAnswer & { card: Buffer | null; cvcDek: Buffer | null }>
  fingerprint(options?: { ticket?: string; inner?: Uint8Array; cvc?: boolean }): Promise<FingerprintAnswer>
  close(): Promise<void>
}

export async function makeKeydKit() {
  const databases = await testDatabases(['keyd'])
  const folder = mkdtempSync(join(tmpdir(), 'keyd-'))
  const keyStore = `file:${join(folder, 'keys')}`
  const store = await createFileStore(keyStore)
  const cards = await store.create({ suite: 'x25519', purpose: 'card' })
  const credentials = await store.create({ suite: 'x25519', purpose: 'credential' })
  const keys = {
    grant: makeJwk(),
    ticket: makeJwk(),
    keyd: makeJwk(),
    egress: makeJwk(),
    intake: makeJwk(),
    keeper: makeJwk(),
  }
  const db = new pg.Pool({ connectionString: databases.superUrl('keyd'), max: 4 })
  const signs = signsForKeyd(db)
  const tenant = makeId('ten_')

  const config = (name: string): KeydConfig => ({
    role: 'keyd',
    mode: 'sandbox',
    database_url: databases.keyd.url('keyd'),
    inner_socket: join(folder, name, 's'),
    key_store: keyStore,
    request_key: keys.keyd,
    callers: { egress: publicOf(keys.egress), intake: publicOf(keys.intake), keeper: publicOf(keys.keeper) },
    grant_public: publicOf(keys.grant),
    ticket_public: publicOf(keys.ticket),
  })

  const defaultMandate: Mandate = {
    uses: 1,
    amountMax: 5_000,
    currency: 'EUR',
    account: 'acct_a',
    notAfterMs: Date.now() + 3_600_000,
    maxOpens: 3,
  }

  const token = (
    more: { mandate?: Partial<Mandate>; epoch?: Epoch; context?: Partial<RecordContext> } = {},
  ): SealedToken => {
    const id = makeId('tok_test_')
    const context: RecordContext = {
      version: recordVersion,
      suite: recordSuite,
      mode: 'sandbox',
      tenant,
      token: id,
      class: 'card',
      createdMs: Date.now(),
      mandate: { ...defaultMandate, ...more.mandate },
      ...more.context,
    }
    const { suite, publicKey, kekId: id8 } = more.epoch ?? cards
    return { token: id, context, record: sealRecord(Buffer.from('a card'), context, { suite, publicKey, kekId: id8 }) }
  }

  const wire = (sealed: SealedToken, more: Partial<WireRecord> = {}): WireRecord => ({
    class: sealed.context.class,
    context: toWireContext(sealed.context),
    kek_id: base64url(sealed.record.kekId),
    wrapped_dek: base64url(sealed.record.wrappedDek),
    ...more,
  })

  /** A CVC's record under a one-time key, for the same token and mandate. */
  const cvcWire = (sealed: SealedToken, key: CvcKeyRef & { public_key: string }): WireRecord => {
    const context: RecordContext = { ...sealed.context, class: 'cvc' }
    const publicKey = Buffer.from(key.public_key, 'base64url')
    const record = sealRecord(Buffer.from('123'), context, { suite: 'x25519', publicKey, kekId: kekId(publicKey) })
    return { ...wire({ token: sealed.token, context, record }), cvc_key: { id: key.id, instance: key.instance } }
  }

  const claims = (sealed: SealedToken, more: Partial<GrantClaims> = {}): GrantClaims => {
    const iat = Math.floor(Date.now() / 1000)
    return {
      iss: 'gateway',
      aud: 'keyd',
      jti: randomUUID(),
      iat,
      exp: iat + 60,
      mode: 'sandbox',
      tenant,
      token: sealed.token,
      classes: ['card'],
      charge: makeId('chg_'),
      operation: 'sale',
      attempt: 1,
      amount_minor: 5_000,
      currency: 'EUR',
      account: 'acct_a',
      egress: thumbprint(keys.egress),
      ...more,
    }
  }
  const grant = (sealed: SealedToken, more: Partial<GrantClaims> = {}, by: Jwk = keys.grant): Promise<string> =>
    signGrant(claims(sealed, more), by)

  const ticket = (more: Partial<TicketClaims> = {}, by: Jwk = keys.ticket): Promise<string> => {
    const iat = Math.floor(Date.now() / 1000)
    return signTicket(
      {
        iss: 'gateway',
        aud: 'keyd',
        jti: randomUUID(),
        iat,
        exp: iat + 3_900,
        mode: 'sandbox',
        tenant,
        capture: makeId('cap_'),
        ...more,
      },
      by,
    )
  }

  const start = async ({
    opensPerMinuteMax,
    say,
    ...options
  }: {
    now?: () => number
    opensPerMinuteMax?: number
    /** What keyd logs as an error. */
    say?: Log['error']
  } = {}): Promise<KeydInstance> => {
    const own = config(randomUUID().slice(0, 8))
    if (opensPerMinuteMax !== undefined) own.opens_per_minute_max = opensPerMinuteMax
    const log = say === undefined ? quiet : { ...quiet, error: say }
    const running = await startKeyd(own, { log, ...options })
    const peer = { socket: own.inner_socket, audience: 'keyd' } as const
    const egress = innerClient({ peer, issuer: 'egress', key: keys.egress, ...options })
    const intake = innerClient({ peer, issuer: 'intake', key: keys.intake, ...options })
    const keeper = innerClient({ peer, issuer: 'keeper', key: keys.keeper, ...options })
    return {
      socket: own.inner_socket,
      egress,
      intake,
      keeper,
      open: async (jws, records, reply = makeReplyKey()) => {
        const call: OpenCall = { grant: jws, records: [...records], reply_key: reply.publicKey }
        // Sound in a test: keyd's own answer, whose type its callers share.
        const answer = (await egress('POST', '/open', call)) as OpenAnswer
        const { jti } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString())
        const opened = (name: 'card' | 'cvc') => {
          const key = answer.keys[name]
          return key === undefined ? null : reply.open(key, jti, name)
        }
        return { ...answer, card: opened('card'), cvcDek: opened('cvc') }
      },
      fingerprint: async ({ ticket: jws, inner = new Uint8Array(32), cvc = false } = {}) =>
        // Sound for the same reason.
        (await intake('POST', '/fingerprint', {
          ticket: jws ?? (await ticket()),
          inner: base64url(inner),
          cvc,
        })) as FingerprintAnswer,
      close: async () => {
        for (const call of [egress, intake, keeper]) call.close()
        await running.close()
      },
    }
  }

  /** The log in the order it was written, whether numbered yet or not. */
  const entries = async (): Promise<AuditEntry[]> => {
    const { rows } = await db.query<{ entry: string }>('select a.entry from audit a order by a.id')
    return rows.map(({ entry }) => {
      const parsed = parseEntry(entry)
      if (parsed === null) throw new Error('an entry that is none')
      return parsed
    })
  }

  return {
    cards,
    credentials,
    keys,
    tenant,
    store,
    db,
    databases,
    token,
    wire,
    cvcWire,
    claims,
    grant,
    ticket,
    start,
    entries,
    /** From now on checkpoints come, or none. */
    keeper: signs.there,
    close: async () => {
      signs.close()
      await db.end()
      await databases.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type KeydKit = Awaited<ReturnType<typeof makeKeydKit>>
