/**
 * What of PKCS#11 v2.40 we call, and the package that calls it: compiled by whoever has an HSM (`npm ci` in hsm/), in no
 * one else's node_modules.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { KeyStoreError } from './store.ts'

/** Opaque: a handle of a slot, session or object. */
export type Handle = Buffer

export interface Attribute {
  type: number
  value?: number | boolean | string | Buffer
}
export interface Mechanism {
  mechanism: number
  parameter?: { type: number; kdf: number; publicData: Buffer }
}

/** The part of the `pkcs11js` package that is used; its calls are synchronous and throw errors with the CKR code as `code`. */
export interface Module {
  load(path: string): void
  C_Initialize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): { label: string; serialNumber: string }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: Attribute[]): void
  C_FindObjects(session: Handle, count: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(session: Handle, object: Handle, template: Attribute[]): { type: number; value: Buffer }[]
  C_SetAttributeValue(session: Handle, object: Handle, template: Attribute[]): void
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Attribute[]): Handle
  C_GenerateKeyPair(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): { publicKey: Handle; privateKey: Handle }
  C_DeriveKey(session: Handle, mechanism: Mechanism, key: Handle, template: Attribute[]): Handle
  C_DestroyObject(session: Handle, object: Handle): void
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Sign(session: Handle, data: Buffer, into: Buffer): Buffer
}

/** Numbers of the standard, by its names. */
export const ck = {
  CKU_USER: 1,
  CKF_RW_SERIAL: 6,
  CKO_PUBLIC_KEY: 2,
  CKO_PRIVATE_KEY: 3,
  CKO_SECRET_KEY: 4,
  CKK_EC: 3,
  CKK_GENERIC_SECRET: 0x10,
  CKA_CLASS: 0,
  CKA_TOKEN: 1,
  CKA_PRIVATE: 2,
  CKA_LABEL: 3,
  CKA_VALUE: 0x11,
  CKA_KEY_TYPE: 0x100,
  CKA_ID: 0x102,
  CKA_SENSITIVE: 0x103,
  CKA_SIGN: 0x108,
  CKA_DERIVE: 0x10c,
  CKA_VALUE_LEN: 0x161,
  CKA_EXTRACTABLE: 0x162,
  CKA_NEVER_EXTRACTABLE: 0x164,
  CKA_EC_PARAMS: 0x180,
  CKA_EC_POINT: 0x181,
  CKM_GENERIC_SECRET_KEY_GEN: 0x350,
  CKM_SHA256_HMAC: 0x251,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDH1_DERIVE: 0x1050,
  CKD_NULL: 1,
  CKR_PIN_INCORRECT: 0xa0,
  CKR_PIN_INVALID: 0xa1,
  CKR_PIN_LEN_RANGE: 0xa2,
  CKR_PIN_LOCKED: 0xa4,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const

/** The CKR code of a call that failed; null for anything else. */
export const codeOf = (error: unknown): number | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null

/** Sound: the package's own constant for the parameters of CKM_ECDH1_DERIVE. */
const ecdhParameters = 6
export const ecdh = (publicData: Buffer): Mechanism => ({
  mechanism: ck.CKM_ECDH1_DERIVE,
  parameter: { type: ecdhParameters, kdf: ck.CKD_NULL, publicData },
})

const loaded = new Map<string, Module>()

/** One for each module in a process: PKCS#11 is initialized once. */
export function loadModule(path: string): Module {
  const known = loaded.get(path)
  if (known !== undefined) return known
  const module = makeModule()
  try {
    module.load(path)
    module.C_Initialize()
  } catch (cause) {
    if (codeOf(cause) !== ck.CKR_CRYPTOKI_ALREADY_INITIALIZED) throw new KeyStoreError('hsm_module', path, cause)
  }
  loaded.set(path, module)
  return module
}

function makeModule(): Module {
  let cause: unknown
  // Upwards from this file, or from what was built of it. Not by looking first: behind keyd's walls a look is refused.
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      // Sound: the package is at the version that hsm/package-lock.json names, whose class this is.
      const { PKCS11 } = createRequire(join(folder, 'hsm', 'package.json'))('pkcs11js') as { PKCS11: new () => Module }
      return new PKCS11()
    } catch (error) {
      cause = error
    }
  }
  throw new KeyStoreError('hsm_binding', undefined, cause)
}
