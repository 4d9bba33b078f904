/**
 * rewrap: data keys that are wrapped to one epoch are wrapped to another, in batches and without a grant. It is the one
 * unwrapping that needs none (with that of credentials), because no data key leaves: what comes is wrapped, and so is what
 * goes, under the same context. The intent is durable before the first key is unwrapped, one entry a batch.
 */
import { setImmediate } from 'node:timers/promises'
import { seal } from '../../crypto/hpke-node.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { AuditFact } from '../audit/entries.ts'
import type { Epoch, EpochSymmetric, KeyStore } from '../keys/store.ts'
import { wrapInfo } from '../records/format.ts'
import type { RewrapAnswer } from '../records/keyd-calls.ts'
import { packAnswer } from '../records/rewrap-batch.ts'
import type { KeydAudit } from './audit-log.ts'
import { reasonOf } from './open.ts'
import { parseRewrap } from './parse.ts'
import { Refusal } from './refusal.ts'
import { isSettled, unsettle, unwrapBound } from './unwrap.ts'

export interface RewrapDeps {
  store: KeyStore
  audit: KeydAudit
}

/** For so long other callers wait: an opening that comes meanwhile is not to feel the batch. */
const sliceMs = 4

/** A record that does not unwrap is left out of the answer and counted; every other error refuses the whole batch. */
export async function rewrapBatch(
  body: unknown,
  requestId: string,
  { store, audit }: RewrapDeps,
): Promise<RewrapAnswer> {
  const say = { actor: 'keeper', action: 'rewrap' } as const
  let facts: Pick<AuditFact, 'request_id' | 'object' | 'count'> = { request_id: requestId }
  try {
    const { from: fromId, to: toId, records } = parseRewrap(body)
    facts = { ...facts, object: `${fromId.toString('hex')} ${toId.toString('hex')}`, count: records.length }
    const [from, to] = [await store.epoch(fromId), await store.epoch(toId)]
    if (from === null || to === null) throw new Refusal('unknown_key')
    // Credentials open without a grant: a card that came to a key of theirs would.
    if (from.purpose !== to.purpose || from.kekId.equals(to.kekId)) throw new Refusal('wrong_key_purpose')
    audit.assertKept()
    await audit.add({ ...say, ...facts, result: 'intent' })
    const wraps = await rewrapAll(store, from, to, records)
    const moved = wraps.filter((wrap) => wrap !== null).length
    audit.trail({ ...say, ...facts, result: 'done', count: moved })
    if (moved < wraps.length)
      audit.trail({ ...say, ...facts, result: 'failed', reason: 'does_not_unwrap', count: wraps.length - moved })
    return { wraps: packAnswer(wraps) }
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) throw error
    await audit.refused({ ...say, ...facts, result: 'refused', reason })
    throw new SallyportError(reason === 'malformed_request' ? 'request.malformed' : 'auth.forbidden')
  }
}

/** What a batch needs of the two keys, asked of the store once: a key that is destroyed meanwhile has no record left in any batch. */
interface Keys {
  store: KeyStore
  from: Epoch
  fromSymmetric: EpochSymmetric | null
  to: Epoch
  toSymmetric: EpochSymmetric | null
}

async function rewrapAll(
  store: KeyStore,
  from: Epoch,
  to: Epoch,
  records: readonly { context: Buffer; wrappedDek: Buffer }[],
): Promise<(Buffer | null)[]> {
  const [fromSymmetric, toSymmetric] = [await store.symmetric(from.kekId), await store.symmetric(to.kekId)]
  const keys: Keys = { store, from, fromSymmetric, to, toSymmetric }
  const wraps: (Buffer | null)[] = []
  let sliceEnds = performance.now() + sliceMs
  for (const record of records) {
    const wrap = rewrapOne(keys, record)
    wraps.push(wrap instanceof Promise ? await wrap : wrap)
    if (performance.now() < sliceEnds) continue
    await setImmediate()
    sliceEnds = performance.now() + sliceMs
  }
  return wraps
}

/** Settled to settled waits for nothing: a promise a record would be a tenth of its time. */
function rewrapOne(
  keys: Keys,
  record: { context: Buffer; wrappedDek: Buffer },
): Promise<Buffer | null> | Buffer | null {
  if (!isSettled(record.wrappedDek)) return rewrapFromPublicKey(keys, record)
  try {
    return wrapAndWipe(keys, record.context, unsettle(keys.fromSymmetric, record.context, record.wrappedDek))
  } catch (error) {
    return nullFor(error)
  }
}

async function rewrapFromPublicKey(
  keys: Keys,
  { context, wrappedDek }: { context: Buffer; wrappedDek: Buffer },
): Promise<Buffer | null> {
  try {
    return wrapAndWipe(keys, context, await unwrapBound(keys.store, keys.from, context, wrappedDek))
  } catch (error) {
    return nullFor(error)
  }
}

/** Only of a record that does not unwrap. */
function nullFor(error: unknown): null {
  if (error instanceof Refusal && error.reason === 'does_not_unwrap') return null
  throw error
}

function wrapAndWipe({ to, toSymmetric }: Keys, context: Buffer, dek: Buffer): Buffer {
  try {
    return toSymmetric === null ? wrapTo(to, context, dek) : toSymmetric.seal(context, dek)
  } finally {
    dek.fill(0)
  }
}

/** As intake wraps. */
function wrapTo({ suite, publicKey }: Epoch, context: Uint8Array, dek: Uint8Array): Buffer {
  const info = wrapInfo(context)
  const { enc, ciphertext } = seal({ kem: suite, publicKey, info, aad: new Uint8Array(0), plaintext: dek })
  return Buffer.concat([enc, ciphertext])
}
