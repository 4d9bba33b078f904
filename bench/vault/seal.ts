/** Sealing a card, beside the library that does it the same way: a committing suite, a key a message, a context. And HPKE's opening, beside the one step of it that is nobody's. */
import { createHash, createPublicKey, diffieHellman, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { generateKeyPair, open, prepareSchedule, privateDh, seal } from '../../crypto/hpke-node.ts'
import { symmetricFrom } from '../../server/keys/symmetric.ts'
import { deriveKeys } from '../../server/records/derive.ts'
import {
  encodeContext,
  kekId,
  type RecordContext,
  recordBytes,
  recordSuite,
  recordVersion,
  zeroNonce,
} from '../../server/records/format.ts'
import { sealRecord } from '../../server/records/seal.ts'
import { peersFolder } from '../peers.ts'
import { compare, type Way } from './compare.ts'

/** As long as a card with name and postal code. */
const cardBytes = 82

const context: RecordContext = {
  version: recordVersion,
  suite: recordSuite,
  mode: 'live',
  tenant: `ten_${'a'.repeat(26)}`,
  token: `tok_live_${'b'.repeat(26)}`,
  class: 'card',
  createdMs: 1_800_000_000_000,
  mandate: {
    uses: 1,
    amountMax: 50_000,
    currency: 'EUR',
    account: `acct_${'c'.repeat(26)}`,
    notAfterMs: 1_900_000_000_000,
    maxOpens: 5,
  },
}

/** What is used of the AWS Encryption SDK. Its own types are for its own compiler. */
interface Esdk {
  buildClient(policy: string): {
    encrypt(
      keyring: unknown,
      plaintext: Uint8Array,
      options: { suiteId: number; encryptionContext: Record<string, string> },
    ): Promise<{ result: Uint8Array }>
  }
  CommitmentPolicy: { REQUIRE_ENCRYPT_REQUIRE_DECRYPT: string }
  AlgorithmSuiteIdentifier: Record<string, number>
  RawAesKeyringNode: new (options: object) => unknown
  RawAesWrappingSuiteIdentifier: Record<string, number>
}

/** AES-256-GCM with commitment, without a signature (0x0478), under a raw AES key: its quickest that commits. */
async function esdk(plaintext: Uint8Array): Promise<{ way: Way; bytes: number }> {
  const require = createRequire(join(await peersFolder(), 'package.json'))
  const sdk = require('@aws-crypto/client-node') as Esdk // sound: the package's documented exports
  const keyring = new sdk.RawAesKeyringNode({
    keyName: 'key',
    keyNamespace: 'bench',
    // Its own backing store of a key: it must not be shared memory.
    unencryptedMasterKey: Uint8Array.from(randomBytes(32)),
    wrappingSuite: sdk.RawAesWrappingSuiteIdentifier['AES256_GCM_IV12_TAG16_NO_PADDING'],
  })
  const { encrypt } = sdk.buildClient(sdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const suiteId = 0x0478
  const { mandate, tenant, token, mode, createdMs } = context
  const encryptionContext = {
    tenant,
    token,
    mode,
    class: 'card',
    created: `${createdMs}`,
    mandate: JSON.stringify(mandate),
  }
  const once = () => encrypt(keyring, plaintext, { suiteId, encryptionContext })
  return { way: { what: 'AWS Encryption SDK, suite 0x0478', once }, bytes: (await once()).result.length }
}

export interface SealRow {
  what: string
  perSecond: number
  ofFirst: number
  bytes: number
  ofFirstMin?: number
}

export async function measureSealing(): Promise<SealRow[]> {
  const plaintext = randomBytes(cardBytes)
  const { publicKey } = generateKeyPair('x25519')
  const kek = { kekId: kekId(publicKey), suite: 'x25519', publicKey } as const
  const symmetric = symmetricFrom(randomBytes(32))
  const peer = await esdk(plaintext)
  const settled = (): Buffer => {
    const bound = encodeContext(context)
    const dek = randomBytes(32)
    const { encKey, commit } = deriveKeys(dek, bound)
    const ciphertext = chacha20poly1305(encKey, zeroNonce, bound).encrypt(plaintext)
    return Buffer.concat([symmetric.seal(bound, dek), commit, ciphertext])
  }
  const whole = sealRecord(plaintext, context, kek)
  const rows = await compare([
    peer.way,
    { what: 'a card, whole: wrapped to a public key', once: () => sealRecord(plaintext, context, kek) },
    { what: 'a card, without the public-key wrap', once: settled },
  ])
  const bytes = [peer.bytes, recordBytes(whole.wrappedDek.length, cardBytes), recordBytes(60, cardBytes)]
  const wanted = [undefined, 2, 8]
  return rows.map((row, index) => {
    const ofFirstMin = wanted[index]
    return { ...row, bytes: bytes[index] ?? 0, ...(ofFirstMin === undefined ? {} : { ofFirstMin }) }
  })
}

/** An opening as intake does it: the key of the hour, one `info` for a tenant's page. */
export async function measureOpening(): Promise<
  { what: string; perSecond: number; ofFirst: number; ofFirstMin?: number }[]
> {
  const recipient = generateKeyPair('x25519')
  const other = generateKeyPair('x25519')
  const info = prepareSchedule('x25519', createHash('sha256').update('tenant and origin').digest())
  const aad = randomBytes(64)
  const { enc, ciphertext } = seal({
    kem: 'x25519',
    publicKey: recipient.publicKey,
    info,
    aad,
    plaintext: randomBytes(300),
  })
  const dh = privateDh('x25519', recipient.privateKey)
  const { publicKey } = recipient
  const peerKey = createPublicKey(other.privateKey)
  const [bare, opened] = await compare([
    { what: 'X25519 alone', once: () => diffieHellman({ privateKey: recipient.privateKey, publicKey: peerKey }) },
    { what: 'HPKE open', once: () => open({ kem: 'x25519', enc, publicKey, info, aad, ciphertext, dh }) },
  ])
  return [...(bare === undefined ? [] : [bare]), ...(opened === undefined ? [] : [{ ...opened, ofFirstMin: 0.33 }])]
}
