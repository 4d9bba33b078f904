/**
 * The key store of an HSM, by PKCS#11: P-256 key pairs and MAC keys that are made in it and never leave. keyd asks it for
 * the Diffie–Hellman step alone (CKM_ECDH1_DERIVE with the null KDF) and does the rest of HPKE itself. An epoch is a key
 * pair whose CKA_ID is its kekId; its label says what it is for and when it was made.
 */
import { ECDH } from 'node:crypto'
import { encBytes, type Kem } from '../../crypto/hpke-node.ts'
import { kekId as kekIdOf } from '../records/format.ts'
import { type Attribute, ck, ecdh, type Handle, loadModule, type Module } from './pkcs11-binding.ts'
import { openSession, type Session } from './pkcs11-session.ts'
import { type Epoch, type EpochPurpose, type KeyStore, KeyStoreError, type MacPurpose } from './store.ts'

const prime256v1 = Buffer.from('06082a8648ce3d030107', 'hex')
const macPurposes: readonly MacPurpose[] = ['fingerprint', 'pseudonym']
const macLabel = (purpose: MacPurpose): string => `sallyport mac ${purpose}`
const epochLabel = (purpose: EpochPurpose, createdMs: number): string => `sallyport ${purpose} ${createdMs}`
const epochPattern = /^sallyport (card|credential) (\d{13})$/

/** Kept in the HSM, never shown, never exported, whatever it is asked later. */
const locked = (label: string): Attribute[] => [
  { type: ck.CKA_TOKEN, value: true },
  { type: ck.CKA_PRIVATE, value: true },
  { type: ck.CKA_SENSITIVE, value: true },
  { type: ck.CKA_EXTRACTABLE, value: false },
  { type: ck.CKA_LABEL, value: label },
]

/** For init: makes the MAC keys where they are missing, then opens. Makes no epoch. */
export async function createPkcs11Store(url: string, pin: Buffer | null): Promise<KeyStore> {
  const session = openSession(url, pin, loadModule)
  session.run((module, handle) => {
    for (const purpose of macPurposes) {
      if (findMac(module, handle, purpose) !== null) continue
      module.C_GenerateKey(handle, { mechanism: ck.CKM_GENERIC_SECRET_KEY_GEN }, [
        { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
        { type: ck.CKA_KEY_TYPE, value: ck.CKK_GENERIC_SECRET },
        { type: ck.CKA_VALUE_LEN, value: 32 },
        { type: ck.CKA_SIGN, value: true },
        ...locked(macLabel(purpose)),
      ])
    }
  })
  return storeOf(session)
}

/** For keyd: makes nothing. Rejects with KeyStoreError where module, token, PIN or keys are missing. */
export async function openPkcs11Store(url: string, pin: Buffer | null): Promise<KeyStore> {
  const session = openSession(url, pin, loadModule)
  session.run((module, handle) => {
    for (const purpose of macPurposes) {
      if (findMac(module, handle, purpose) === null) throw new KeyStoreError('missing')
    }
  })
  return storeOf(session)
}

function storeOf(session: Session): KeyStore {
  const find = (kekId: Uint8Array): Held | null =>
    session.run((module, handle) => epochsIn(module, handle, Buffer.from(kekId))[0] ?? null)
  const held = (kekId: Uint8Array): Held => {
    const found = find(kekId)
    if (found === null) throw new KeyStoreError('unknown_epoch')
    return found
  }
  return {
    epoch: async (kekId) => find(kekId)?.epoch ?? null,
    dh: async (kekId, enc) => {
      const { privateKey } = held(kekId)
      const point = onCurve(enc)
      return session.run((module, handle) => derive(module, handle, privateKey, point))
    },
    // A key of the HSM's that keyd held in its memory would be one that can be carried away.
    symmetric: async () => null,
    mac: async (purpose, data) =>
      session.run((module, handle) => {
        const key = findMac(module, handle, purpose)
        if (key === null) throw new KeyStoreError('missing')
        module.C_SignInit(handle, { mechanism: ck.CKM_SHA256_HMAC }, key)
        return module.C_Sign(handle, Buffer.from(data), Buffer.alloc(32))
      }),
    create: async ({ suite, purpose }) => makeEpoch(session, suite, purpose),
    destroy: async (kekId) => {
      const { privateKey, publicObject } = held(kekId)
      session.run((module, handle) => {
        module.C_DestroyObject(handle, privateKey)
        module.C_DestroyObject(handle, publicObject)
      })
    },
    list: async () =>
      session
        .run((module, handle) => epochsIn(module, handle))
        .map(({ epoch }) => epoch)
        .sort((a, b) => a.createdMs - b.createdMs),
  }
}

interface Held {
  epoch: Epoch
  privateKey: Handle
  publicObject: Handle
}

/** A point off the curve would tell of the key (invalid-curve attacks): no HSM is trusted to look. */
function onCurve(enc: Uint8Array): Buffer {
  try {
    if (enc.length !== encBytes.p256) throw new Error('length')
    ECDH.convertKey(enc, 'prime256v1')
    return Buffer.from(enc)
  } catch (cause) {
    throw new KeyStoreError('bad_point', undefined, cause)
  }
}

function derive(module: Module, session: Handle, privateKey: Handle, point: Buffer): Buffer {
  const secret = module.C_DeriveKey(session, ecdh(point), privateKey, [
    { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
    { type: ck.CKA_KEY_TYPE, value: ck.CKK_GENERIC_SECRET },
    { type: ck.CKA_VALUE_LEN, value: 32 },
    { type: ck.CKA_TOKEN, value: false },
    { type: ck.CKA_SENSITIVE, value: false },
    { type: ck.CKA_EXTRACTABLE, value: true },
  ])
  try {
    return attribute(module, session, secret, ck.CKA_VALUE)
  } finally {
    module.C_DestroyObject(session, secret)
  }
}

function makeEpoch(session: Session, suite: Kem, purpose: EpochPurpose): Epoch {
  if (suite !== 'p256') throw new KeyStoreError('hsm_suite')
  const createdMs = Date.now()
  const label = epochLabel(purpose, createdMs)
  const kekId = session.run((module, handle) => {
    const pair = module.C_GenerateKeyPair(
      handle,
      { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      [
        { type: ck.CKA_CLASS, value: ck.CKO_PUBLIC_KEY },
        { type: ck.CKA_KEY_TYPE, value: ck.CKK_EC },
        { type: ck.CKA_TOKEN, value: true },
        { type: ck.CKA_EC_PARAMS, value: prime256v1 },
        { type: ck.CKA_LABEL, value: label },
      ],
      [
        { type: ck.CKA_CLASS, value: ck.CKO_PRIVATE_KEY },
        { type: ck.CKA_KEY_TYPE, value: ck.CKK_EC },
        { type: ck.CKA_DERIVE, value: true },
        { type: ck.CKA_SIGN, value: false },
        ...locked(label),
      ],
    )
    const id = kekIdOf(pointOf(module, handle, pair.publicKey))
    // The public half last: an epoch is there when both have their name, and one that was cut short is never listed.
    for (const object of [pair.privateKey, pair.publicKey])
      module.C_SetAttributeValue(handle, object, [{ type: ck.CKA_ID, value: id }])
    return id
  })
  const made = session.run((module, handle) => epochsIn(module, handle, kekId)[0])
  if (made === undefined) throw new KeyStoreError('unreadable')
  return made.epoch
}

/** Ours alone, and each under the id that follows from its public key; one that could be exported is refused. */
function epochsIn(module: Module, session: Handle, kekId?: Buffer): Held[] {
  const id: Attribute[] = kekId === undefined ? [] : [{ type: ck.CKA_ID, value: kekId }]
  const publicKeys = search(module, session, [{ type: ck.CKA_CLASS, value: ck.CKO_PUBLIC_KEY }, ...id])
  return publicKeys.flatMap((publicObject) => {
    const label = epochPattern.exec(attribute(module, session, publicObject, ck.CKA_LABEL).toString('utf8'))
    if (label === null) return []
    const publicKey = pointOf(module, session, publicObject)
    const own = kekIdOf(publicKey)
    if (!attribute(module, session, publicObject, ck.CKA_ID).equals(own)) return []
    const [privateKey] = search(module, session, [
      { type: ck.CKA_CLASS, value: ck.CKO_PRIVATE_KEY },
      { type: ck.CKA_ID, value: own },
    ])
    if (privateKey === undefined) return []
    const [, purpose, createdMs] = label
    if (attribute(module, session, privateKey, ck.CKA_LABEL).toString('utf8') !== label[0])
      throw new KeyStoreError('unreadable', label[0])
    if (isTrue(attribute(module, session, privateKey, ck.CKA_EXTRACTABLE)))
      throw new KeyStoreError('hsm_extractable', label[0])
    const epoch: Epoch = {
      kekId: own,
      suite: 'p256',
      purpose: purpose === 'credential' ? 'credential' : 'card',
      publicKey,
      createdMs: Number(createdMs),
    }
    return [{ epoch, privateKey, publicObject }]
  })
}

const findMac = (module: Module, session: Handle, purpose: MacPurpose): Handle | null =>
  search(module, session, [
    { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
    { type: ck.CKA_LABEL, value: macLabel(purpose) },
  ])[0] ?? null

/** More than this no deployment has. */
const objectsMax = 1_000

function search(module: Module, session: Handle, template: Attribute[]): Handle[] {
  module.C_FindObjectsInit(session, template)
  try {
    return module.C_FindObjects(session, objectsMax)
  } finally {
    module.C_FindObjectsFinal(session)
  }
}

const isTrue = (value: Buffer): boolean => value[0] === 1

function attribute(module: Module, session: Handle, object: Handle, type: number): Buffer {
  return module.C_GetAttributeValue(session, object, [{ type }])[0]?.value ?? Buffer.alloc(0)
}

/** CKA_EC_POINT is an uncompressed point inside a DER OCTET STRING; some modules leave the wrapping out. */
function pointOf(module: Module, session: Handle, object: Handle): Buffer {
  const value = attribute(module, session, object, ck.CKA_EC_POINT)
  return value.length === encBytes.p256 + 2 && value[0] === 4 && value[1] === encBytes.p256 ? value.subarray(2) : value
}
