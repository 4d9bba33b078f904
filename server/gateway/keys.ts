import { createHash, timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import type { Mode } from '../config.ts'
import { SallyportError } from '../../protocol/errors.ts'

/**
 * API keys. The database holds their SHA-256 alone (a key has more than 120 bits of its own, so a plain hash gives
 * nothing away), and one of the other mode is refused without a look at it. Nothing is remembered between requests: a key
 * that was revoked, or whose overlap after a rotation is over, is refused from that moment.
 */
export interface Caller {
  tenant: string
  keyHash: Buffer
  /** Names the key in an audit log. */
  keyId: string
}

export interface Keys {
  /** Throws auth.unauthenticated, whatever the reason. */
  authenticate(authorization: string | undefined): Promise<Caller>
  /** For streams, which outlive the moment of their authentication. */
  isLive(caller: Caller): Promise<boolean>
}

const bearer = /^Bearer (sk_(test|live)_[A-Za-z0-9]{24,64})$/
const modeOfKey: Record<string, Mode> = { test: 'sandbox', live: 'live' }

export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

export function makeKeys(db: pg.Pool, mode: Mode): Keys {
  // The index tells at most eight bytes of a hash by its timing; the rest is compared in constant time.
  const find = async (keyHash: Buffer): Promise<{ tenant: string; id: string } | undefined> => {
    const { rows } = await db.query<{ tenant: string; id: string; key_hash: Buffer }>({
      name: 'api_key',
      text: `select tenant, id, key_hash from api_keys
             where substring(key_hash from 1 for 8) = $1 and revoked_at is null
               and (expires_at is null or expires_at > clock_timestamp())`,
      values: [keyHash.subarray(0, 8)],
    })
    return rows.find((row) => timingSafeEqual(row.key_hash, keyHash))
  }
  return {
    async authenticate(authorization) {
      const [, key = '', kind = ''] = bearer.exec(authorization ?? '') ?? []
      if (modeOfKey[kind] !== mode) throw new SallyportError('auth.unauthenticated')
      const keyHash = hashKey(key)
      const found = await find(keyHash)
      if (found === undefined) throw new SallyportError('auth.unauthenticated')
      return { tenant: found.tenant, keyId: found.id, keyHash }
    },
    isLive: async ({ keyHash, tenant }) => (await find(keyHash))?.tenant === tenant,
  }
}
