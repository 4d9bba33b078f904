/** The frame's part, spoken from a test: attach, seal as the browser does, submit. */
import { createHash } from 'node:crypto'
import { captureAad, captureInfo, shownBytes } from '../../crypto/capture-binding.ts'
import { encodeCard } from '../../crypto/card-bytes.ts'
import { sealTo } from '../../crypto/hpke-web.ts'
import { Pan } from '../../crypto/pan.ts'
import { Secret } from '../../crypto/secret.ts'
import type { AttachAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import { shopOrigin } from './vault.ts'

export interface TypedCard {
  number: string
  month?: number
  year?: number
  cvc?: string
  name?: string
  postalCode?: string
  network?: string
  /** In the code's place, for an intake with `cvc_canary`; the real frame takes digits alone. */
  cvcCanary?: string
}

export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

export class TestFrame {
  private readonly base: string
  readonly captureId: string
  constructor(base: string, captureId: string) {
    this.base = base
    this.captureId = captureId
  }

  async post<T = Record<string, unknown>>(
    path: string,
    secret: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.base}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    })
    return { status: response.status, body: (await response.json()) as T, headers: response.headers }
  }

  /** @param lang what the page speaks. */
  attach(
    secret: string,
    ancestors: string[] = [shopOrigin],
    lang?: string,
  ): Promise<Answer<AttachAnswer & { code?: string }>> {
    return this.post('/v1/attach', secret, {
      v: 1,
      capture_id: this.captureId,
      channel: 'web',
      ancestors,
      build: 'test',
      ...(lang === undefined ? {} : { lang }),
    })
  }

  progress(attached: AttachAnswer, items: unknown[]): Promise<Answer<{ state?: string; code?: string }>> {
    return this.post('/v1/progress', attached.session_secret, {
      capture_id: this.captureId,
      epoch: attached.epoch,
      items,
    })
  }

  /** The security code of a stored card, alone. */
  async sealCode(attached: AttachAnswer, code: string): Promise<SubmitRequest> {
    return this.sealBytes(attached, Buffer.from(code))
  }

  async seal(attached: AttachAnswer, card: TypedCard): Promise<SubmitRequest> {
    const encoded = encodeCard({
      number: new Pan(Buffer.from(card.number)),
      expMonth: card.month ?? 12,
      expYear: card.year ?? 2030,
      ...(card.cvc === undefined ? {} : { cvc: new Secret(Buffer.from(card.cvc)) }),
      ...(card.name === undefined ? {} : { name: card.name }),
      ...(card.postalCode === undefined ? {} : { postalCode: card.postalCode }),
      ...(card.network === undefined ? {} : { network: card.network }),
    })
    const plaintext = card.cvcCanary === undefined ? encoded : withCode(encoded, Buffer.from(card.cvcCanary))
    return this.sealBytes(attached, plaintext)
  }

  async sealBytes(attached: AttachAnswer, plaintext: Uint8Array): Promise<SubmitRequest> {
    const shown = createHash('sha256').update(shownBytes(attached)).digest('base64url')
    const { enc, ciphertext } = await sealTo(
      new Uint8Array(Buffer.from(attached.key.public_key, 'base64url')),
      captureInfo(attached.tenant, attached.origin),
      captureAad({
        capture: this.captureId,
        epoch: attached.epoch,
        keyId: attached.key.key_id,
        build: 'test',
        shownHash: shown,
      }),
      plaintext,
    )
    return {
      capture_id: this.captureId,
      epoch: attached.epoch,
      key_id: attached.key.key_id,
      build: 'test',
      shown,
      enc: Buffer.from(enc).toString('base64url'),
      ciphertext: Buffer.from(ciphertext).toString('base64url'),
    }
  }

  submit(
    attached: AttachAnswer,
    sealed: SubmitRequest,
  ): Promise<Answer<{ status?: string; token?: string; code?: string; field?: string; key?: AttachAnswer['key'] }>> {
    return this.post('/v1/submit', attached.session_secret, sealed)
  }
}

/** The last tag of a card, as crypto/card-bytes.ts writes it, around bytes that its encoder refuses. */
const withCode = (card: Uint8Array, code: Buffer): Buffer =>
  Buffer.concat([card, Buffer.from([5, code.length >> 8, code.length & 255]), code])
