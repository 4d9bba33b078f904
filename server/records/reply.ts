/**
 * How a data key travels from keyd to egress: sealed to a key that egress made for this one request and put into
 * the signed body. Whoever squats keyd's socket during a restart cannot answer, and a recorded answer opens nothing.
 */
import { generateKeyPair, open, privateDh, seal } from '../../crypto/hpke-node.ts'
import { lp } from '../../crypto/lp.ts'

/** base64url */
export interface SealedReply {
  enc: string
  ciphertext: string
}

/** `bound` is the grant's jti, or for a credential its record's token. */
const replyInfo = (bound: string, recordClass: string): Uint8Array => lp('reply', bound, recordClass)
const none = new Uint8Array(0)

/** keyd's side. `replyKey` is base64url of 32 raw bytes of X25519; throws when it is not. */
export function sealReply(replyKey: string, bound: string, recordClass: string, dek: Uint8Array): SealedReply {
  const publicKey = Buffer.from(replyKey, 'base64url')
  const { enc, ciphertext } = seal({
    kem: 'x25519',
    publicKey,
    info: replyInfo(bound, recordClass),
    aad: none,
    plaintext: dek,
  })
  return { enc: enc.toString('base64url'), ciphertext: ciphertext.toString('base64url') }
}

export interface ReplyKey {
  /** Goes into the request as `reply_key`. */
  publicKey: string
  /** The data key, which the caller wipes. Throws when the answer is not for this request. */
  open(reply: SealedReply, bound: string, recordClass: string): Buffer
}

/** egress' side: one for each request. */
export function makeReplyKey(): ReplyKey {
  const pair = generateKeyPair('x25519')
  return {
    publicKey: pair.publicKey.toString('base64url'),
    open: (reply, bound, recordClass) =>
      open({
        kem: 'x25519',
        enc: Buffer.from(reply.enc, 'base64url'),
        publicKey: pair.publicKey,
        info: replyInfo(bound, recordClass),
        aad: none,
        ciphertext: Buffer.from(reply.ciphertext, 'base64url'),
        dh: privateDh('x25519', pair.privateKey),
      }),
  }
}
