/** What every key store holds, whatever keeps its keys: `keyStoreContract('file', makeOne)`. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encBytes, generateKeyPair, type Kem, open, privateDh, seal } from '../../../crypto/hpke-node.ts'
import { unwrap } from '../../keyd/unwrap.ts'
import { kekId } from '../../records/format.ts'
import type { Epoch, KeyStore } from '../store.ts'
import { recordFor } from './contract-record.ts'

export interface StoreUnderTest {
  store: KeyStore
  /** The same keys after a restart of whatever held the store open. */
  reopen(): Promise<KeyStore>
  close(): Promise<void>
}

const none = new Uint8Array(0)
const failure = (name: string) => expect.objectContaining({ name: 'KeyStoreError', failure: name })

/** @param settles whether its epochs have a symmetric half; without it records are wrapped to a public key each time. */
export function keyStoreContract(
  name: string,
  suites: readonly Kem[],
  settles: boolean,
  make: () => Promise<StoreUnderTest>,
): void {
  describe(`the key store ${name}`, () => {
    let made: StoreUnderTest
    let store: KeyStore
    beforeAll(async () => {
      made = await make()
      store = made.store
    })
    afterAll(() => made?.close())

    describe.each(suites)('with %s', (suite) => {
      let epoch: Epoch
      beforeAll(async () => {
        epoch = await store.create({ suite, purpose: 'card' })
      })

      test('gives the public key of an epoch that it made, under the id that follows from it', async () => {
        expect(epoch.publicKey).toHaveLength(encBytes[suite])
        expect(epoch.kekId.equals(kekId(epoch.publicKey))).toBe(true)
        expect(await store.epoch(epoch.kekId)).toEqual(epoch)
        expect(Math.abs(epoch.createdMs - Date.now())).toBeLessThan(60_000)
      })

      test('does the Diffie–Hellman step that the other side does with its own key', async () => {
        const other = generateKeyPair(suite)
        const shared = await store.dh(epoch.kekId, other.publicKey)
        expect(shared.equals(privateDh(suite, other.privateKey)(epoch.publicKey))).toBe(true)
      })

      test('HPKE open inverts seal, for any message, and not for another one', async () => {
        for (const length of [0, 1, 32, 300]) {
          const plaintext = randomBytes(length)
          const info = randomBytes(20)
          const { enc, ciphertext } = seal({ kem: suite, publicKey: epoch.publicKey, info, aad: none, plaintext })
          const opened = async (bytes: Uint8Array): Promise<Buffer> => {
            const shared = await store.dh(epoch.kekId, enc)
            const { publicKey } = epoch
            return open({ kem: suite, enc, publicKey, info, aad: none, ciphertext: bytes, dh: () => shared })
          }
          expect((await opened(ciphertext)).equals(plaintext)).toBe(true)
          const flipped = Buffer.from(ciphertext)
          flipped[0] = (flipped[0] ?? 0) ^ 1
          await expect(opened(flipped)).rejects.toThrow('do not open')
        }
      })

      test('a record that intake sealed to its public key unwraps, after a restart too', async () => {
        const { context, wrappedDek } = recordFor(epoch)
        const dek = await unwrap(store, epoch.kekId, context, wrappedDek)
        expect(dek).toHaveLength(32)
        const later = await made.reopen()
        expect((await unwrap(later, epoch.kekId, context, wrappedDek)).equals(dek)).toBe(true)
      })

      test('two epochs are two keys: what is wrapped to one does not open with the other', async () => {
        const other = await store.create({ suite, purpose: 'card' })
        expect(other.kekId.equals(epoch.kekId)).toBe(false)
        const { context, wrappedDek } = recordFor(epoch)
        await expect(unwrap(store, other.kekId, context, wrappedDek)).rejects.toMatchObject({
          reason: 'does_not_unwrap',
        })
        await expect(unwrap(store, epoch.kekId, context, wrappedDek), 'control').resolves.toHaveLength(32)
      })

      test('a point that gives no secret is refused as one, and the store goes on', async () => {
        const points = [new Uint8Array(encBytes[suite]), new Uint8Array(7), randomBytes(encBytes[suite] + 1)]
        for (const point of points) await expect(store.dh(epoch.kekId, point)).rejects.toEqual(failure('bad_point'))
        await expect(store.dh(epoch.kekId, generateKeyPair(suite).publicKey)).resolves.toHaveLength(32)
      })

      test('its symmetric half, where the store has one, is its own, is there after a restart, and ends with it', async () => {
        const symmetric = await store.symmetric(epoch.kekId)
        expect(symmetric !== null).toBe(settles)
        if (symmetric === null) return
        const [context, dek] = [randomBytes(200), randomBytes(32)]
        const sealed = symmetric.seal(context, dek)
        expect(sealed).toHaveLength(60)
        expect(symmetric.seal(context, dek).equals(sealed), 'a nonce a time').toBe(false)
        const later = await (await made.reopen()).symmetric(epoch.kekId)
        expect(later?.open(context, sealed)).toEqual(dek)
        for (let at = 0; at < sealed.length; at += 1) {
          const flipped = Buffer.from(sealed)
          flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at)
          expect(symmetric.open(context, flipped), `byte ${at}`).toBeNull()
        }
        for (const cut of [sealed.subarray(1), sealed.subarray(0, 59), sealed.subarray(0, 20), Buffer.alloc(0)])
          expect(symmetric.open(context, cut)).toBeNull()
        expect(symmetric.open(randomBytes(200), sealed)).toBeNull()
        const other = await store.create({ suite, purpose: 'card' })
        expect((await store.symmetric(other.kekId))?.open(context, sealed)).toBeNull()
        await store.destroy(other.kekId)
        expect(await store.symmetric(other.kekId)).toBeNull()
      })

      test('a destroyed epoch is gone for all who have the store open, and its old records open nowhere', async () => {
        const gone = await store.create({ suite, purpose: 'card' })
        const { context, wrappedDek } = recordFor(gone)
        const running = await made.reopen()
        await expect(unwrap(running, gone.kekId, context, wrappedDek), 'control').resolves.toHaveLength(32)
        await store.destroy(gone.kekId)
        for (const one of [store, running, await made.reopen()]) {
          expect(await one.epoch(gone.kekId)).toBeNull()
          await expect(one.dh(gone.kekId, generateKeyPair(suite).publicKey)).rejects.toEqual(failure('unknown_epoch'))
          await expect(unwrap(one, gone.kekId, context, wrappedDek)).rejects.toMatchObject({ reason: 'unknown_key' })
        }
        await expect(store.destroy(gone.kekId)).rejects.toEqual(failure('unknown_epoch'))
        expect(await store.epoch(epoch.kekId), 'the others stay').toEqual(epoch)
      })
    })

    const suite = suites[0] ?? 'p256'

    test('an epoch that was never made is null, and no step is done with it', async () => {
      const id = Buffer.from('0011223344556677', 'hex')
      expect(await store.epoch(id)).toBeNull()
      await expect(store.dh(id, generateKeyPair(suite).publicKey)).rejects.toEqual(failure('unknown_epoch'))
      await expect(store.destroy(id)).rejects.toEqual(failure('unknown_epoch'))
    })

    test('one that another process made meanwhile is found; all are listed, oldest first, each with its purpose', async () => {
      const admin = await made.reopen()
      const credential = await admin.create({ suite, purpose: 'credential' })
      expect((await store.epoch(credential.kekId))?.purpose).toBe('credential')
      const list = await store.list()
      expect(list.map(({ kekId: id }) => id.toString('hex'))).toContain(credential.kekId.toString('hex'))
      expect(list.map(({ createdMs }) => createdMs)).toEqual(
        list.map(({ createdMs }) => createdMs).sort((a, b) => a - b),
      )
      expect(list.filter(({ purpose }) => purpose === 'credential')).toHaveLength(1)
    })

    test('a MAC is the same for ever for the same purpose and data, and another for others', async () => {
      const data = randomBytes(40)
      const mac = await store.mac('fingerprint', data)
      expect(mac).toHaveLength(32)
      expect((await (await made.reopen()).mac('fingerprint', data)).equals(mac)).toBe(true)
      expect((await store.mac('pseudonym', data)).equals(mac)).toBe(false)
      expect((await store.mac('fingerprint', randomBytes(40))).equals(mac)).toBe(false)
    })
  })
}
