/**
 * The key store on the STUB of a cloud's key service (kms-stub.ts), for the contract test alone: it ships nowhere, and has no
 * signatures, retries or quotas. What it shows is that publicKey, dh, mac, create and destroy can be such a service's.
 */
import { createPublicKey, ECDH } from 'node:crypto'
import { encBytes } from '../../../crypto/hpke-node.ts'
import { kekId as kekIdOf } from '../../records/format.ts'
import { type Epoch, type EpochPurpose, type KeyStore, KeyStoreError, type MacPurpose } from '../store.ts'

interface Listed {
  KeyId: string
  Description: string
  CreationDate: number
}

const descriptionOf = (what: EpochPurpose | MacPurpose): string => `sallyport ${what}`

export async function openKmsStubStore(url: string): Promise<KeyStore> {
  /** Rejects with `bad_point` for what the service finds malformed, `unknown_epoch` for a key that it has not. */
  async function call(name: string, body: Record<string, string>): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${name}` }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    const answer: Record<string, unknown> = await response.json()
    if (response.ok) return answer
    if (answer['__type'] === 'NotFoundException') throw new KeyStoreError('unknown_epoch')
    if (answer['__type'] === 'ValidationException') throw new KeyStoreError('bad_point')
    throw new KeyStoreError('hsm_away')
  }
  const base64 = (value: unknown): Buffer => Buffer.from(String(value), 'base64')
  const keysOf = async (what: EpochPurpose | MacPurpose): Promise<Listed[]> => {
    const { Keys: keys } = await call('ListKeys', {})
    // Sound: the stub's own shape.
    return (keys as Listed[]).filter(({ Description: description }) => description === descriptionOf(what))
  }
  const epochOf = async ({ KeyId: id, CreationDate: createdS }: Listed, purpose: EpochPurpose) => {
    const { PublicKey: spki } = await call('GetPublicKey', { KeyId: id })
    const key = createPublicKey({ key: base64(spki), format: 'der', type: 'spki' })
    const publicKey = key.export({ format: 'raw-public' })
    const epoch: Epoch = {
      kekId: kekIdOf(publicKey),
      suite: 'p256',
      purpose,
      publicKey,
      createdMs: Math.round(createdS * 1000),
    }
    return { id, epoch }
  }
  const all = async () => {
    const found: { id: string; epoch: Epoch }[] = []
    for (const purpose of ['card', 'credential'] as const)
      for (const key of await keysOf(purpose)) found.push(await epochOf(key, purpose))
    return found.sort((a, b) => a.epoch.createdMs - b.epoch.createdMs)
  }
  const find = async (kekId: Uint8Array) => (await all()).find(({ epoch }) => epoch.kekId.equals(kekId)) ?? null
  const required = async (kekId: Uint8Array) => {
    const found = await find(kekId)
    if (found === null) throw new KeyStoreError('unknown_epoch')
    return found
  }
  for (const purpose of ['fingerprint', 'pseudonym'] as const) {
    if ((await keysOf(purpose)).length === 0)
      await call('CreateKey', {
        Description: descriptionOf(purpose),
        KeySpec: 'HMAC_256',
        KeyUsage: 'GENERATE_VERIFY_MAC',
      })
  }
  return {
    epoch: async (kekId) => (await find(kekId))?.epoch ?? null,
    dh: async (kekId, enc) => {
      const { id } = await required(kekId)
      const PublicKey = spkiOf(enc).toString('base64')
      const answer = await call('DeriveSharedSecret', { KeyId: id, KeyAgreementAlgorithm: 'ECDH', PublicKey })
      return base64(answer['SharedSecret'])
    },
    symmetric: async () => null,
    mac: async (purpose, data) => {
      const [key] = await keysOf(purpose)
      const Message = Buffer.from(data).toString('base64')
      const answer = await call('GenerateMac', { KeyId: key?.KeyId ?? '', MacAlgorithm: 'HMAC_SHA_256', Message })
      return base64(answer['Mac'])
    },
    create: async ({ suite, purpose }) => {
      if (suite !== 'p256') throw new KeyStoreError('hsm_suite')
      const wanted = { Description: descriptionOf(purpose), KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }
      const { KeyMetadata: made } = await call('CreateKey', wanted)
      // Sound: the stub's own shape.
      const { KeyId: id } = made as { KeyId: string }
      const listed = (await keysOf(purpose)).find(({ KeyId }) => KeyId === id)
      if (listed === undefined) throw new KeyStoreError('unreadable')
      return (await epochOf(listed, purpose)).epoch
    },
    destroy: async (kekId) => {
      const { id } = await required(kekId)
      await call('ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: '7' })
    },
    list: async () => (await all()).map(({ epoch }) => epoch),
  }
}

function spkiOf(enc: Uint8Array): Buffer {
  try {
    if (enc.length !== encBytes.p256) throw new Error('length')
    ECDH.convertKey(enc, 'prime256v1')
    const key = Buffer.from(enc)
    const point = createPublicKey({ key, format: 'raw-public', asymmetricKeyType: 'ec', namedCurve: 'P-256' })
    return point.export({ format: 'der', type: 'spki' })
  } catch (cause) {
    throw new KeyStoreError('bad_point', undefined, cause)
  }
}
