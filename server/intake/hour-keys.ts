/**
 * seal, the receiving half: the HPKE key pair of the hour that frames seal to. Private halves lie in an unlogged table,
 * sealed under intake's boot secret, so that several intakes share them and no backup holds them; keeper deletes them.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { exportPrivateKey, generateKeyPair, type HpkeKeyPair, importPrivateKey } from '../../crypto/hpke-node.ts'
import type { SealingKey } from '../../protocol/capture-http.ts'
import { limits } from '../../protocol/limits.ts'

interface HourKey {
  pair: HpkeKeyPair
  offer: SealingKey
  expiresMs: number
  destroyMs: number
}

/** A frame should not get a key that ends while the person types. */
const freshForMs = limits.hourKeyTtlMs / 4

export class HourKeys {
  private readonly keys = new Map<string, HourKey>()
  private readonly db: pg.Pool
  private readonly secret: Buffer
  private making: Promise<HourKey> | null = null

  constructor(db: pg.Pool, secret: Buffer) {
    this.db = db
    this.secret = secret
  }

  /** The key to seal with now. */
  async current(): Promise<SealingKey> {
    this.forget()
    const now = Date.now()
    for (const key of this.keys.values()) if (key.expiresMs - now > freshForMs) return key.offer
    this.making ??= this.loadOrMake().finally(() => {
      this.making = null
    })
    return (await this.making).offer
  }

  /** The pair of a key id, or null when it is unknown or destroyed: the frame seals again with another. */
  async find(keyId: string): Promise<HpkeKeyPair | null> {
    this.forget()
    const known = this.keys.get(keyId)
    if (known !== undefined) return known.pair
    const { rows } = await this.db.query(
      'select key_id, public_key, sealed, expires_at, destroy_at from hour_keys where key_id = $1 and destroy_at > clock_timestamp()',
      [keyId],
    )
    return rows[0] === undefined ? null : this.keep(rows[0]).pair
  }

  private async loadOrMake(): Promise<HourKey> {
    const { rows } = await this.db.query(
      `select key_id, public_key, sealed, expires_at, destroy_at from hour_keys
       where expires_at > clock_timestamp() + $1 * interval '1 ms' order by expires_at desc limit 1`,
      [freshForMs],
    )
    return rows[0] === undefined ? this.make() : this.keep(rows[0])
  }

  private async make(): Promise<HourKey> {
    const pair = generateKeyPair('x25519')
    const keyId = randomBytes(8).toString('base64url')
    const { rows } = await this.db.query(
      `insert into hour_keys (key_id, public_key, sealed, expires_at, destroy_at)
       values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms', clock_timestamp() + $5 * interval '1 ms')
       returning key_id, public_key, sealed, expires_at, destroy_at`,
      [
        keyId,
        pair.publicKey,
        this.sealKey(keyId, exportPrivateKey(pair.privateKey)),
        limits.hourKeyTtlMs,
        limits.hourKeyTtlMs + limits.hourKeyGraceMs,
      ],
    )
    return this.keep(rows[0])
  }

  private keep(row: {
    key_id: string
    public_key: Buffer
    sealed: Buffer
    expires_at: Date
    destroy_at: Date
  }): HourKey {
    const raw = this.openKey(row.key_id, row.sealed)
    const pair = importPrivateKey('x25519', raw)
    raw.fill(0)
    const key = {
      pair,
      offer: {
        key_id: row.key_id,
        public_key: row.public_key.toString('base64url'),
        expires_at: row.expires_at.toISOString(),
      },
      expiresMs: row.expires_at.getTime(),
      destroyMs: row.destroy_at.getTime(),
    }
    this.keys.set(row.key_id, key)
    return key
  }

  private forget(): void {
    const now = Date.now()
    for (const [id, key] of this.keys) if (key.destroyMs <= now) this.keys.delete(id)
  }

  private sealKey(keyId: string, raw: Buffer): Buffer {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.secret, nonce).setAAD(Buffer.from(keyId))
    const sealed = Buffer.concat([nonce, cipher.update(raw), cipher.final(), cipher.getAuthTag()])
    raw.fill(0)
    return sealed
  }

  private openKey(keyId: string, sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.secret, sealed.subarray(0, 12)).setAAD(Buffer.from(keyId))
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
  }
}
