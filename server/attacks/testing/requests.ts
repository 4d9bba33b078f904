/**
 * Requests of every inner door with which nothing is wrong: tokens, grants, tickets and records are good, and their lawful
 * caller is answered. So that whoever else sends them is refused for who it is, and for nothing else.
 */
import { createHash, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { lettersFrom, makeId } from '../../../protocol/ids.ts'
import type { Role } from '../../config.ts'
import { doorSocket, ownSocket } from '../../database/run-folder.ts'
import { thumbprint } from '../../grants/thumbprint.ts'
import { toWireContext } from '../../records/keyd-calls.ts'
import { makeReplyKey } from '../../records/reply.ts'
import { leak } from '../../hostile/bodies.ts'
import { callersOf } from '../../supervisor/walls.ts'
import { ticketFor } from '../../testing/vault.ts'
import { grantFor } from './as-gateway.ts'
import type { Knock } from './door.ts'
import { contextOf, everyRecord } from './records.ts'
import type { World } from './world.ts'

export interface GoodRequest extends Pick<Knock, 'callee' | 'method' | 'path' | 'body'> {
  /** Who may ask it. */
  caller: Role
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** In an order in which all can be asked once. Grants among them live a minute. */
export async function goodRequests(world: World, vault: pg.ClientBase): Promise<GoodRequest[]> {
  const { tenant, secrets } = world
  const [opened, charged, { id: capture }] = [await world.token(), await world.token(), await world.capture()]
  const row = (await everyRecord(vault)).find(({ id }) => id === opened)
  const { rows } = await vault.query('select * from credentials')
  const [credential] = rows
  if (row === undefined || credential === undefined) throw new Error('the vault has no record of it')
  const chargeId = `chg_${lettersFrom(createHash('sha512').update(randomUUID()).digest())}`
  const signing = { mode: 'sandbox' as const, grant_key: secrets.grant }
  const granted = { tenant, account: row.account, egress: thumbprint(secrets.request.egress) }
  const reply_key = makeReplyKey().publicKey
  const { kek_id, wrapped_dek } = row
  const made = makeId('cap_')
  const ticket = await ticketFor(secrets, tenant, capture)
  const payment = { token: charged, amount_minor: 8_000, currency: 'EUR' }
  const record = {
    context: toWireContext({
      ...{ version: credential.version, suite: credential.suite, mode: 'sandbox', tenant, token: credential.account },
      ...{ class: 'credential', createdMs: Number(credential.created_ms), mandate: null },
    }),
    kek_id: credential.kek_id.toString('base64url'),
    wrapped_dek: credential.wrapped_dek.toString('base64url'),
  }
  const ask = (caller: Role, callee: Role, path: string, body?: unknown): GoodRequest => ({
    ...{ caller, callee, path, body },
    method: body === undefined ? 'GET' : 'POST',
  })
  return [
    ask('gateway', 'egress', '/charges/terms', { tenant, token: charged, charge_id: chargeId }),
    ask('gateway', 'egress', '/charges', {
      ...{ tenant, charge_id: chargeId, request: payment },
      idempotency: { key: digest(chargeId), body: digest('{}') },
      grant: await grantFor(signing, { ...granted, ...payment, charge: chargeId }),
    }),
    ask('gateway', 'intake', '/captures', {
      ...{ tenant, capture_id: made, client_secret_hash: digest(made), ticket: await ticketFor(secrets, tenant, made) },
      request: { conversation: 'talk-1', purpose: 'pay', amount: { amount_minor: 8_000, currency: 'EUR' } },
    }),
    ask('gateway', 'intake', `/captures/${capture}/cancel`, { tenant }),
    ask('egress', 'keyd', '/open', {
      grant: await grantFor(signing, { ...granted, token: opened }),
      records: [{ class: 'card', context: toWireContext(contextOf(row)), kek_id, wrapped_dek }],
      reply_key,
    }),
    ask('egress', 'keyd', '/credential', { record, reply_key }),
    ask('egress', 'keyd', '/used-up', { token: opened }),
    ask('intake', 'keyd', '/fingerprint', { ticket, inner: Buffer.alloc(32).toString('base64url'), cvc: false }),
    ask('intake', 'keyd', '/fingerprints', {
      calls: [{ ticket, inner: Buffer.alloc(32).toString('base64url'), cvc: false, request_id: makeId('req_') }],
    }),
    ask('intake', 'keyd', '/cvc/key', { ticket }),
    ask('keeper', 'keyd', '/audit/entries'),
    ask('keeper', 'keyd', '/tombstone', { token: opened, tenant }),
    ask('gateway', 'intake', '/leaks', {
      ...{ tenant, event_id: makeId('evt_'), key: `key_${'a'.repeat(26)}`, request_id: makeId('req_') },
      report: leak,
    }),
    ask('gateway', 'intake', `/tokens/${opened}/erase`, { tenant }),
  ]
}

export interface Attempt extends Knock {
  /** With which code it must be refused. */
  expected: 'EACCES' | 'auth.unauthenticated' | 'auth.forbidden'
}

/**
 * Each of these requests by `who`, at every socket of its door, in its own name and in the lawful caller's; without those
 * that are its own to ask. `users`: whether each process has a user of its own, so that most sockets are out of its reach.
 */
export const attemptsOf = (who: Role, requests: readonly GoodRequest[], home: string, users: boolean): Attempt[] =>
  requests.flatMap(({ caller, callee, ...request }) => {
    if (callee === who) return []
    const edges = [null, ...callersOf[callee]]
    return edges.flatMap((edge) =>
      [...new Set([who, caller])].flatMap((issuer): Attempt[] => {
        const socket = edge === null ? ownSocket(home, callee) : doorSocket(home, callee, edge)
        const tried = { ...request, callee, socket, issuer }
        // A folder that only callee and caller may enter; the operator's socket is the callee's alone.
        if (users && edge !== who) return [{ ...tried, expected: 'EACCES' }]
        const heard = issuer === who && callersOf[callee].includes(who) && (edge === null || edge === who)
        if (!heard) return [{ ...tried, expected: 'auth.unauthenticated' }]
        return who === caller ? [] : [{ ...tried, expected: 'auth.forbidden' }]
      }),
    )
  })

export const lawful = ({ caller, callee, path, method, body }: GoodRequest, home: string): Knock => ({
  ...{ callee, path, method, body },
  socket: doorSocket(home, callee, caller),
  issuer: caller,
})
