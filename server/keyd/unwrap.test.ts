import { expect, test } from 'vitest'
import { generateKeyPair } from '../../crypto/hpke-node.ts'
import { type Epoch, type KeyStore, KeyStoreError, type KeyStoreFailure } from '../keys/store.ts'
import { kekId } from '../records/format.ts'
import { recordFor } from '../keys/testing/contract-record.ts'
import { unwrap } from './unwrap.ts'

const { publicKey } = generateKeyPair('p256')
const epoch: Epoch = { kekId: kekId(publicKey), suite: 'p256', purpose: 'card', publicKey, createdMs: 0 }

/** A store that has the epoch and fails at its step. */
const failing = (error: Error): KeyStore => ({
  epoch: async () => epoch,
  dh: () => Promise.reject(error),
  symmetric: async () => null,
  mac: () => Promise.reject(error),
  create: () => Promise.reject(error),
  destroy: () => Promise.reject(error),
  list: async () => [epoch],
})
const tryWith = (error: Error): Promise<unknown> => {
  const { context, wrappedDek } = recordFor(epoch)
  return unwrap(failing(error), epoch.kekId, context, wrappedDek)
}

test.each<[KeyStoreFailure, Record<string, string>]>([
  ['bad_point', { reason: 'does_not_unwrap' }],
  ['unknown_epoch', { reason: 'unknown_key' }],
  ['hsm_away', { code: 'system.unavailable' }],
  ['hsm_token', { code: 'system.unavailable' }],
])('a store that says %s is answered by %j', async (failure, answer) => {
  await expect(tryWith(new KeyStoreError(failure))).rejects.toMatchObject(answer)
})

test('what a store says by accident is no word about the record', async () => {
  await expect(tryWith(new Error('broken'))).rejects.toMatchObject({ code: 'system.unavailable' })
})
